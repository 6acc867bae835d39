/* A column of a chart leads to what is in it, as its row in the table of values does. */
(() => {
  portreeve.on("click", ".column[data-href]", (_event, column) => location.assign(column.dataset.href));
})();

/* A column of a chart leads to what is in it, as its row in the table of values does. */
(() => {
  portreeve.on("click", ".leads .column", (_event, column) => {
    const place = [...column.parentNode.querySelectorAll(".column")].indexOf(column);
    column.closest("figure").querySelectorAll(".values tbody tr")[place]?.querySelector("a")?.click();
  });
})();

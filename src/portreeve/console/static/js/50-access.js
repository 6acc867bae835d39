/* Signing in: the browser's time zone for whoever begins, and copying what is shown once. */
"use strict";
(() => {
  const prepare = () => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const field of document.querySelectorAll("input[data-zone]")) if (zone) field.value = zone;
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const button of document.querySelectorAll("[data-own-zone]")) button.hidden = !zone;
  };
  portreeve.on("click", "[data-copy]", async (event, button) => {
    const holder = document.getElementById(button.dataset.copy);
    const lines = holder.matches("ul") ? [...holder.children].map((line) => line.textContent.trim()) : [holder.textContent.trim()];
    await navigator.clipboard.writeText(lines.join("\n"));
    portreeve.toast(button.dataset.done);
  });
  portreeve.on("click", "[data-own-zone]", (event, button) => {
    document.getElementById(button.dataset.ownZone).value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  });
  document.addEventListener("portreeve:shown", prepare);
  prepare();
})();

/* Queue and case: keys in the list, decide and go on in one step, live updates, care. */
"use strict";
(() => {
  const { t } = portreeve;
  const caseBox = () => document.querySelector("main [data-case]");

  /* Lists: j and k move, Enter opens. */
  const rows = () => [...document.querySelectorAll("main tr[data-row]")];
  const chosen = () => rows().findIndex((row) => row.hasAttribute("aria-current"));
  const choose = (at) => {
    const all = rows();
    if (!all.length) return;
    const place = Math.min(Math.max(at, 0), all.length - 1);
    all.forEach((row, i) => (i === place ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")));
    const link = all[place].querySelector("a");
    link?.focus({ preventScroll: true });
    all[place].scrollIntoView({ block: "nearest" });
  };
  const listed = () => rows().length > 0;
  portreeve.keys("rows", {
    j: [t("Next row", "下一行"), () => choose(chosen() + 1), listed],
    k: [t("Row before", "上一行"), () => choose(chosen() < 0 ? 0 : chosen() - 1), listed],
  });

  /* Decide and skip: the answer is the next case itself, whose address the page says. */
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.id !== "decide") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    try {
      const answer = await portreeve.post(event.submitter?.getAttribute("formaction") ?? form.action,
        new URLSearchParams(new FormData(form, event.submitter)));
      await portreeve.swap(answer, { push: answer.redirected });
      const url = caseBox()?.dataset.url;
      if (url && !answer.redirected && url !== location.pathname + location.search) history.pushState({ part: true }, "", url);
    } finally {
      delete form.dataset.busy;
    }
  }, true);
  document.addEventListener("portreeve:shown", () => begin());

  /* Reasons: what is chosen is said in the bar; a capital verdict key asks for own words first. */
  portreeve.on("change", "#decide [name=reason]", (_, radio) => {
    const line = document.querySelector("[data-chosen]");
    const words = radio.value ? radio.dataset.keyLabel : line.dataset.none;
    line.textContent = words;
  });
  let wanted = "";
  const own = (key) => () => {
    wanted = key;
    const field = document.getElementById("own");
    field.closest("details").open = true;
    field.focus();
  };
  const decides = () => document.getElementById("decide") !== null;
  portreeve.keys("own", Object.fromEntries(
    ["a", "l", "i", "r"].map((key) => [key.toUpperCase(), [t("With own words, then Ctrl+Enter: ", "补充说明后按 Ctrl+Enter：") + key, own(key), decides]])));
  portreeve.on("keydown", "#own", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && wanted) {
      event.preventDefault();
      document.querySelector(`#decide [data-key="${wanted}"]`).click();
    } else if (event.key === "Escape") {
      event.target.blur();
    }
  });
  /* Letters open what can be folded, and put the cursor into it. */
  portreeve.on("click", ".case summary[data-key]", (event, summary) => {
    event.preventDefault(); // opened here and now, so that what is typed next is not missed
    const box = summary.parentElement;
    box.open = !box.open;
    if (!box.open) return;
    box.scrollIntoView({ block: "center" });
    box.querySelector("textarea, select")?.focus({ preventScroll: true });
  });
  portreeve.on("keydown", ".case aside textarea", (event, field) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      field.form.requestSubmit();
    }
  });

  /* Appeals: a preset becomes the reply, to be changed at will. */
  portreeve.on("click", "[data-reply]", (_, button) => { document.getElementById("reply").value = button.dataset.reply; });

  /* Care. */
  portreeve.on("click", "[data-unblur]", () => {
    document.querySelectorAll("[data-blur]").forEach((one) => one.classList.remove("blurred"));
    document.querySelectorAll("[data-unblur]").forEach((one) => one.remove());
  });
  portreeve.on("click", "[data-copy-text]", async (_, button) => {
    await navigator.clipboard.writeText(button.dataset.copyText);
    portreeve.toast(t("Copied.", "已复制。"));
  });
  /* Times are said in seconds from now, so that no clock of a browser matters. */
  const ends = new WeakMap();
  const left = (element, name) => {
    if (!ends.has(element)) ends.set(element, performance.now() + 1000 * Number(element.dataset[name]));
    return (ends.get(element) - performance.now()) / 1000;
  };
  setInterval(() => {
    document.querySelectorAll("[data-break][hidden]").forEach((one) => { if (left(one, "break") <= 0) one.hidden = false; });
    document.querySelectorAll("form.undo").forEach((one) => { if (left(one, "left") <= 0) one.remove(); });
  }, 1000);

  /* Say that the case is open here, and keep the claim of whoever is working on it. */
  let touched = Date.now();
  for (const type of ["keydown", "pointerdown", "scroll"]) addEventListener(type, () => { touched = Date.now(); }, { passive: true });
  const others = (names) => {
    const line = document.querySelector("[data-others]");
    if (!line) return;
    line.hidden = names.length === 0;
    line.querySelector(".who").textContent = names.join(", ");
  };
  const here = async () => {
    const box = caseBox();
    if (!box || document.hidden) return;
    try {
      const answer = await fetch(`/console/cases/${box.dataset.case}/here`);
      if (answer.ok) others((await answer.json()).readers);
    } catch { /* the next one may go well */ }
  };
  const hold = async () => {
    const box = caseBox();
    if (!box?.dataset.left || document.hidden || Date.now() - touched > 240_000 || left(box, "left") > 240) return;
    const form = document.getElementById("decide");
    const answer = await fetch(form.action.replace(/decide$/, "claim"), {
      method: "POST", redirect: "manual",
      body: new URLSearchParams({ csrf: form.elements.csrf.value }),
    });
    if (answer.type === "opaqueredirect") ends.set(box, performance.now() + 900_000);
  };
  setInterval(() => { here(); hold(); }, 25_000);

  /* Live: lists are read again when something happened, a case says what became of it. */
  let waiting;
  const refresh = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const parts = [...document.querySelectorAll("main [data-live][id]")];
      if (!parts.length || document.hidden) return;
      const at = chosen();
      const answer = await fetch(location.href, { headers: { "Portreeve-Part": "main" } });
      if (!answer.ok) return;
      const holder = document.createElement("template");
      holder.innerHTML = await answer.text();
      for (const part of parts) {
        const fresh = holder.content.getElementById(part.id);
        if (fresh && !part.contains(document.activeElement)) part.replaceWith(fresh);
        else if (fresh) { part.replaceChildren(...fresh.childNodes); if (at >= 0) choose(at); }
      }
    }, 700);
  };
  let listening = false;
  const begin = () => {
    here();
    if (listening || !document.querySelector("main [data-live], main [data-case]")) return;
    listening = true;
    portreeve.live("cases", (data) => {
      const event = JSON.parse(data);
      const box = caseBox();
      if (box && event.subject === box.dataset.case && event.type === "case.decided" && box.dataset.state === "open")
        portreeve.toast(t("This case was decided just now. Load it again.", "本案刚刚已被处理，请重新加载。"));
      refresh();
    });
    portreeve.live("appeals", refresh);
    portreeve.live("readers", (data) => {
      const event = JSON.parse(data);
      if (event.case === caseBox()?.dataset.case) here();
    });
  };
  begin();
})();

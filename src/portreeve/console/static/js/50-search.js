/* The box of a search's condition: completion from the catalog, and what is wrong with it, as one writes. */
(() => {
  const { t } = portreeve;
  const WORDS = ["AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS NULL", "IS NOT NULL", "TRUE", "FALSE"];
  const MOST = 30;
  const catalogs = new Map();
  let chosen = -1;
  let offered = [];
  let span = [0, 0];
  let checking = 0;

  const form = () => document.querySelector("form.ask");
  const box = () => document.getElementById("f-where");
  const list = () => document.getElementById("where-list");
  const isOpen = () => list() && !list().hidden;

  const catalog = async () => {
    const address = form().dataset.catalog;
    if (!catalogs.has(address)) catalogs.set(address, portreeve.get(address).then((answer) => answer.json()));
    try {
      return await catalogs.get(address);
    } catch {
      catalogs.delete(address);
      return { columns: [], functions: [] };
    }
  };

  const grow = () => {
    const area = box();
    if (!area || CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };

  /* What stands before the caret: a word that is begun, a text that is begun, and the column it is compared with. */
  const context = (text) => {
    const quotes = (text.match(/'/g) ?? []).length;
    if (quotes % 2) {
      const start = text.lastIndexOf("'");
      return { start, begun: text.slice(start + 1), quoted: true, column: compared(text.slice(0, start)) };
    }
    const begun = text.match(/[A-Za-z_][A-Za-z0-9_.]*$/)?.[0] ?? "";
    const start = text.length - begun.length;
    return { start, begun, quoted: false, column: compared(text.slice(0, start)) };
  };
  const compared = (before) =>
    (before.match(/([a-z_]+)\s*(?:=|<>|!=)\s*$/i) ??
      before.match(/([a-z_]+)\s+(?:NOT\s+)?IN\s*\((?:\s*'(?:[^']|'')*'\s*,)*\s*$/i) ??
      before.match(/list_contains\(\s*([a-z_]+)\s*,\s*$/i))?.[1]?.toLowerCase();

  const quoted = (value) => `'${value.replaceAll("'", "''")}'`;

  const offers = ({ columns, functions }, place) => {
    const column = columns.find((one) => one.name === place.column);
    if (column) {
      const values = column.type === "boolean" ? [["TRUE", ""], ["FALSE", ""]] : column.values ?? [];
      return values.map(([value, words]) => ({
        text: column.type === "boolean" ? value : quoted(value), name: value, kind: "", words,
      }));
    }
    if (place.quoted) return [];
    return [
      ...columns.map((one) => ({
        text: one.type === "list" ? `list_contains(${one.name}, '` : one.name,
        name: one.name, kind: one.type, words: one.meaning,
      })),
      ...functions.map((one) => ({ text: `${one.name}(`, name: one.name, kind: t("function", "函数"), words: one.meaning })),
      ...WORDS.map((word) => ({ text: word, name: word, kind: "", words: "" })),
    ];
  };

  const ranked = (all, begun) => {
    const wanted = begun.toLowerCase();
    const rank = (one) => {
      const name = one.name.toLowerCase();
      if (name === wanted) return 0;
      if (name.startsWith(wanted)) return 1;
      if (name.includes(wanted)) return 2;
      return wanted.length > 1 && one.words.toLowerCase().includes(wanted) ? 3 : 9;
    };
    return all.map((one) => [rank(one), one]).filter(([place]) => place < 9)
      .sort((a, b) => a[0] - b[0]).slice(0, MOST).map(([, one]) => one);
  };

  const close = () => {
    const choices = list();
    if (!choices) return;
    choices.hidden = true;
    choices.replaceChildren();
    offered = [];
    chosen = -1;
    box().removeAttribute("aria-activedescendant");
  };

  const mark = (at) => {
    const lines = list().children;
    chosen = (at + lines.length) % lines.length;
    [...lines].forEach((line, place) => line.setAttribute("aria-selected", String(place === chosen)));
    lines[chosen].scrollIntoView({ block: "nearest" });
    box().setAttribute("aria-activedescendant", lines[chosen].id);
  };

  const open = async (asked) => {
    const area = box();
    if (!area) return;
    if (area.selectionStart !== area.selectionEnd) return close();
    const before = area.value.slice(0, area.selectionStart);
    const place = context(before);
    if (!asked && !place.begun && !(place.quoted || place.column)) return close();
    const found = ranked(offers(await catalog(), place), place.begun);
    if (document.activeElement !== area || area.value.slice(0, area.selectionStart) !== before) return;
    if (!found.length || (found.length === 1 && found[0].text === place.begun)) return close();
    offered = found;
    span = [place.start, area.selectionStart];
    list().replaceChildren(...found.map((one, at) => {
      const line = document.createElement("li");
      line.id = `where-${at}`;
      line.setAttribute("role", "option");
      line.dataset.at = at;
      const name = document.createElement("code");
      const kind = document.createElement("span");
      const words = document.createElement("span");
      name.textContent = one.name;
      kind.textContent = one.kind;
      words.textContent = one.words;
      line.append(name, kind, words);
      return line;
    }));
    list().hidden = false;
    if (found[0].text !== place.begun) mark(0);
  };

  const take = (at) => {
    const area = box();
    const { text } = offered[at];
    const rest = area.value.slice(span[1]);
    const closes = text.startsWith("'") && rest.startsWith("'");
    const inCall = /list_contains\([^()]*$/i.test(area.value.slice(0, span[0])) && !/^'?\)/.test(rest);
    area.setRangeText(text + (inCall ? ")" : ""), span[0], span[1] + (closes ? 1 : 0), "end");
    close();
    area.focus();
    grow();
    check();
    if (text.endsWith("'") && text.startsWith("list_contains")) open(true);
  };

  /* Said under the box a moment after one has stopped writing. */
  const check = () => {
    clearTimeout(checking);
    checking = setTimeout(async () => {
      const area = box();
      if (!area) return;
      const where = area.value;
      const answer = await portreeve.post(form().dataset.check, { where });
      const { fault } = await answer.json();
      if (area.isConnected && area.value === where) show(fault);
    }, 500);
  };

  const show = (fault) => {
    const place = document.getElementById("where-fault");
    box().toggleAttribute("aria-invalid", Boolean(fault));
    if (fault) box().setAttribute("aria-invalid", "true");
    box().closest(".box").classList.toggle("wrong", Boolean(fault));
    if (!fault) return place.replaceChildren();
    const said = document.createElement("p");
    said.className = "error";
    const strong = document.createElement("strong");
    strong.textContent = fault.message;
    said.append(strong, ` ${fault.help}`);
    const text = document.createElement("pre");
    const wrong = document.createElement("mark");
    text.className = "place";
    wrong.textContent = fault.wrong || " ";
    text.append(fault.before, wrong, fault.after);
    place.replaceChildren(said, text);
    if (fault.detail) {
      const detail = document.createElement("p");
      detail.className = "quiet small";
      detail.lang = "en";
      detail.textContent = fault.detail;
      place.append(detail);
    }
  };

  /* Over very many decisions the table comes first, and the chart when it is drawn. */
  const later = async () => {
    const place = document.querySelector("[data-later]");
    if (!place) return;
    const answer = await portreeve.get(place.dataset.later);
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const chart = holder.content.getElementById("chart");
    const total = holder.content.getElementById("total");
    if (!place.isConnected) return;
    chart ? place.replaceWith(chart) : place.remove();
    if (total) document.getElementById("total")?.replaceWith(total);
  };

  const begin = () => {
    later();
    const area = box();
    if (!area) return;
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", "where-list");
    area.setAttribute("aria-haspopup", "listbox");
    grow();
  };
  document.addEventListener("portreeve:shown", begin);
  begin();

  portreeve.on("focusin", "#f-where", () => catalog());
  portreeve.on("focusout", "#f-where", close);
  portreeve.on("input", "#f-where", () => {
    grow();
    open(false);
    check();
  });
  portreeve.on("mousedown", "#where-list li", (event, line) => {
    event.preventDefault();
    take(Number(line.dataset.at));
  });
  portreeve.on("keydown", "#f-where", (event) => {
    if (event.isComposing) return;
    const { key } = event;
    if (isOpen() && (key === "ArrowDown" || key === "ArrowUp")) {
      event.preventDefault();
      mark(chosen + (key === "ArrowDown" ? 1 : -1));
    } else if (isOpen() && chosen >= 0 && (key === "Tab" || (key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey))) {
      event.preventDefault();
      take(chosen);
    } else if (key === "Escape") {
      if (isOpen()) event.stopPropagation();
      else box().blur();
      close();
    } else if (key === " " && event.ctrlKey) {
      event.preventDefault();
      open(true);
    } else if (key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      close();
      form().requestSubmit();
    }
  });

  /* A range or a group that is chosen is asked for at once. */
  portreeve.on("change", "form.ask .spans input[type=radio]:not([value=dates]), form.ask select", () => form().requestSubmit());
})();

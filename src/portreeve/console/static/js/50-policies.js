/* The editor of policies: a text area made good. Line numbers, errors at their line, names in conditions;
   what is typed is saved and checked after a moment. Without this script a button does the same. */
"use strict";
(() => {
  const PAUSE = 350;
  const WORD = /[A-Za-z_][A-Za-z0-9_]*$/;
  const SQL = ["AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS NULL", "IS NOT NULL", "TRUE", "FALSE",
    "coalesce", "least", "greatest", "abs", "length", "lower", "upper", "starts_with", "ends_with"];
  const { t } = portreeve;

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const start = (form) => {
    if (form.dataset.started) return;
    form.dataset.started = "1";
    const area = form.querySelector("textarea[name=text]");
    const editor = area.closest(".editor");
    const saved = document.getElementById("saved");
    const list = document.getElementById("problems");
    let definitions = JSON.parse(editor.dataset.definitions);
    let names;
    let problems = read(list);

    const gutter = element("div", { className: "gutter", ariaHidden: "true" });
    const shade = element("pre", { className: "shade", ariaHidden: "true" }, element("code"));
    const choices = element("ul", { className: "choices", id: "choices", hidden: true });
    choices.setAttribute("role", "listbox");
    choices.setAttribute("aria-label", t("Names", "名称"));
    const told = element("p", { className: "hidden" });
    told.setAttribute("role", "status");
    editor.prepend(gutter, shade);
    editor.after(choices, told);
    editor.classList.add("live");
    area.setAttribute("aria-controls", "choices");

    /* What one sees: numbers, and marks under what is wrong. */
    const draw = () => {
      const lines = area.value.split("\n");
      const worst = new Map();
      for (const one of problems)
        if (one.line && worst.get(one.line) !== "error") worst.set(one.line, one.severity);
      while (gutter.childElementCount < lines.length) gutter.append(element("div"));
      while (gutter.childElementCount > lines.length) gutter.lastChild.remove();
      [...gutter.children].forEach((row, at) => {
        if (row.textContent !== String(at + 1)) row.textContent = at + 1;
        row.className = worst.get(at + 1) ?? "";
      });
      const code = shade.firstChild;
      code.replaceChildren();
      lines.forEach((line, at) => {
        const marks = problems.filter((one) => one.line === at + 1 && one.column);
        const first = marks.sort((a, b) => a.column - b.column)[0];
        if (!first) return code.append(line + "\n");
        const from = Math.min(first.column - 1, line.length);
        const rest = line.slice(from);
        const size = Math.max(1, (rest.match(/^[\w.'-]+|^\S/)?.[0] ?? rest).length);
        code.append(line.slice(0, from),
          element("mark", { className: first.severity, textContent: rest.slice(0, size) || " " }),
          rest.slice(size) + "\n");
      });
      scroll();
    };
    const scroll = () => {
      gutter.scrollTop = area.scrollTop;
      shade.scrollTop = area.scrollTop;
      shade.scrollLeft = area.scrollLeft;
    };
    new ResizeObserver(() => {
      gutter.style.height = shade.style.height = area.offsetHeight + "px";
    }).observe(area);
    area.addEventListener("scroll", () => { scroll(); close(); });

    /* Saving, and what was found. One request at a time: the last text counts. */
    let waiting, busy = null, again = false;
    const fields = () => new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrf"));
    const address = () => "/console/drafts/" + (form.dataset.draft || "new");
    const save = async () => {
      clearTimeout(waiting);
      if (busy) {
        again = true;
        return busy;
      }
      saved.textContent = t("saving …", "正在保存……");
      busy = (async () => {
        const text = area.value;
        const found = await (await portreeve.post(address(), fields())).json();
        form.elements.revision.value = found.revision;
        if (!form.dataset.draft) begun(found.id);
        saved.textContent = t("saved, checked in ", "已保存，检查用时 ") + found.milliseconds + t(" ms", " 毫秒");
        if (text === area.value) {
          problems = found.problems;
          if (found.definitions.length) definitions = found.definitions;
          show(list, found);
          draw();
        }
      })();
      try {
        await busy;
      } catch (error) {
        saved.textContent = t("not saved", "未保存");
      } finally {
        busy = null;
      }
      if (again) {
        again = false;
        await save();
      }
    };
    const begun = (id) => {
      form.dataset.draft = id;
      document.querySelectorAll("[data-unsaved]").forEach((one) => one.remove());
      history.replaceState(history.state, "", "/console/drafts/" + id);
      form.action = address();
      const compare = document.getElementById("compare");
      compare.href = address() + "/difference";
      compare.hidden = false;
      for (const button of form.querySelectorAll("[formaction]"))
        button.setAttribute("formaction", button.getAttribute("formaction").replace("/new", "/" + id));
    };
    const later = () => {
      clearTimeout(waiting);
      waiting = setTimeout(save, PAUSE);
      saved.textContent = t("changed", "已修改");
    };
    area.addEventListener("input", () => { draw(); later(); suggest(); });
    form.elements.rationale.addEventListener("input", later);
    addEventListener("beforeunload", (event) => {
      if (saved.textContent === t("changed", "已修改")) event.preventDefault();
    });
    form.addEventListener("submit", async (event) => {
      const button = event.submitter;
      clearTimeout(waiting);
      saved.textContent = "";
      if (button && !button.hasAttribute("formaction")) {
        event.preventDefault();
        await save();
      } else if (button?.hasAttribute("data-try")) {
        event.preventDefault();
        await tryIt();
      }
    });
    const tryIt = async () => {
      const answer = await portreeve.post(address() + "/try", fields());
      document.getElementById("tried").innerHTML = await answer.text();
    };

    /* Names in conditions. */
    let shown = [], chosen = 0;
    const close = () => { choices.hidden = true; shown = []; area.removeAttribute("aria-activedescendant"); };
    const suggest = async () => {
      if (!wordHere()) return close();
      names ??= portreeve.get(editor.dataset.words).then((answer) => answer.json());
      offer(await names);
    };
    const wordHere = () => {
      const before = area.value.slice(0, area.selectionStart);
      const word = before.match(WORD)?.[0];
      return word && word.length > 1 && !SQL.includes(word) && inCondition(before) ? word : null;
    };
    const offer = (known) => {
      const word = wordHere();
      if (!word) return close();
      const low = word.toLowerCase();
      const all = [...definitions, ...known, ...SQL.map((name) => ({ name, kind: "sql", words: "" }))];
      shown = all.filter((one) => one.name.replace(/^'/, "").toLowerCase().includes(low) && one.name !== word)
        .sort((a, b) => a.name.toLowerCase().indexOf(low) - b.name.toLowerCase().indexOf(low)).slice(0, 40);
      if (!shown.length) return close();
      chosen = 0;
      choices.replaceChildren(...shown.map((one, at) => {
        const item = element("li", { id: "choice-" + at }, element("code", { textContent: one.name }),
          element("span", { textContent: one.words }));
        item.setAttribute("role", "option");
        return item;
      }));
      place(area.value.slice(0, area.selectionStart - word.length));
      choices.hidden = false;
      told.textContent = shown.length + " " + editor.dataset.found;
      mark();
    };
    const mark = () => {
      [...choices.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
      choices.children[chosen]?.scrollIntoView({ block: "nearest" });
      area.setAttribute("aria-activedescendant", "choice-" + chosen);
    };
    const take = (at) => {
      const end = area.selectionStart;
      const word = area.value.slice(0, end).match(WORD)?.[0] ?? "";
      const quoted = shown[at].name.startsWith("'") && area.value[end - word.length - 1] === "'";
      area.setRangeText(quoted ? shown[at].name.slice(1) : shown[at].name, end - word.length, end, "end");
      close();
      draw();
      later();
    };
    const place = (before) => {
      const lines = before.split("\n");
      const column = [...lines.at(-1)].reduce((sum, letter) => sum + (letter > "\u2e80" ? 2 : 1), 0);
      const left = gutter.offsetWidth + 10 + column * letterWidth(area) - area.scrollLeft;
      choices.style.left = editor.offsetLeft + Math.max(0, Math.min(left, editor.offsetWidth - 300)) + "px";
      choices.style.top = editor.offsetTop + 12 + lines.length * 20 - area.scrollTop + "px";
    };
    area.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        save();
        return;
      }
      if (choices.hidden) {
        if (event.key === "Enter") indent(event);
        return;
      }
      const moves = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in moves) {
        event.preventDefault();
        chosen = (chosen + moves[event.key] + shown.length) % shown.length;
        mark();
      } else if (event.key === "Tab" || event.key === "Enter") {
        event.preventDefault();
        take(chosen);
      } else if (event.key === "Escape") {
        event.preventDefault();
        close();
      } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") close();
    });
    const indent = (event) => {
      const before = area.value.slice(0, area.selectionStart);
      const line = before.slice(before.lastIndexOf("\n") + 1);
      const depth = line.match(/^ */)[0].length + (/(:|>-|\|)\s*$/.test(line) ? 2 : 0);
      if (!depth) return;
      event.preventDefault();
      area.setRangeText("\n" + " ".repeat(depth), area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    };
    choices.addEventListener("mousedown", (event) => {
      const item = event.target.closest("li");
      event.preventDefault();
      if (item) take([...choices.children].indexOf(item));
    });
    area.addEventListener("blur", close);

    /* From a problem to its place. */
    list.addEventListener("click", (event) => {
      const link = event.target.closest("[data-goto]");
      if (!link) return;
      event.preventDefault();
      const { line, column } = link.closest("li").dataset;
      const at = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + (column ? column - 1 : 0);
      area.focus();
      area.setSelectionRange(at, at);
      area.scrollTop = Math.max(0, (line - 6) * 20);
    });
    draw();
  };

  /* The problems that the page came with. */
  const read = (list) => [...list.querySelectorAll("li")].map((item) => ({
    line: Number(item.dataset.line) || null, column: Number(item.dataset.column) || null,
    severity: item.className,
  }));

  const show = (list, found) => {
    const summary = element("p", { className: "found-summary " + (found.good ? "good" : "bad") },
      (found.good ? "✓ " : "✗ ") + found.summary);
    const items = found.problems.map((one) => {
      const item = element("li", { className: one.severity });
      const head = element("p", {}, element("strong", { textContent: one.code }), " ");
      if (one.line) {
        item.dataset.line = one.line;
        if (one.column) item.dataset.column = one.column;
        const link = element("a", { href: "#f-text", textContent: t(`line ${one.line}`, `第 ${one.line} 行`) });
        link.dataset.goto = "";
        head.append(link, one.column ? t(`, column ${one.column}`, `，第 ${one.column} 列`) : "");
      } else if (one.file) head.append(element("span", { className: "quiet", textContent: one.file }));
      if (one.severity === "warning")
        head.append(" ", element("span", { className: "quiet", textContent: t("warning", "提醒") }));
      item.append(head, element("p", { textContent: one.message }));
      if (one.detail) item.append(element("p", { className: "quiet", textContent: one.detail }));
      item.append(element("p", { className: "help", textContent: one.help }));
      return item;
    });
    list.replaceChildren(summary, element("ul", { className: "problems" }, ...items));
  };

  /* Whether what stands before the cursor ends within the value of a `when`. */
  const inCondition = (before) => {
    const lines = before.split("\n");
    const here = lines.at(-1);
    if (/^\s*(-\s+)?when:/.test(here)) return true;
    const depth = here.match(/^ */)[0].length;
    for (let at = lines.length - 2; at >= 0; at -= 1) {
      const line = lines[at];
      if (!line.trim()) continue;
      const key = line.match(/^( *)(- )?when:/);
      if (key) return depth > key[1].length;
      if (line.match(/^ */)[0].length < depth || /^\s*(- )?\w+:/.test(line)) return false;
    }
    return false;
  };

  let measured;
  const letterWidth = (area) => {
    if (!measured) {
      const context = document.createElement("canvas").getContext("2d");
      context.font = getComputedStyle(area).font;
      measured = context.measureText("0").width;
    }
    return measured;
  };

  const look = () => document.querySelectorAll("form[data-draft]").forEach(start);
  document.addEventListener("portreeve:shown", look);
  look();

  /* The contents of a policy begin closed where there is little room. */
  if (matchMedia("(max-width: 1100px)").matches)
    document.querySelectorAll(".policy-contents").forEach((one) => { one.open = false; });
})();

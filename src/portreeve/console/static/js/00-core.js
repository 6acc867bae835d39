/* What all pages share: keys, parts of pages, live events, messages. Without it everything still works. */
"use strict";
const portreeve = (() => {
  const root = document.documentElement;
  const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
  const zh = root.lang.startsWith("zh");
  const t = (en, cn) => (zh ? cn : en);

  /* Listen for events of whatever matches a selector, now or later. */
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element ? event.target.closest(selector) : null;
      if (found) act(event, found);
    });

  const toast = (text) => {
    const line = document.createElement("div");
    line.className = "toast";
    line.textContent = text;
    document.getElementById("toast")?.append(line);
    setTimeout(() => line.remove(), 6000);
  };

  /* Ask for something of ours; a refusal is shown and thrown. */
  const ask = async (url, options = {}) => {
    let answer;
    try {
      answer = await fetch(url, {
        ...options,
        headers: { "Portreeve-Part": "main", "Portreeve-Csrf": csrf(), ...options.headers },
      });
    } catch (error) {
      toast(t("The service does not answer. Try again.", "服务没有响应，请重试。"));
      throw error;
    }
    if (answer.status === 401) {
      location.assign("/console/login?next=" + encodeURIComponent(location.pathname + location.search));
      throw new Error("signed out");
    }
    if (!answer.ok && !(answer.headers.get("content-type") ?? "").startsWith("text/html")) {
      const problem = await answer.json().catch(() => ({}));
      toast(problem.detail ?? t("Something failed.", "出错了。"));
      const error = new Error(problem.code ?? answer.status);
      error.problem = problem;
      throw error;
    }
    return answer;
  };
  const get = (url) => ask(url);
  const post = (url, data) =>
    ask(url, { method: "POST", body: data instanceof URLSearchParams ? data : new URLSearchParams(data) });

  /* Put the main part of another page in the place of this one's. */
  const swap = async (answer, { push = true } = {}) => {
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const main = holder.content.querySelector("main");
    if (!main) return location.assign(answer.url);
    const title = holder.content.querySelector("title");
    if (title) document.title = title.textContent.trim();
    document.getElementById("main").replaceWith(main);
    if (push && answer.url && answer.url !== location.href) history.pushState({ part: true }, "", answer.url);
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("portreeve:shown", { detail: main }));
    return main;
  };
  addEventListener("popstate", async () => swap(await get(location.href), { push: false }));

  /* Forms that say so are sent without loading the page anew. */
  on("submit", "form[data-part]", async (event, form) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    try {
      const data = new URLSearchParams(new FormData(form, event.submitter));
      await swap(form.method === "post" ? await post(form.action, data)
        : await get(form.action.split("?")[0] + "?" + data));
    } finally {
      delete form.dataset.busy;
    }
  });
  on("submit", "form[data-confirm]", (event, form) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });

  /* Keys: elements name theirs with data-key, scripts add theirs; `?` shows them all. */
  const scripts = new Map();
  const keys = (scope, table) => scripts.set(scope, table);
  const typing = (target) =>
    target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)) &&
    !["checkbox", "radio", "submit", "button"].includes(target.type);
  /* What is folded is heard too. Its boxes say nothing: browsers lay it out late, or never. */
  const visible = (element) => element.checkVisibility() ||
    (!element.closest("[hidden]") && element.closest("details:not([open])")?.checkVisibility() === true);
  const named = (element) => element.dataset.keyLabel ?? [...element.childNodes]
    .filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join("").trim();

  const show = () => {
    const dialog = document.getElementById("keys");
    const box = dialog?.querySelector(".keys");
    if (!box) return;
    const section = (title, rows) => {
      if (!rows.length) return;
      const part = document.createElement("section");
      const head = document.createElement("h3");
      const list = document.createElement("dl");
      head.textContent = title;
      for (const [key, label] of rows) {
        const name = document.createElement("dt");
        const cap = document.createElement("kbd");
        const text = document.createElement("dd");
        cap.textContent = key;
        text.textContent = label;
        name.append(cap);
        list.append(name, text);
      }
      part.append(head, list);
      box.append(part);
    };
    box.replaceChildren();
    const here = [...document.querySelectorAll("main [data-key]")].filter(visible).map((one) => [one.dataset.key, named(one)]);
    for (const table of scripts.values())
      for (const [key, [label, , when]] of Object.entries(table)) if (!when || when()) here.push([key, label]);
    section(box.dataset.page, here);
    section(box.dataset.places, [...document.querySelectorAll("[data-go]")].map((one) => ["g " + one.dataset.go, named(one)]));
    section("", [["?", box.dataset.help]]);
    dialog.showModal();
  };

  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (going && Date.now() - going < 1500) {
      going = 0;
      const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (place) {
        event.preventDefault();
        place.click();
      }
      return;
    }
    if (event.key === "g") {
      going = Date.now();
      return;
    }
    if (event.key === "?") {
      event.preventDefault();
      show();
      return;
    }
    const element = [...document.querySelectorAll(`main [data-key="${CSS.escape(event.key)}"]`)].find(visible);
    if (element && !element.disabled) {
      event.preventDefault();
      element.matches("input:not([type=checkbox],[type=radio]), textarea, select") ? element.focus() : element.click();
      return;
    }
    for (const table of scripts.values()) {
      const entry = table[event.key];
      if (entry && (!entry[2] || entry[2]())) {
        event.preventDefault();
        entry[1](event);
        return;
      }
    }
  });

  /* Events as they happen; one connection a page, made when somebody listens first. */
  let source;
  const live = (name, act) => {
    if (!csrf()) return;
    source ??= new EventSource("/console/live");
    source.addEventListener(name, (event) => act(event.data));
  };
  addEventListener("pagehide", () => source?.close());

  /* On a phone the menu begins closed. */
  const menu = document.querySelector(".rail .menu");
  const narrow = matchMedia("(max-width: 900px)");
  const fold = () => { if (menu) menu.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();

  return { on, ask, get, post, swap, toast, keys, live, t };
})();

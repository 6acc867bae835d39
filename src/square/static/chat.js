// A chat with one friend. Messages are sealed, opened and kept readable in this browser only; the
// private key lies in IndexedDB, where not even this page can read it.

import { able, fingerprint, fromText, mostBytes, newKeys, open, seal, toText } from "./sealing.js";

const chat = document.getElementById("chat"), words = chat.dataset;
const { me, friend, at, token } = words;
const part = (id) => document.getElementById(id);
const form = part("say"), field = form.elements.message, button = form.querySelector("button");
const clock = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "zh-CN", { dateStyle: "medium", timeStyle: "short" });
const seen = new Set();
let shelf, keys, known, own, other, last = 0, reading = false, again = false;

// --- what this browser keeps ------------------------------------------------------------------

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function openShelf() {
  const asked = indexedDB.open("square-chats", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("keys", { keyPath: "name" });
    asked.result.createObjectStore("known");
  };
  return done(asked);
}

const store = (name, mode = "readonly") => shelf.transaction(name, mode).objectStore(name);
const put = (name, ...values) => done(store(name, "readwrite").put(...values));

/** Keys of the person who is signed in, by their public half as text. */
async function keptKeys() {
  const all = await done(store("keys").getAll());
  return new Map(all.filter((one) => one.person === me).map((one) => [one.name, one]));
}

async function makeKeys() {
  const made = await newKeys();
  const kept = { ...made, person: me, name: toText(made.public), made: Date.now() };
  await put("keys", kept);
  keys.set(kept.name, kept);
  return kept;
}

async function accept(key) {
  known = [...known.filter((one) => one !== key), key];
  await put("known", known, `${me} ${friend}`);
}

// --- speaking with Square ---------------------------------------------------------------------

async function ask(path, values) {
  const sent = values && { method: "POST", body: new URLSearchParams({ token, ...values }) };
  const answer = await fetch(path, { ...sent, headers: { accept: "application/json" } });
  if (answer.redirected) location.reload();
  return { ok: answer.ok, ...(await answer.json()) };
}

/** Seal to this browser from now on. */
async function useHere() {
  const latest = [...keys.values()].sort((a, b) => b.made - a.made)[0] ?? (await makeKeys());
  await ask("/chat-keys", { public: latest.name });
}

async function read() {
  if (reading) { again = true; return; }
  reading = true;
  try {
    do {
      again = false;
      const answer = await ask(`${at}/messages?after=${last}`);
      if (!answer.ok) return;
      if (answer.own === null && keys.size === 0) { await useHere(); again = true; continue; }
      if (answer.own !== own || answer.other !== other) await ready(answer);
      for (const message of answer.messages) { await show(message); last = message.seq; }
      again ||= answer.messages.length > 0;
    } while (again);
  } catch { /* Square does not answer: the next time will do. */ } finally { reading = false; }
}

/** Both people's keys in use are told: whether one can write, and what is to be seen to first. */
async function ready(told) {
  own = told.own; other = told.other;
  if (other && known.length === 0) await accept(other);
  const elsewhere = !keys.has(own), changed = other !== null && known.at(-1) !== other;
  part("elsewhere").hidden = !elsewhere;
  part("changed").hidden = !changed;
  field.disabled = button.disabled = elsewhere || changed || other === null;
  say(elsewhere ? words.elsewhere : changed ? words.changed : other ? words.sealed : words.waits);
  part("own-print").textContent = own ? await fingerprint(fromText(own)) : "–";
  part("other-print").textContent = other ? await fingerprint(fromText(other)) : "–";
}

function say(text) { if (part("state").textContent !== text) part("state").textContent = text; }

// --- messages ---------------------------------------------------------------------------------

async function show(message) {
  const mine = message.sender === me, { stamp } = message;
  const [ours, theirs] = mine ? [message.sender_key, message.recipient_key] : [message.recipient_key, message.sender_key];
  const pair = keys.get(ours);
  if (!pair) return add({ mine, stamp, text: words.unreadable, quiet: true });
  if (seen.has(stamp.commitment)) return;
  try {
    const [sender, recipient] = mine ? [me, friend] : [friend, me];
    if (stamp.sender !== sender || stamp.recipient !== recipient) throw new Error("another's stamp");
    const opened = await open(fromText(message.sealed), fromText(stamp.commitment), pair, fromText(theirs), mine);
    seen.add(stamp.commitment);
    add({ mine, stamp, opened, text: opened.message, mark: known.includes(theirs) ? "" : words.stranger });
  } catch { add({ mine, stamp, text: words.broken, quiet: true }); }
}

function add({ mine, stamp, opened, text, quiet, mark }) {
  const line = part("one").content.cloneNode(true).firstElementChild;
  const time = new Date(stamp.time_ms);
  line.classList.toggle("mine", mine);
  line.querySelector(".words").textContent = text;
  line.querySelector(".words").classList.toggle("quiet", Boolean(quiet));
  line.querySelector("time").textContent = clock.format(time);
  line.querySelector("time").dateTime = time.toISOString();
  line.querySelector(".mark").textContent = mark ?? "";
  const report = line.querySelector("details");
  if (mine || quiet) report.remove();
  else report.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    openToOthers(report, stamp, opened);
  });
  part("said").append(line);
  line.scrollIntoView({ block: "nearest" });
}

/** Report one message: it, its opening key and Square's stamp, and nothing else. */
async function openToOthers(report, stamp, opened) {
  let answer;
  try {
    answer = await ask(`${at}/report`, {
      message: toText(opened.said), opening_key: toText(opened.openingKey),
      stamp: JSON.stringify(stamp), words: report.querySelector("textarea").value,
    });
  } catch { answer = { ok: false }; }
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  told.className = "quiet";
  const over = answer.ok || answer.error === "already-reported";
  told.textContent = answer.ok ? words.reported : over ? words.repeated : words.unreported;
  if (over) report.replaceWith(told); else report.append(told);
}

async function send() {
  const text = field.value.trim();
  if (!text || button.disabled) return;
  if (new TextEncoder().encode(text).length > mostBytes) { say(words.long); return; }
  button.disabled = true;
  try {
    const { data, commitment } = await seal(text, keys.get(own), fromText(other));
    const answer = await ask(at, {
      sealed: toText(data), commitment: toText(commitment), sender_key: own, recipient_key: other,
    });
    if (answer.ok) { field.value = ""; say(words.sealed); } else say(words.failed);
  } catch { say(words.failed); }
  button.disabled = false;
  await read();
}

// --- from the beginning -----------------------------------------------------------------------

async function begin() {
  if (!(await able())) { say(words.unable); return; }
  shelf = await openShelf();
  keys = await keptKeys();
  known = (await done(store("known").get(`${me} ${friend}`))) ?? [];
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  part("elsewhere").addEventListener("click", async () => { await useHere(); await read(); });
  part("changed").addEventListener("click", async () => { await accept(other); own = undefined; await read(); });
  await read();
  setInterval(() => { if (!document.hidden) read(); }, 1500);
}

begin();

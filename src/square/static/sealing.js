// Sealing chats with WebCrypto: the same as src/square/sealing.py, which describes the formats.
// Keys are X25519; what is sealed is bound to who writes to whom; a franking commitment goes with it.

const VERSION = 1, SPACE = 256, MOST_BYTES = 8000, MOST_SEALED = 1 + 32 + 8192 + 16;
const text = new TextEncoder();
const ZONE = text.encode("square/chat\0\x01");
const COMMITS = text.encode("portreeve/franking/commitment\0\x01");
const PRINTS = text.encode("square/fingerprint\0");

export const mostBytes = MOST_BYTES;

/** Whether this browser can seal and open. */
export async function able() {
  try { await newKeys(); return true; } catch { return false; }
}

/** A new pair of keys. The private one cannot be taken out of the browser, not even by this page. */
export async function newKeys() {
  const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  return { private: pair.privateKey, public: new Uint8Array(raw) };
}

/** Seal a message to the owner of a public key. Salt and opening key are drawn if not given. */
export async function seal(message, own, other, { salt = drawn(32), openingKey = drawn(32) } = {}) {
  const said = text.encode(message);
  if (said.length > MOST_BYTES) throw new Error("too long");
  const about = joined(ZONE, own.public, other);
  const { key, iv } = await derived(own, other, salt, about);
  const inside = new Uint8Array(Math.ceil((36 + said.length) / SPACE) * SPACE);
  inside.set(openingKey);
  new DataView(inside.buffer).setUint32(32, said.length);
  inside.set(said, 36);
  const closed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: about }, key, inside);
  const data = joined(new Uint8Array([VERSION]), salt, new Uint8Array(closed));
  return { data, commitment: await committed(openingKey, said) };
}

/** Open a sealed message with one's own keys; `mine`: one sent it oneself. Throws if it does not open. */
export async function open(data, commitment, own, other, mine = false) {
  if (data[0] !== VERSION || data.length > MOST_SEALED) throw new Error("no sealed message");
  const about = mine ? joined(ZONE, own.public, other) : joined(ZONE, other, own.public);
  const { key, iv } = await derived(own, other, data.slice(1, 33), about);
  const inside = new Uint8Array(
    await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: about }, key, data.slice(33)));
  if (inside.length < SPACE || inside.length % SPACE) throw new Error("no sealed message");
  const length = new DataView(inside.buffer).getUint32(32);
  const said = inside.slice(36, 36 + length), openingKey = inside.slice(0, 32);
  if (said.length !== length || inside.slice(36 + length).some(Boolean)) throw new Error("no sealed message");
  if (!same(await committed(openingKey, said), commitment)) throw new Error("its commitment does not fit");
  return { message: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(said), said, openingKey };
}

/** A public key as digits that two people can compare. */
export async function fingerprint(key) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", joined(PRINTS, key)));
  const groups = [0, 5, 10, 15, 20, 25].map((at) => {
    const number = digest.slice(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    return String(number % 100000).padStart(5, "0");
  });
  return groups.join(" ");
}

export function toText(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export function fromText(written) {
  const plain = atob(written.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

async function derived(own, other, salt, info) {
  const theirs = await crypto.subtle.importKey("raw", other, { name: "X25519" }, false, []);
  const secret = await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, own.private, 256);
  const start = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const made = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, start, 352);
  const key = await crypto.subtle.importKey("raw", made.slice(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  return { key, iv: new Uint8Array(made.slice(32)) };
}

async function committed(openingKey, said) {
  const key = await crypto.subtle.importKey("raw", openingKey, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, joined(COMMITS, said)));
}

function drawn(count) { return crypto.getRandomValues(new Uint8Array(count)); }

function same(one, two) {
  return one.length === two.length && one.reduce((sum, byte, at) => sum | (byte ^ two[at]), 0) === 0;
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole;
}

// Seals and opens the vectors in the browser, with the keys and the chance that they name.
async (vectors) => {
  const lib = await import("/static/sealing.js");
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
  const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const pair = async (secret, open) => {
    const start = bytes("302e020100300506032b656e04220420");
    const whole = new Uint8Array([...start, ...bytes(secret)]);
    const key = await crypto.subtle.importKey("pkcs8", whole, {name: "X25519"}, false, ["deriveBits"]);
    return { private: key, public: bytes(open) };
  };
  const found = [];
  for (const one of vectors) {
    const ann = await pair(one.sender_private, one.sender_public);
    const bob = await pair(one.recipient_private, one.recipient_public);
    const sealed = await lib.seal(one.message, ann, bob.public,
      { salt: bytes(one.salt), openingKey: bytes(one.opening_key) });
    const opened = await lib.open(sealed.data, sealed.commitment, bob, ann.public);
    const again = await lib.open(sealed.data, sealed.commitment, ann, bob.public, true);
    found.push({ sealed: hex(sealed.data), commitment: hex(sealed.commitment),
      message: opened.message, again: again.message, opening_key: hex(opened.openingKey),
      recipient_fingerprint: await lib.fingerprint(bob.public) });
  }
  return found;
}

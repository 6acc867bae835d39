-- Chats between two people: sealed in their browsers. Nothing here can be read without their keys.

CREATE TABLE IF NOT EXISTS chat_keys (
  public TEXT PRIMARY KEY,          -- X25519 public key, base64url
  person TEXT NOT NULL REFERENCES people(id),
  made TEXT NOT NULL                -- a person's latest is the one in use
) STRICT;
CREATE INDEX IF NOT EXISTS chat_keys_by_person ON chat_keys(person, made);

CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  chat TEXT NOT NULL,               -- the two people's ids, the lesser first
  sender TEXT NOT NULL REFERENCES people(id),
  recipient TEXT NOT NULL REFERENCES people(id),
  sender_key TEXT NOT NULL REFERENCES chat_keys(public),
  recipient_key TEXT NOT NULL REFERENCES chat_keys(public),
  sealed TEXT NOT NULL,             -- ciphertext, base64url
  commitment TEXT NOT NULL UNIQUE,  -- to the message; says nothing about it without its opening key
  stamp TEXT NOT NULL,              -- Square's word that it delivered it, as JSON
  sent TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS messages_by_chat ON messages(chat, seq);

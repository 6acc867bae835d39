-- What Square keeps. Times are UTC, ISO 8601. Chats hold ciphertext only.

CREATE TABLE IF NOT EXISTS people (
  id TEXT PRIMARY KEY,              -- its name at Portreeve too
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  shown TEXT NOT NULL,
  password TEXT,                    -- scrypt; null for people of a generated town
  language TEXT NOT NULL DEFAULT 'zh',
  standing TEXT NOT NULL DEFAULT 'person',
  joined TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS sessions (
  digest TEXT PRIMARY KEY,
  person TEXT NOT NULL REFERENCES people(id),
  token TEXT NOT NULL,              -- what a form of this session must send back
  begun TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS friendships (
  person TEXT NOT NULL REFERENCES people(id),
  friend TEXT NOT NULL REFERENCES people(id),
  since TEXT,                       -- null while it is only asked for
  asked_by TEXT NOT NULL,
  PRIMARY KEY (person, friend)      -- two rows for each pair
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS posts (
  id TEXT PRIMARY KEY,              -- the item's id at Portreeve
  author TEXT NOT NULL REFERENCES people(id),
  surface TEXT NOT NULL,            -- moments, comment, profile, group, public_account
  place TEXT,                       -- the group or public account it stands in
  parent TEXT,                      -- the post that a comment answers
  text TEXT NOT NULL,
  picture TEXT,
  written TEXT NOT NULL,
  asked TEXT NOT NULL DEFAULT '',   -- when Portreeve was asked last
  state TEXT NOT NULL,              -- published, held, refused, removed or deleted
  hidden INTEGER NOT NULL DEFAULT 0,-- a comment whose post was taken down
  decision TEXT,                    -- Portreeve's decision in force; null while it could not be asked
  reach REAL,                       -- share of friends who see it; null for all
  label_en TEXT, label_zh TEXT,
  ruling TEXT                       -- reasons and evidence of the decision, as JSON, for the author
) STRICT;
CREATE INDEX IF NOT EXISTS posts_by_author ON posts(author, surface, written);
CREATE INDEX IF NOT EXISTS posts_by_time ON posts(surface, written);
CREATE INDEX IF NOT EXISTS posts_by_parent ON posts(parent, written) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS posts_by_place ON posts(place, written) WHERE place IS NOT NULL;
CREATE INDEX IF NOT EXISTS posts_unasked ON posts(written) WHERE decision IS NULL;

CREATE TABLE IF NOT EXISTS restrictions (
  account TEXT NOT NULL,            -- a person or a public account
  kind TEXT NOT NULL,               -- of Portreeve's sanctions
  ends TEXT                         -- null for what has no end
) STRICT;
CREATE INDEX IF NOT EXISTS restrictions_by_account ON restrictions(account);

CREATE TABLE IF NOT EXISTS owed (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,               -- facts, relation or gone
  subject TEXT NOT NULL,
  body TEXT
) STRICT;                           -- what Portreeve is still to be told

CREATE VIEW IF NOT EXISTS accounts AS -- whatever is an account at Portreeve
  SELECT id, standing, language, joined AS created, NULL AS followers,
    (SELECT count(*) FROM friendships WHERE person = people.id AND since IS NOT NULL) AS friends
  FROM people
  UNION ALL
  SELECT places.id, 'person', language, made, (SELECT count(*) FROM members
    WHERE place = places.id AND NOT taken), NULL
  FROM places JOIN people ON people.id = owner WHERE kind = 'public_account';

CREATE TABLE IF NOT EXISTS heard (
  id TEXT PRIMARY KEY,              -- webhook-id of a message that was acted on
  time TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS kept (
  name TEXT PRIMARY KEY,            -- the webhook's secret, and the like
  value TEXT NOT NULL
) STRICT;

-- Ads, deals, apps and live rooms. Whether any of them may be is Portreeve's to say.

CREATE TABLE IF NOT EXISTS ads (
  id TEXT PRIMARY KEY,              -- its name at Portreeve too
  account TEXT NOT NULL REFERENCES people(id),
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  landing TEXT NOT NULL,
  submitted TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ads_by_account ON ads(account, submitted);

CREATE TABLE IF NOT EXISTS deals (
  id TEXT PRIMARY KEY REFERENCES posts(id),
  campus TEXT NOT NULL,
  price INTEGER NOT NULL,           -- in minor units
  threshold INTEGER NOT NULL,
  deadline TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS payments (
  deal TEXT NOT NULL REFERENCES deals(id),
  person TEXT NOT NULL REFERENCES people(id),
  state TEXT NOT NULL,              -- taken, held, returned or passed on to the organiser
  time TEXT NOT NULL,
  PRIMARY KEY (deal, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS apps (
  id TEXT PRIMARY KEY,              -- its name at Portreeve too
  owner TEXT NOT NULL REFERENCES people(id),
  name TEXT NOT NULL,
  made TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS apps_by_owner ON apps(owner);

CREATE TABLE IF NOT EXISTS consents (
  digest TEXT PRIMARY KEY,          -- of the code that the app shows
  app TEXT NOT NULL REFERENCES apps(id),
  person TEXT NOT NULL REFERENCES people(id),
  since TEXT NOT NULL,
  UNIQUE (app, person)
) STRICT;

CREATE TABLE IF NOT EXISTS rooms (
  id TEXT PRIMARY KEY,
  operator TEXT NOT NULL REFERENCES people(id),
  anchor TEXT NOT NULL REFERENCES people(id),
  seller TEXT,                      -- who sells, as the room shows it; null where it sells nothing
  title TEXT REFERENCES posts(id),  -- null until it is written down
  opened TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS arrivals (
  room TEXT NOT NULL REFERENCES rooms(id),
  person TEXT NOT NULL REFERENCES people(id),
  time TEXT NOT NULL,
  PRIMARY KEY (room, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS shelf (
  id TEXT PRIMARY KEY REFERENCES posts(id), -- the live sale's name at Portreeve too
  room TEXT NOT NULL REFERENCES rooms(id),
  maker TEXT NOT NULL REFERENCES people(id),
  price INTEGER NOT NULL,
  told INTEGER NOT NULL DEFAULT 0   -- Portreeve knows who stands behind it
) STRICT;
CREATE INDEX IF NOT EXISTS shelf_by_room ON shelf(room);

CREATE TABLE IF NOT EXISTS praises (
  id TEXT PRIMARY KEY,
  sale TEXT NOT NULL REFERENCES shelf(id),
  time TEXT NOT NULL,
  reach INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS praises_by_sale ON praises(sale, time);

CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY,
  sale TEXT NOT NULL REFERENCES shelf(id),
  promotion TEXT NOT NULL REFERENCES praises(id),
  buyer TEXT NOT NULL REFERENCES people(id),
  paid INTEGER NOT NULL,
  time TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS orders_by_sale ON orders(sale, buyer);

CREATE TABLE IF NOT EXISTS proofs (
  id TEXT PRIMARY KEY,
  sale TEXT NOT NULL REFERENCES shelf(id),
  buyer TEXT NOT NULL REFERENCES people(id),
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,             -- SHA-256 of the document, which lies in proofs/ by this name
  time TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS proofs_by_sale ON proofs(sale);

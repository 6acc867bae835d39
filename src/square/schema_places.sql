-- Public accounts, which people follow, and open groups, which people join.

CREATE TABLE IF NOT EXISTS places (
  id TEXT PRIMARY KEY,              -- of a public account: its name at Portreeve too
  kind TEXT NOT NULL,               -- public_account or group
  name TEXT NOT NULL COLLATE NOCASE,
  owner TEXT NOT NULL REFERENCES people(id),
  intro TEXT NOT NULL,              -- the post with its name and what it is for; unless it is
                                    -- published, nobody but the owner finds the place
  made TEXT NOT NULL,
  UNIQUE (kind, name)
) STRICT;
CREATE INDEX IF NOT EXISTS places_by_owner ON places(owner);

CREATE TABLE IF NOT EXISTS members (
  place TEXT NOT NULL REFERENCES places(id),
  person TEXT NOT NULL REFERENCES people(id),
  since TEXT NOT NULL,
  taken INTEGER NOT NULL DEFAULT 0, -- a follower who came through a breach and was taken away
  told TEXT,                        -- when Portreeve said so, or that they come back
  PRIMARY KEY (place, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_by_person ON members(person);

-- SPDX-License-Identifier: MIT
-- The tables of a store, version 1. SQLite keeps their comments: `sqlite3 STORE .schema` shows them to whoever opens
-- one.

return { version = 1, application = 0x50484F53, statements = { [[
CREATE TABLE dataset (
  root TEXT NOT NULL -- the folder, archives or list that the pictures are from
) STRICT]], [[
CREATE TABLE picture (
  number INTEGER PRIMARY KEY, -- by which all tables name it: a fingerprint of its path
  path TEXT NOT NULL, -- below the dataset's root
  bytes INTEGER NOT NULL, -- of the file, when it was read
  modified INTEGER NOT NULL, -- nanoseconds since 1970
  label TEXT,
  problem TEXT -- why it could not be read
) STRICT]], [[
CREATE TABLE scan (
  id INTEGER PRIMARY KEY,
  network TEXT NOT NULL, -- its name
  weights TEXT NOT NULL, -- its fingerprint
  layer TEXT NOT NULL,
  preprocessing TEXT NOT NULL,
  height INTEGER NOT NULL, -- of the pictures that the network read
  width INTEGER NOT NULL,
  crop TEXT NOT NULL,
  units INTEGER NOT NULL,
  strongest INTEGER NOT NULL, -- how many examples the lists may hold
  weakest INTEGER NOT NULL,
  drawn INTEGER NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0, -- pictures that sketches still count, though they are in the dataset no more
  UNIQUE (weights, layer, preprocessing, height, width, crop)
) STRICT]], [[
CREATE TABLE seen (
  scan INTEGER NOT NULL REFERENCES scan ON DELETE CASCADE,
  picture INTEGER NOT NULL,
  PRIMARY KEY (scan, picture)
) STRICT, WITHOUT ROWID]], [[
CREATE TABLE unit (
  scan INTEGER NOT NULL REFERENCES scan ON DELETE CASCADE,
  unit INTEGER NOT NULL, -- from 0
  lists BLOB NOT NULL, -- its examples; the table "example" shows the first ones when a scan is complete
  sketch BLOB NOT NULL, -- the distribution of its values over all places of all pictures
  PRIMARY KEY (scan, unit)
) STRICT]], [[
CREATE TABLE example (
  scan INTEGER NOT NULL REFERENCES scan ON DELETE CASCADE,
  unit INTEGER NOT NULL,
  list TEXT NOT NULL, -- "top" or "bottom"
  place INTEGER NOT NULL, -- in the list, from 1
  picture INTEGER NOT NULL REFERENCES picture ON DELETE CASCADE,
  value REAL NOT NULL, -- of the unit
  y INTEGER NOT NULL, -- the place in the layer's map
  x INTEGER NOT NULL,
  PRIMARY KEY (scan, unit, list, place)
) STRICT, WITHOUT ROWID]] } }

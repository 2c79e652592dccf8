-- The table of the examples. scripts/data.sh writes rows for it.
CREATE TABLE IF NOT EXISTS properties (
  id            TEXT PRIMARY KEY,
  region        TEXT NOT NULL,
  property_type TEXT NOT NULL,
  basic_info    TEXT,
  detailed_info TEXT,
  search_vector TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  version       INTEGER DEFAULT 1
);
CREATE INDEX IF NOT EXISTS properties_by_region ON properties (region, property_type);
CREATE INDEX IF NOT EXISTS properties_by_search ON properties (search_vector);

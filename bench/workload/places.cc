#include "bench/workload/places.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "bench/peers/plain.h"
#include "bench/workload/records.h"

namespace bench {

namespace {

void invent(Plain& db, int64_t rows) {
  db.run(
      "CREATE TABLE properties(id TEXT PRIMARY KEY, region TEXT NOT NULL, property_type TEXT NOT NULL, basic_info TEXT,"
      " detailed_info TEXT, search_vector TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
      " version INTEGER DEFAULT 1);"
      "CREATE INDEX properties_by_region ON properties(region, property_type);"
      "CREATE INDEX properties_by_search ON properties(search_vector);");
  db.prepare(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO properties "
      "SELECT printf('p-%07d', i * 7919 % 10000019), printf('R%d-%02d', i % 97, i % 40), 'PPL',"
      " json_object('name', printf('Place number %d', i), 'country', 'XX', 'population', i * 31 % 100000),"
      " json_object('geonames_id', i, 'kind', 'populated place', 'lat', i * 0.001, 'lon', i * 0.002, 'admin', '01',"
      "  'municipality', NULL, 'municipality_part', NULL, 'alternate_names', json_array()),"
      " printf('place number %d r%d populated place', i, i % 97), 1500000000000 + i, 1600000000000 + i, 1 FROM n");
  db.bind(1, rows);
  db.step();
  db.reset();
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace

Places::Places(const Context& context, const std::string& file) {
  const std::string& data = context.settings().data;
  if (!data.empty() && !context.smoke()) {
    Plain(data).run("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::copy_file(data, file);
    origin_ = "the example data";
  }
  Plain db(file);
  if (origin_.empty()) {
    invent(db, context.smoke() ? 2'000 : 135'233);
    origin_ = "invented rows of the example's sizes (--data was not given)";
  }
  db.prepare("SELECT id, region FROM properties");
  while (db.step()) all_.push_back({db.text(0), db.text(1)});
  db.reset();
  std::shuffle(all_.begin(), all_.end(), std::mt19937_64(7));
  origin_ = count_text(all_.size()) + " places, " + origin_;
}

}  // namespace bench

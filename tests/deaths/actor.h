// What a process does that is to die at a sync point: it passes all of them once, if it lives.
#pragma once

#include <string>

#include "tern/tern.hpp"

namespace tern::deaths {

// A computed value that hangs on the rows of t and on KV keys, there or not.
inline std::string page_of(Database& db, const KvNamespace& kv) {
  const auto make = [&] {
    const auto n = kv.get("n");
    return db.query("SELECT CAST(sum(v) AS TEXT) FROM t")[0].get<std::string>(0) + " " + (n ? n->copy() : "none") +
           " of " + std::to_string(kv.list().keys.size());
  };
  return std::string(db.get_or_compute("page", {}, make).text());
}

// Opens the database (t and u of tests/mutation/world.h), reads and writes, waits for store and housekeeper, closes.
// After each commit of t's row 2 that was acknowledged, the file PATH.acks is a byte longer; after each increment of
// key "n" in the KV namespace "deaths", PATH.kv_acks.
void act(const std::string& path);

}  // namespace tern::deaths

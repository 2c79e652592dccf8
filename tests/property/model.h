// SQLite itself, in memory, without tern: what every answer is compared with. One thread.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "tests/property/cell.h"

struct sqlite3;

namespace tern::test {

class Model {
 public:
  Model();
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  Outcome run(const Call& call);
  // The calls as one transaction: each one's outcome, up to the first error, which takes all back. `keep` false: taken
  // back at the end too.
  std::vector<Outcome> run_all(std::span<const Call> calls, bool keep);

 private:
  void control(const char* sql);

  sqlite3* db_ = nullptr;
};

}  // namespace tern::test

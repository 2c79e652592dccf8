#include "tests/property/model.h"

#include <sqlite3.h>

#include <stdexcept>
#include <string_view>

#include "tests/property/plain_statement.h"

namespace tern::test {
namespace {

bool changes_rows(std::string_view sql) {
  return sql.starts_with("INSERT") || sql.starts_with("UPDATE") || sql.starts_with("DELETE");
}

}  // namespace

Model::Model() {
  if (sqlite3_open(":memory:", &db_) != SQLITE_OK) throw std::runtime_error("the model cannot be opened");
  sqlite3_extended_result_codes(db_, 1);
  // The two settings of tern that can show in an answer.
  control("PRAGMA trusted_schema = OFF");
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

Model::~Model() { sqlite3_close(db_); }

void Model::control(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db_));
}

Outcome Model::run(const Call& call) {
  Outcome outcome = outcome_of(db_, call);
  // After anything else SQLite still tells the number of the last one that did.
  if (outcome.error == 0 && changes_rows(call.sql)) outcome.changes = sqlite3_changes64(db_);
  return outcome;
}

std::vector<Outcome> Model::run_all(std::span<const Call> calls, bool keep) {
  std::vector<Outcome> outcomes;
  control("BEGIN");
  for (const Call& call : calls) {
    outcomes.push_back(run(call));
    if (outcomes.back().error == 0) continue;
    if (sqlite3_get_autocommit(db_) == 0) control("ROLLBACK");
    return outcomes;
  }
  control(keep ? "COMMIT" : "ROLLBACK");
  return outcomes;
}

}  // namespace tern::test

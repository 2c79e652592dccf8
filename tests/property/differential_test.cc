// tern against SQLite itself: the same random operations on both, and every answer the same to the last bit, whether it
// comes from SQLite, from the hot tier or from the store, before and after the file was closed and opened again, and
// whoever else wrote to it.
//
// TERN_SEED repeats a run, TERN_OPERATIONS sets its length.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "docs/examples/demo/sql_pipe.h"
#include "tern/tern.hpp"
#include "tests/property/generator.h"
#include "tests/property/model.h"
#include "tests/support/temp_folder.h"

namespace tern::test {
namespace {

constexpr uint64_t kOperationsOfOneFile = 2'500;
constexpr size_t kRemembered = 60;

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Outcome outcome_of(const Rows& rows) {
  Outcome outcome;
  outcome.changes = rows.changes();
  for (size_t i = 0; i < rows.columns(); ++i) outcome.columns.emplace_back(rows.column_name(i));
  for (const Row row : rows) {
    auto& cells = outcome.rows.emplace_back();
    for (size_t i = 0; i < row.columns(); ++i) cells.push_back(Cell::from(row.value(i)));
  }
  return outcome;
}

Outcome outcome_of(const Error& error) {
  Outcome outcome;
  outcome.error = error.sqlite_code() == 0 ? -1 : error.sqlite_code();  // SQLite had no part in it: never the model's
  outcome.message = error.what();
  return outcome;
}

struct TakenBack {};

struct Seen {
  uint64_t by_source[4] = {};
  uint64_t errors = 0, rows = 0, foreign = 0, reopened = 0, taken_back = 0, schema_changes = 0;
};

// One file and its model, through some thousands of operations.
class Pair {
 public:
  Pair(uint64_t seed, Seen& seen) : seed_(seed), generate_(seed), seen_(seen) {
    reopen();
    for (const Call& call : generate_.first_schema()) {
      EXPECT_EQ(model_.run(call).error, 0) << call.sql;
      EXPECT_EQ(db_->exec(call.sql), 1);
    }
    forget_history();
  }

  void step() {
    ++operations_;
    const size_t dice = generate_.below(1000);
    if (dice < 620) return read_something();
    if (dice < 800) return write(generate_.write());
    if (dice < 870) return write_together();
    if (dice < 920) return write_by_script();
    if (dice < 970) return write_by_foreign_program();
    if (dice < 985) return change_schema();
    if (dice < 990) return maintain();
    if (dice < 993) return reopen();
    read_in_transaction();
  }

 private:
  std::string path() const { return folder_.file("app.db"); }
  std::string where() const { return "seed " + std::to_string(seed_) + ", operation " + std::to_string(operations_); }

  // Closed and opened as another process would find it; sometimes without its caches, or with only one of them. Asked
  // the same before and after, so that what one left the other finds.
  void reopen() {
    for (const Call& call : remembered_) read(call);
    db_.reset();
    if (generate_.one_in(4)) std::filesystem::remove_all(path() + "-tern");
    Options options;
    if (generate_.one_in(4)) options.hot_bytes = 0;
    if (generate_.one_in(4)) options.store_bytes = 0;
    if (generate_.one_in(8)) options.hot_bytes = 1 << 16;
    if (generate_.one_in(8)) options.max_entry_bytes = 200;
    db_.emplace(open(path(), options));
    ++seen_.reopened;
    for (const Call& call : remembered_) read(call);
  }

  void compare(const Call& call, const Outcome& ours, const Outcome& expected, const std::string& how) {
    seen_.rows += ours.rows.size();
    if (ours.error != 0) ++seen_.errors;
    if (ours == expected) return;
    FAIL() << where() << ", " << how << "\n  " << call.describe() << "\n  tern:   " << ours.describe()
           << "\n  SQLite: " << expected.describe();
  }

  // Reads it twice, so that what the first filled is what the second is answered from.
  void read(const Call& call) {
    const Outcome expected = model_.run(call);
    for (int again = 0; again < 2; ++again) {
      Outcome ours;
      std::string source = "an error";
      try {
        const Rows rows = db_->prepare(call.sql).bind_values(call.values()).all();
        ++seen_.by_source[static_cast<size_t>(rows.source())];
        source = source_name(rows.source());
        ours = outcome_of(rows);
      } catch (const Error& error) {
        ours = outcome_of(error);
      }
      compare(call, ours, expected, "a read answered by " + source);
    }
  }

  // Most reads are ones that were asked before: their answers are in the tiers, and writes have come between.
  void read_something() {
    if (remembered_.size() < kRemembered || generate_.one_in(5)) {
      const Call call = generate_.read();
      if (remembered_.size() < kRemembered) {
        remembered_.push_back(call);
      } else {
        remembered_[generate_.below(kRemembered)] = call;
      }
      return read(call);
    }
    read(remembered_[generate_.below(remembered_.size())]);
  }

  void write(const Call& call) {
    const Outcome expected = model_.run(call);
    Outcome ours;
    try {
      ours = outcome_of(db_->prepare(call.sql).bind_values(call.values()).run());
    } catch (const Error& error) {
      ours = outcome_of(error);
    }
    compare(call, ours, expected, "a write");
  }

  std::vector<Call> some_writes() {
    std::vector<Call> calls;
    for (size_t i = 1 + generate_.below(4); i > 0; --i) calls.push_back(generate_.write());
    return calls;
  }

  // A batch, a transaction, or a transaction that is taken back by an exception.
  void write_together() {
    const std::vector<Call> calls = some_writes();
    const bool as_batch = generate_.one_in(2);
    const bool keep = as_batch || !generate_.one_in(3);
    const std::vector<Outcome> expected = model_.run_all(calls, keep);
    std::vector<Outcome> ours;
    try {
      if (as_batch) {
        ours = run_batch(calls);
        if (ours.empty()) {
          EXPECT_NE(expected.back().error, 0) << where();
          return;
        }
      } else {
        run_transaction(calls, keep, ours);
      }
    } catch (const TakenBack&) {
      ++seen_.taken_back;
    } catch (const Error& error) {
      // A batch gives no results when it fails; what came before the failure cannot be compared.
      if (as_batch) ours.assign(expected.begin(), expected.end() - 1);
      ours.push_back(outcome_of(error));
    }
    ASSERT_EQ(ours.size(), expected.size()) << where();
    for (size_t i = 0; i < ours.size(); ++i) {
      compare(calls[i], ours[i], expected[i], as_batch ? "in a batch" : "in a transaction");
    }
  }

  // Nothing if one of them does not compile: then none runs, so that a failure that the model met before it has no
  // equal.
  std::vector<Outcome> run_batch(const std::vector<Call>& calls) {
    std::vector<BoundStatement> bound;
    try {
      for (const Call& call : calls) bound.push_back(db_->prepare(call.sql).bind_values(call.values()));
    } catch (const Error&) {
      return {};
    }
    std::vector<Outcome> outcomes;
    for (const Rows& rows : db_->batch(bound)) outcomes.push_back(outcome_of(rows));
    return outcomes;
  }

  void run_transaction(const std::vector<Call>& calls, bool keep, std::vector<Outcome>& outcomes) {
    db_->transaction([&](Transaction& tx) {
      for (const Call& call : calls) {
        outcomes.push_back(outcome_of(tx.run(tx.prepare(call.sql).bind_values(call.values()))));
      }
      if (!keep) throw TakenBack{};
    });
  }

  // Reads inside a transaction see what it has written, and nobody else does afterwards.
  void read_in_transaction() {
    std::vector<Call> calls = some_writes();
    for (int i = 0; i < 2; ++i)
      calls.push_back(remembered_.empty() ? generate_.read() : remembered_[generate_.below(remembered_.size())]);
    const std::vector<Outcome> expected = model_.run_all(calls, false);
    std::vector<Outcome> ours;
    try {
      run_transaction(calls, false, ours);
    } catch (const TakenBack&) {
      ++seen_.taken_back;
    } catch (const Error& error) {
      ours.push_back(outcome_of(error));
    }
    ASSERT_EQ(ours.size(), expected.size()) << where();
    for (size_t i = 0; i < ours.size(); ++i) compare(calls[i], ours[i], expected[i], "in a transaction taken back");
  }

  void write_by_script() {
    const std::vector<Call> calls = some_writes();
    const Outcome expected = model_.run_all(calls, true).back();
    std::string script;
    for (const Call& call : calls) script += call.with_literals() + ";\n";
    int error = 0;
    try {
      EXPECT_EQ(db_->exec(script), static_cast<int64_t>(calls.size()));
    } catch (const Error& failure) {
      error = failure.sqlite_code();
    }
    EXPECT_EQ(error, expected.error) << where() << "\n" << script;
  }

  void write_by_foreign_program() {
    if (!foreign_) foreign_.emplace(std::vector<std::string>{TERN_TEST_TOOLS_DIR "/foreign_writer", path()});
    const Call call = generate_.write();
    // The plain program is built without the modules of the virtual tables.
    if (call.sql.find("words") != std::string::npos || call.sql.find("boxes") != std::string::npos) return;
    const Outcome expected = model_.run(call);
    // Told first of a schema that changed: SQLite does not look again when a trigger names a table that is new to it.
    const auto lines = foreign_->run("SELECT 1 FROM sqlite_schema LIMIT 1;\n" + call.with_literals() + ";");
    ASSERT_TRUE(lines) << where() << ": the foreign program ended";
    int error = 0;
    if (!lines->empty() && lines->back().starts_with("! ")) error = std::atoi(lines->back().c_str() + 2);
    EXPECT_EQ(error, expected.error) << where() << ", in the foreign program\n"
                                     << call.with_literals() << "\n"
                                     << (lines->empty() ? "" : lines->back());
    ++seen_.foreign;
  }

  void change_schema() {
    const Call call = generate_.schema_change();
    const Outcome expected = model_.run(call);
    Outcome ours;
    try {
      ours = outcome_of(db_->prepare(call.sql).run());
    } catch (const Error& error) {
      ours = outcome_of(error);
    }
    EXPECT_EQ(ours.error, expected.error)
        << where() << "\n  " << call.sql << "\n  tern:   " << ours.describe() << "\n  SQLite: " << expected.describe();
    if (expected.error != 0) return;
    generate_.succeeded();
    ++seen_.schema_changes;
    forget_history();
  }

  // SQLite breaks ties between plans by the order in which a connection has come to know of indexes. Read anew, the
  // schema is in one order everywhere, and so are rows without ORDER BY.
  void forget_history() {
    db_->exec("PRAGMA writable_schema = RESET");
    EXPECT_EQ(model_.run({"PRAGMA writable_schema = RESET", {}}).error, 0);
  }

  // What moves pages about without changing an answer.
  void maintain() {
    if (generate_.one_in(2)) {
      db_->exec("VACUUM");
      EXPECT_EQ(model_.run({"VACUUM", {}}).error, 0);
    } else if (foreign_) {
      // Briefly patient: it bars all writers while it waits for readers.
      ASSERT_TRUE(
          foreign_->run("PRAGMA busy_timeout = 50;\nPRAGMA wal_checkpoint(TRUNCATE);\nPRAGMA busy_timeout = 20000;"));
    }
  }

  const uint64_t seed_;
  uint64_t operations_ = 0;
  TempFolder folder_;
  Generator generate_;
  Model model_;
  std::optional<Database> db_;
  std::optional<demo::SqlPipe> foreign_;
  std::vector<Call> remembered_;
  Seen& seen_;
};

void run_operations(uint64_t operations) {
  operations = from_environment("TERN_OPERATIONS", operations);
  const uint64_t seed = from_environment("TERN_SEED", std::random_device()());
  std::cout << "TERN_SEED=" << seed << ", " << operations << " operations\n";
  Seen seen;
  for (uint64_t done = 0, file = 0; done < operations; ++file) {
    Pair pair(seed + file, seen);
    for (uint64_t i = 0; i < kOperationsOfOneFile && done < operations; ++i, ++done) {
      pair.step();
      if (testing::Test::HasFailure()) return;
    }
  }
  std::cout << "reads answered by hot " << seen.by_source[1] << ", store " << seen.by_source[2] << ", sql "
            << seen.by_source[3] << "; rows compared " << seen.rows << ", errors compared " << seen.errors
            << ", foreign commits " << seen.foreign << ", schema changes " << seen.schema_changes << ", reopened "
            << seen.reopened << "\n";
  // A comparison that never met one of these would prove less than it says.
  EXPECT_GT(seen.by_source[1], operations / 10);
  EXPECT_GT(seen.by_source[2], 0u);
  EXPECT_GT(seen.by_source[3], operations / 10);
  EXPECT_GT(seen.errors, 0u);
  EXPECT_GT(seen.foreign, 0u);
  EXPECT_GT(seen.taken_back, 0u);
  EXPECT_GT(seen.schema_changes, 0u);
}

TEST(Differential, AnswersAsSqliteDoes) { run_operations(5'000); }
TEST(DifferentialCi, AnswersAsSqliteDoesAHundredThousandTimes) { run_operations(100'000); }

}  // namespace
}  // namespace tern::test

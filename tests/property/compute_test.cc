// get_or_compute() against plain SQLite: functions that run random statements, one behind the other or by what the one
// before has answered, and ask for one another's values, while the rows are changed by random writes, tern's own and a
// foreign connection's, between the calls and in the middle of a function. Whatever is answered, from whatever tier,
// is what the function makes of the file now.
//
// A case is a list of steps, numbers drawn by RapidCheck; what they mean depends on the file, which a number makes too,
// so that a failing case can be made shorter. RC_PARAMS repeats one.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Configuration.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <sstream>

#include "tern/tern.hpp"
#include "tests/property/generator.h"
#include "tests/property/plain_statement.h"
#include "tests/support/plain_sqlite.h"
#include "tests/support/temp_folder.h"

namespace tern::test {
namespace {

struct Step {
  uint32_t verb, key, number;
};
[[maybe_unused]] void showValue(const Step& step, std::ostream& to) {
  to << '{' << step.verb << ", " << step.key << ", " << step.number << '}';
}

rc::Gen<Step> any_step() {
  const auto word = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint32_t>(0, 1U << 30));
  return rc::gen::construct<Step>(word, word, word);
}

struct Counted {
  uint64_t asked = 0, hot = 0, store = 0, computed = 0, uncached = 0, interrupted = 0, own = 0, foreign = 0;
};

// All of it: what differs is another text.
std::string text_of(const Outcome& outcome) {
  if (outcome.error != 0) return "error " + std::to_string(outcome.error) + "\n";
  std::string text;
  for (const std::string& column : outcome.columns) text += column + "|";
  for (const std::vector<Cell>& row : outcome.rows) {
    text += "\n";
    for (const Cell& cell : row) text += cell.literal() + "|";
  }
  return text + "\n";
}

Outcome outcome_of(Database& db, const Call& call) {
  Outcome outcome;
  try {
    const Rows rows = db.prepare(call.sql).bind_values(call.values()).all();
    for (size_t i = 0; i < rows.columns(); ++i) outcome.columns.emplace_back(rows.column_name(i));
    for (const Row row : rows) {
      auto& cells = outcome.rows.emplace_back();
      for (size_t i = 0; i < row.columns(); ++i) cells.push_back(Cell::from(row.value(i)));
    }
  } catch (const Error& error) {
    outcome.error = error.sqlite_code() == 0 ? -1 : error.sqlite_code();  // never the model's
  }
  return outcome;
}

// What a function does; the same for tern and for the model, which read and nest in their own ways.
struct Program {
  std::vector<Call> calls;
  bool branches = false;        // leaves a statement out, if the one before has answered so
  std::optional<size_t> inner;  // whose value is a part of this one

  std::string run(const std::function<Outcome(const Call&)>& read,
                  const std::function<std::string(size_t)>& value_of) const {
    std::string text;
    bool skip = false;
    for (const Call& call : calls) {
      if (std::exchange(skip, false)) continue;
      const Outcome outcome = read(call);
      text += text_of(outcome);
      skip = branches && outcome.rows.size() % 2 == 1;
    }
    return inner ? text + "<" + value_of(*inner) + ">" : text;
  }
};

class Case {
 public:
  static constexpr size_t kKeys = 8;

  Case(uint32_t seed, Counted& seen) : generate_(seed), seen_(seen), plain_(path_) {
    plain_.exec("PRAGMA journal_mode = WAL");
    for (const Call& call : generate_.first_schema()) plain_.exec(call.sql);
    for (int i = 0; i < 40; ++i) test::outcome_of(plain_.handle(), generate_.write());
    for (size_t key = 0; key < kKeys; ++key) {
      Program program{.calls = {}, .branches = generate_.one_in(3), .inner = {}};
      for (size_t i = generate_.below(5) + (key == 0 ? 1 : 0); i > 0; --i) program.calls.push_back(generate_.read());
      if (key > 0 && (program.calls.empty() || generate_.one_in(3))) program.inner = generate_.below(key);
      programs_.push_back(std::move(program));
    }
    db_.emplace(open(path_));
  }

  void run(const Step& step) {
    const size_t key = step.key % kKeys;
    const uint32_t dice = step.verb % 100;
    if (dice < 45) return ask(key);
    if (dice < 58) return write(true, generate_.write());
    if (dice < 70) return write(false, generate_.write());
    if (dice < 92) return ask_while_somebody_writes(key, step);
    if (dice < 95) return invalidate(step);
    if (dice < 97) return db_->exec("VACUUM"), ask(key);
    reopen(step);
  }

 private:
  std::string expected(size_t key) {
    return programs_[key].run([&](const Call& call) { return test::outcome_of(plain_.handle(), call); },
                              [&](size_t inner) { return expected(inner); });
  }

  Computed computed(size_t key) {
    return db_->get_or_compute("key " + std::to_string(key), {}, [&] {
      return programs_[key].run(
          [&](const Call& call) {
            if (interrupt_ && until_interrupt_-- == 0) std::exchange(interrupt_, nullptr)();
            return outcome_of(*db_, call);
          },
          [&](size_t inner) { return std::string(computed(inner).text()); });
    });
  }

  void ask(size_t key) {
    const Computed given = computed(key);
    ++seen_.asked;
    ++(given.source() == Source::kHot ? seen_.hot : given.source() == Source::kStore ? seen_.store : seen_.computed);
    if (!given.cached()) ++seen_.uncached;
    RC_ASSERT(given.freshness().fresh);
    if (const std::string now = expected(key); given.text() != now)
      RC_FAIL("key " + std::to_string(key) + ", from " + source_name(given.source()) + ", gave\n" +
              std::string(given.text()) + "\nbut the function makes\n" + now + "\nof " + described(key));
  }

  // What that call itself gives is of two moments, and may be; what is kept of it is asked for behind it.
  void ask_while_somebody_writes(size_t key, const Step& step) {
    const Call call = generate_.write();
    until_interrupt_ = step.number % 4;
    interrupt_ = [this, own = step.number % 8 == 0, call] { write(own, call); };
    computed(key);
    if (interrupt_ == nullptr) ++seen_.interrupted;
    interrupt_ = nullptr;
    for (size_t each = 0; each < kKeys; ++each) ask(each);
  }

  void write(bool own, const Call& call) {
    ++(own ? seen_.own : seen_.foreign);
    if (!own) {
      test::outcome_of(plain_.handle(), call);
      return;
    }
    try {
      db_->prepare(call.sql).bind_values(call.values()).run();
    } catch (const Error& error) {
      RC_ASSERT(error.sqlite_code() != 0);  // a constraint, a type: SQLite's own words
    }
  }

  void invalidate(const Step& step) {
    if (step.number % 2 == 0) return db_->invalidate_all();
    db_->invalidate_table("journal");
  }

  // As another process would find it; now and then without what was kept.
  void reopen(const Step& step) {
    db_.reset();
    if (step.number % 8 == 0) std::filesystem::remove_all(path_ + "-tern");
    db_.emplace(open(path_, {.hot_bytes = step.number % 4 == 1 ? 0 : uint64_t{64} << 20,
                             .store_bytes = step.number % 4 == 2 ? 0 : uint64_t{256} << 20}));
    for (size_t key = 0; key < kKeys; ++key) ask(key);
  }

  std::string described(size_t key) const {
    std::string text;
    for (const Call& call : programs_[key].calls) text += call.describe() + "\n";
    return programs_[key].inner ? text + "and key " + std::to_string(*programs_[key].inner) : text;
  }

  const TempFolder folder_;
  const std::string path_ = folder_.file("app.db");
  Generator generate_;
  Counted& seen_;
  PlainSqlite plain_;
  std::vector<Program> programs_;
  std::optional<Database> db_;
  std::function<void()> interrupt_;
  uint32_t until_interrupt_ = 0;
};

// Cases, ever longer, of up to 100 * `scale` steps.
void compare(int cases, double scale) {
  Counted seen;
  const auto property = rc::detail::toProperty([&] {
    const auto seed = *rc::gen::arbitrary<uint32_t>();
    const auto steps = *rc::gen::scale(scale, rc::gen::container<std::vector<Step>>(any_step()));
    Case one(seed, seen);
    for (const Step& step : steps) one.run(step);
  });
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = cases;
  const auto result = rc::detail::checkProperty(property, rc::detail::TestMetadata{}, params);
  std::ostringstream told;
  rc::detail::printResultMessage(result, told);
  ASSERT_TRUE(result.is<rc::detail::SuccessResult>()) << told.str();
  std::cout << "values compared " << seen.asked << ": hot " << seen.hot << ", store " << seen.store << ", computed "
            << seen.computed << ", of these not kept " << seen.uncached << "; own writes " << seen.own << ", foreign "
            << seen.foreign << ", in the middle of a function " << seen.interrupted << std::endl;
  // A comparison that never met one of these would prove less than it says.
  EXPECT_GT(seen.hot, seen.asked / 20);
  EXPECT_GT(seen.computed, seen.asked / 20);
  EXPECT_GT(seen.store, 0u);
  EXPECT_GT(seen.interrupted, 0u);
}

TEST(ComputeProperty, GivesWhatTheFunctionMakesOfTheFileNow) { compare(12, 2); }
TEST(ComputePropertyCi, GivesWhatTheFunctionMakesOfTheFileNow) { compare(150, 6); }

}  // namespace
}  // namespace tern::test

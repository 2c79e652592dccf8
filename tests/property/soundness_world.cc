#include "tests/property/soundness_world.h"

#include <sqlite3.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "sql/library.h"
#include "tests/property/plain_statement.h"

namespace tern::test {
namespace {

constexpr uint64_t kPageSizes[] = {512, 512, 512, 1024, 1024, 1024, 2048, 4096, 4096, 8192, 16384, 32768, 65536};
constexpr size_t kMissesToOneCompared = 8;
// A step that committed nothing changes no answer; that it voids none is seen often enough.
constexpr uint64_t kUncommittedToOneSwept = 4;

void require(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(std::string(sql) + ": " + sqlite3_errmsg(db));
}

sqlite3* open_connection(const std::string& path) {
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) throw std::runtime_error("cannot open " + path);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 5000);
  return db;
}

bool same_value(sqlite3_stmt* statement, int column, const Value& ours) {
  const auto same_bytes = [&](const void* data) {
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
    return size == ours.size && (size == 0 || std::memcmp(data, ours.data, size) == 0);
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return ours.type == Type::kInteger && ours.integer == sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT:
      return ours.type == Type::kReal &&
             std::bit_cast<uint64_t>(ours.real) == std::bit_cast<uint64_t>(sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
      return ours.type == Type::kText && same_bytes(sqlite3_column_text(statement, column));
    case SQLITE_BLOB:
      return ours.type == Type::kBlob && same_bytes(sqlite3_column_blob(statement, column));
    default:
      return ours.type == Type::kNull;
  }
}

// Runs the statement to its end. False where it differs.
bool same_answer(sqlite3_stmt* statement, const Rows& ours) {
  size_t row = 0;
  // Before the columns are asked for, since SQLite may prepare anew in it.
  int result = sqlite3_step(statement);
  const auto columns = static_cast<size_t>(sqlite3_column_count(statement));
  bool same = columns == ours.columns();
  for (size_t i = 0; same && i < columns; ++i) {
    same = ours.column_name(i) == sqlite3_column_name(statement, static_cast<int>(i));
  }
  for (; same && result == SQLITE_ROW; result = sqlite3_step(statement), ++row) {
    same = row < ours.size();
    for (size_t i = 0; same && i < columns; ++i) same = same_value(statement, static_cast<int>(i), ours[row].value(i));
  }
  return same && result == SQLITE_DONE && row == ours.size();
}

Outcome outcome_of(const Rows& rows) {
  Outcome outcome;
  for (size_t i = 0; i < rows.columns(); ++i) outcome.columns.emplace_back(rows.column_name(i));
  for (const Row row : rows) {
    auto& cells = outcome.rows.emplace_back();
    for (size_t i = 0; i < row.columns(); ++i) cells.push_back(Cell::from(row.value(i)));
  }
  return outcome;
}

int count_commit(void* commits) {
  ++*static_cast<uint64_t*>(commits);
  return 0;
}

}  // namespace

// A question, as tern and as plain SQLite have it prepared.
struct World::Asked {
  Question question;
  std::optional<BoundStatement> bound;
  sqlite3_stmt* plain = nullptr;

  ~Asked() { sqlite3_finalize(plain); }
};

World::World(const Case& of, Soundness& seen) : case_(of), seen_(seen) {
  sql::initialize();  // before SQLite initialises itself, which would be too late for the page-cache hook
  seen_.by_shape.resize(SoundnessGenerator::shape_names().size());
  make_file();
  for (const auto& [text, values] : case_.questions) {
    if (tables_.empty()) break;
    SoundnessGenerator generate(text, values, tables_);
    asked_.push_back(std::make_unique<Asked>());
    asked_.back()->question = generate.question();
  }
}

World::~World() {
  close_tern();
  close_plain();
  seen_.foreign += foreign_commits_;
}

void World::make_file() {
  SoundnessGenerator choose(case_.place, case_.place);
  page_size_ = kPageSizes[choose.below(std::size(kPageSizes))];
  options_.hot_bytes = choose.one_in(3) ? 0 : choose.one_in(4) ? 200'000 : uint64_t{16} << 20;
  options_.store_bytes = options_.hot_bytes != 0 && choose.one_in(2) ? 0 : uint64_t{32} << 20;
  options_.page_cache_kib = choose.one_in(3) ? 16 : 2048;
  options_.checkpoint_frames = choose.one_in(2) ? 60 : 2000;
  writer_ = open_connection(path());
  history_ = "page_size " + std::to_string(page_size_);
  require(writer_, ("PRAGMA page_size = " + std::to_string(page_size_)).c_str());
  require(writer_, ("PRAGMA auto_vacuum = " + std::to_string(choose.below(3))).c_str());
  require(writer_, "PRAGMA journal_mode = WAL");
  close_plain();
  open_plain();
  for (const Call& call : SoundnessGenerator::common_schema()) plain(call);
  for (size_t i = 0; i < case_.tables.size(); ++i) {
    SoundnessGenerator generate(case_.tables[i], case_.tables[i], tables_);
    Table made;
    if (plain(generate.new_table(i, made))) tables_.push_back(made);
  }
  if (tables_.empty()) return;
  for (size_t i = 0; i < case_.extras.size(); ++i) {
    plain(SoundnessGenerator(case_.extras[i], case_.extras[i], tables_).new_extra(i));
  }
  require(writer_, "BEGIN");
  for (const uint64_t row : case_.rows) {
    SoundnessGenerator generate(row, ~row, tables_);
    plain(generate.fill(tables_[generate.below(tables_.size())]));
  }
  if (sqlite3_get_autocommit(writer_) == 0) require(writer_, "COMMIT");
}

void World::open_plain() {
  writer_ = open_connection(path());
  reader_ = open_connection(path());
  require(writer_, case_.place % 2 == 0 ? "PRAGMA foreign_keys = ON" : "PRAGMA foreign_keys = OFF");
  require(writer_, "PRAGMA synchronous = OFF; PRAGMA recursive_triggers = OFF");
  sqlite3_db_config(writer_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  int keep = 1;
  sqlite3_file_control(writer_, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  sqlite3_commit_hook(writer_, count_commit, &foreign_commits_);
  // The two settings of tern that can show in an answer.
  require(reader_, "PRAGMA trusted_schema = OFF");
  sqlite3_db_config(reader_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(reader_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_file_control(reader_, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

void World::close_plain() {
  process_.reset();
  for (const auto& asked : asked_) {
    sqlite3_finalize(asked->plain);
    asked->plain = nullptr;
  }
  sqlite3_close(reader_);
  sqlite3_close(writer_);
  reader_ = writer_ = nullptr;
}

void World::open_tern() {
  tern_.emplace(open(path(), options_));
  if (case_.place % 2 == 0) tern_->exec("PRAGMA foreign_keys = ON");
}

void World::close_tern() {
  for (const auto& asked : asked_) asked->bound.reset();
  if (tern_) own_commits_ += tern_->stats().commits.own;
  if (tern_) seen_.own += tern_->stats().commits.own;
  tern_.reset();
}

uint64_t World::own_commits() const { return own_commits_ + (tern_ ? tern_->stats().commits.own : 0); }

std::optional<std::string> World::run() try {
  ++seen_.worlds;
  open_tern();
  sweep(Sweep::kAgain);
  for (const Step& each : case_.steps) {
    if (tables_.empty() || difference_) break;
    const uint64_t before = foreign_commits_ + own_commits();
    step(each);
    const bool committed = foreign_commits_ + own_commits() != before;
    if (difference_ || (!committed && each.seed % kUncommittedToOneSwept != 0)) continue;
    sweep(committed ? Sweep::kAfterCommit : Sweep::kAgain);
  }
  return difference_;
} catch (const std::exception& error) {
  return history_ + "\n\nTHROWN " + error.what();
}

// Everything that was ever asked, of one state: the reader's snapshot begins where tern's answers do.
void World::sweep(Sweep why) {
  require(reader_, "BEGIN");
  for (const auto& asked : asked_) {
    if (difference_) break;
    ask(*asked, why);
  }
  require(reader_, "COMMIT");
}

void World::ask(Asked& asked, Sweep why) {
  const Call& call = asked.question.call;
  if (asked.plain == nullptr) {
    const int size = static_cast<int>(call.sql.size());
    sqlite3_prepare_v3(reader_, call.sql.data(), size, SQLITE_PREPARE_PERSISTENT, &asked.plain, nullptr);
    if (asked.plain != nullptr) bind_all(asked.plain, call.arguments);
  }
  std::optional<Rows> rows;
  Outcome failure;
  try {
    if (!asked.bound) asked.bound = tern_->prepare(call.sql).bind_values(call.values());
    rows = asked.bound->all();
  } catch (const Error& error) {
    failure.error = error.sqlite_code() == 0 ? -1 : error.sqlite_code();
    failure.message = error.what();
  }
  const bool cached = rows && rows->source() != Source::kSql;
  if (rows && !cached && ++seen_.misses % kMissesToOneCompared != 0) return;
  if (rows && asked.plain != nullptr) {
    const bool same = same_answer(asked.plain, *rows);
    sqlite3_reset(asked.plain);
    if (!same) return differ(asked, outcome_of(*rows).describe() + ", from " + source_name(rows->source()), "");
    if (!cached) {
      ++seen_.misses_compared;
      return;
    }
    const bool hot = rows->source() == Source::kHot;
    if (why == Sweep::kAgain) {
      ++(hot ? seen_.again_hot : seen_.again_store);
      return;
    }
    ++(hot ? seen_.hot : seen_.store);
    ++seen_.by_shape[asked.question.shape];
    ++seen_.by_page_size[page_size_];
    return;
  }
  int expected = sqlite3_extended_errcode(reader_);
  if (asked.plain != nullptr) {
    while (sqlite3_step(asked.plain) == SQLITE_ROW) {
    }
    expected = sqlite3_reset(asked.plain);
  }
  if (rows || failure.error != expected) {
    return differ(asked, rows ? outcome_of(*rows).describe() : failure.describe(), sqlite3_errmsg(reader_));
  }
  ++seen_.errors;
}

void World::differ(const Asked& asked, const std::string& ours, const std::string& expected) {
  difference_ = history_ + "\n\nASKED " + asked.question.call.describe() + "\nTERN   " + ours + "\nSQLITE " + expected;
  if (asked.plain != nullptr) *difference_ += outcome_of(reader_, asked.question.call).describe();
}

}  // namespace tern::test

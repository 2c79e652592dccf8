// A tern process: readers, and writers that commit in every way that tern has. And the visitor, who opens, reads and
// closes.
#include <string>
#include <thread>
#include <vector>

#include "tests/torture/disturbance.h"
#include "tests/torture/reads.h"
#include "tests/torture/roles.h"
#include "tests/torture/schema.h"
#include <tern/tern.hpp>

namespace torture {
namespace {

constexpr uint32_t kReadsOfVisit = 100;
// The writers of a process begin at the same time; half the time one is late by up to this.
constexpr uint64_t kLateNs = 3'000'000;

struct TakenBack {};  // thrown out of a transaction to roll it back

// What is rolled back must never be seen: no commit has that value.
constexpr auto kNeverSeen = static_cast<int64_t>(value_of(1, 1));

void write_and_take_back(tern::Database& db, std::mt19937_64& random) {
  try {
    db.transaction([&](tern::Transaction& tx) {
      tx.query("UPDATE entries SET version = ? WHERE grp = ?", kNeverSeen, group_of(popular_row(random() % 50)));
      tx.query("UPDATE guests SET generation = ? WHERE id = ?", kNeverSeen, guest_id(popular_guest(random() % 50)));
      tx.query("INSERT INTO journal(nonce) VALUES(1)");
      throw TakenBack{};
    });
  } catch (const TakenBack&) {
  }
}

// It fails alone, whoever commits with it.
void write_and_fail(tern::Database& db, std::mt19937_64& random) {
  const uint32_t group = group_of(popular_row(random() % 50));
  const std::vector<tern::BoundStatement> batch = {
      db.prepare("INSERT INTO journal(nonce) VALUES(1)").bind(),
      db.prepare("UPDATE entries SET version = ? WHERE grp = ?").bind(kNeverSeen, group),
      db.prepare("INSERT INTO groups VALUES(?, ?)").bind(group, kNeverSeen)};
  try {
    db.batch(batch);
  } catch (const tern::Error&) {
    return;
  }
  throw std::runtime_error("a batch that breaks a constraint has committed");
}

uint64_t number_in(const tern::Rows& rows) { return rows.at(0).get<uint64_t>(0); }

uint64_t commit_batch(tern::Database& db, const Commit& commit) {
  std::vector<tern::BoundStatement> bound;
  for (const std::string& sql : commit.statements) bound.push_back(db.prepare(sql).bind());
  return number_in(db.batch(bound).back());
}

// A script returns no rows: its number is asked for afterwards, as any reader would.
uint64_t commit_script(tern::Database& db, const Commit& commit) {
  std::string script;
  for (const std::string& sql : commit.statements) script += sql + ";";
  db.exec(script);
  const tern::Rows rows = db.query("SELECT n FROM journal WHERE nonce = ?", commit.nonce);
  if (rows.size() != 1) throw std::runtime_error("a commit that was acknowledged is not in the journal");
  return number_in(rows);
}

uint64_t commit_transaction(tern::Database& db, const Commit& commit) {
  uint64_t number = 0;
  db.transaction([&](tern::Transaction& tx) {
    for (const std::string& sql : commit.statements) {
      const tern::Rows rows = tx.run(tx.prepare(sql).bind());
      if (&sql == &commit.statements.back()) number = number_in(rows);
    }
  });
  return number;
}

uint64_t perform(tern::Database& db, const Commit& commit, std::mt19937_64& random) {
  switch (random() % 3) {
    case 0:
      return commit_batch(db, commit);
    case 1:
      return commit_script(db, commit);
    default:
      return commit_transaction(db, commit);
  }
}

// Settles an attempt that this actor's predecessor, or a failed call, has left open.
void settle(tern::Database& db, Board* board, Recorder& recorder) {
  const uint64_t nonce = recorder.unresolved();
  if (nonce == 0) return;
  const uint64_t value = find_attempt(db, nonce);
  if (number_of(value) != 0) board->add(Figure::kFoundUnacknowledged);
  recorder.resolve(value);
}

void write_until_stop(tern::Database& db, Board* board, const Settings& settings, Recorder& recorder, uint64_t seed) {
  std::mt19937_64 random(seed);
  const Commits commits(settings.exponent);
  for (Beat beat(board, settings.own_rate / kWriters, 0.3 * settings.member); beat.wait();) {
    if (random() % 2 == 0) sleep_ns(random() % kLateNs);
    try {
      if (random() % 20 == 0) {
        random() % 2 == 0 ? write_and_take_back(db, random) : write_and_fail(db, random);
        board->add(Figure::kRollbacks);
      }
      if (settings.disturbed && random() % 40 == 0) {
        db.exec(schema_change(random));
        board->add(Figure::kSchemaChanges);
      }
      const Commit commit = commits.draw(board->next_nonce(), random);
      recorder.attempt(commit.nonce, commit.left);
      board->working[settings.member].store(1, std::memory_order_relaxed);
      const uint64_t number = perform(db, commit, random);
      recorder.acknowledge(value_of(number, commit.nonce));
      board->working[settings.member].store(0, std::memory_order_relaxed);
      board->add(Figure::kCommits);
    } catch (const std::exception& error) {
      board->note_error("a write", error.what());
      settle(db, board, recorder);
    }
  }
}

void read_until_stop(const tern::Database& db, Board* board, const Settings& settings, uint32_t actor, uint64_t seed) {
  Reads reads(db, board, actor, settings.exponent, seed, settings.lagging && actor == reader_of(kTern0, 0));
  while (!board->stop.load(std::memory_order_acquire)) {
    try {
      reads.one();
    } catch (const std::exception& error) {
      board->note_error("a read", error.what());
    }
  }
}

bool file_is_intact(tern::Database& db, Board* board) {
  const tern::Rows rows = db.query("PRAGMA integrity_check");
  if (rows.size() == 1 && rows[0].get<std::string_view>(0) == "ok") return true;
  board->note_error("integrity_check after a start", rows.empty() ? "nothing" : rows[0].get<std::string>(0).c_str());
  return false;
}

// In a disturbed round the log's bounds are low, so that they are met.
tern::Options options_for(const Settings& settings) {
  tern::Options options{.mode = tern::OpenMode::kExisting};
  if (settings.disturbed) options.checkpoint_frames = 500;
  if (settings.disturbed && settings.member == kTern1) options.max_log_bytes = uint64_t{1} << 20;
  return options;
}

uint64_t seed_of(const Board* board, const Settings& settings) {
  return board->seed * 1'000'000 + settings.member * 100'000 + board->started[settings.member] * 100;
}

}  // namespace

int run_tern(const Settings& settings) {
  const demo::SharedMemory memory = demo::SharedMemory::inherit(settings.board_fd);
  Board* const board = Board::in(memory);
  const uint64_t seed = seed_of(board, settings);

  tern::Database db = tern::open(settings.database, options_for(settings));
  if (!file_is_intact(db, board)) return 1;
  std::vector<Recorder> writers;
  for (uint32_t i = 0; i < kWriters; ++i)
    writers.emplace_back(board->rings[writer_of(settings.member, i)], board->stop);
  for (Recorder& writer : writers) settle(db, board, writer);
  read_everything(db, writers.front());
  board->working[settings.member] = 0;
  board->started[settings.member] += 1;

  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] { write_until_stop(db, board, settings, writers[i], seed + 50 + i); });
  }
  for (uint32_t i = 0; i < settings.threads; ++i) {
    threads.emplace_back([&, i] { read_until_stop(db, board, settings, reader_of(settings.member, i), seed + 1 + i); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

int run_visitor(const Settings& settings) {
  const demo::SharedMemory memory = demo::SharedMemory::inherit(settings.board_fd);
  Board* const board = Board::in(memory);
  const uint64_t seed = seed_of(board, settings);
  board->started[settings.member] += 1;
  for (uint64_t visit = 0; !board->stop.load(std::memory_order_acquire); ++visit) {
    try {
      const tern::Database db = tern::open(settings.database, options_for(settings));
      Reads reads(db, board, kVisitorActor, settings.exponent, seed + visit, false);
      for (uint32_t i = 0; i < kReadsOfVisit; ++i) reads.one();
      board->add(Figure::kVisits);
    } catch (const std::exception& error) {
      board->note_error("a visit", error.what());
    }
    sleep_ns((seed + visit) * 7'919 % 50'000'000);
  }
  return 0;
}

}  // namespace torture

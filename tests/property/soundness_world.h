// A case of the soundness test come to life: one file, tern on it, and plain SQLite beside it, which writes to the same
// file and answers the same questions from it.
//
// After each commit every question is asked again of tern. What tern answers from a cache is an entry that it holds to
// be valid still: plain SQLite runs the statement anew, and both answers must be the same, types, bits and column names
// included. Nothing is committed between the two, since the world has one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "docs/examples/demo/sql_pipe.h"
#include "tern/tern.hpp"
#include "tests/property/soundness_case.h"
#include "tests/property/soundness_generator.h"
#include "tests/support/temp_folder.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tern::test {

// What all worlds of a run have seen.
struct Soundness {
  uint64_t worlds = 0;
  uint64_t hot = 0, store = 0;              // entries still valid after a commit, compared
  uint64_t again_hot = 0, again_store = 0;  // compared though nothing was committed since they were last
  uint64_t misses = 0;                      // answered by SQLite
  uint64_t misses_compared = 0;
  uint64_t errors = 0;            // both refused alike
  uint64_t own = 0, foreign = 0;  // commits
  uint64_t foreign_rollbacks = 0, sweeps_inside_transactions = 0, spills = 0, blob_writes = 0, restored = 0;
  uint64_t schema_changes = 0, vacuums = 0, checkpoints = 0, reopened = 0;
  std::vector<uint64_t> by_shape;  // valid entries compared
  std::map<uint64_t, uint64_t> by_page_size;

  uint64_t compared() const { return hot + store; }
};

class World {
 public:
  World(const Case& of, Soundness& seen);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The first difference, with all that led to it; nothing if there is none.
  std::optional<std::string> run();

 private:
  struct Asked;
  enum class Sweep { kAfterCommit, kAgain };

  std::string path() const { return folder_.file("app.db"); }
  void make_file();
  void open_plain();
  void close_plain();
  void open_tern();
  void close_tern();

  void step(const Step& step);
  void own_transaction(SoundnessGenerator& generate);
  void own_script(SoundnessGenerator& generate);
  void foreign_transaction(SoundnessGenerator& generate);
  void foreign_spill(SoundnessGenerator& generate);
  void foreign_process(SoundnessGenerator& generate);
  void write_blob(SoundnessGenerator& generate);
  void checkpoint(SoundnessGenerator& generate);
  void change_schema(SoundnessGenerator& generate, uint64_t name);
  void reopen(SoundnessGenerator& generate);
  void restore_from_memory(SoundnessGenerator& generate);
  void rebuild_pages(SoundnessGenerator& generate);

  // By plain SQLite; what fails leaves nothing.
  bool plain(const Call& call);
  bool plain(const std::string& sql) { return plain(Call{sql, {}}); }
  bool own(const Call& call);
  uint64_t own_commits() const;

  void sweep(Sweep why);
  void ask(Asked& asked, Sweep why);
  void differ(const Asked& asked, const std::string& ours, const std::string& expected);

  const Case case_;
  Soundness& seen_;
  TempFolder folder_;
  uint64_t page_size_ = 0;
  std::vector<Table> tables_;
  Options options_;
  std::vector<std::unique_ptr<Asked>> asked_;
  std::optional<Database> tern_;
  std::optional<demo::SqlPipe> process_;
  sqlite3* writer_ = nullptr;
  sqlite3* reader_ = nullptr;
  uint64_t foreign_commits_ = 0, own_commits_ = 0;
  bool in_own_transaction_ = false;
  std::string history_;
  std::optional<std::string> difference_;
};

}  // namespace tern::test

// What a detector acts in: a database with two small tables, tern on it, a foreign writer beside it, and a housekeeper
// that does nothing unless it is let.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "sql/library.h"
#include "tern/tern.hpp"
#include "tests/mutation/detector.h"
#include "tests/probes/probes.h"
#include "tests/support/temp_folder.h"

namespace tern::mutation {

inline constexpr std::chrono::seconds kPatience{20};

// A connection that knows nothing of tern and never checkpoints by itself.
class Foreign {
 public:
  explicit Foreign(const std::string& path);
  ~Foreign() { sqlite3_close(handle_); }
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;

  void exec(const std::string& sql);
  int64_t number(const std::string& sql);
  // Whether all of the log has been copied to the file.
  bool checkpoint_passively();

 private:
  sqlite3* handle_ = nullptr;
};

// Runs `work` on a thread of its own, to its end: what it reads is read by somebody else.
void elsewhere(const std::function<void()>& work);

// No store: its writer is a thread that passes points, too.
inline Options without_store() {
  Options options;
  options.store_bytes = 0;
  return options;
}

// t(id, v) and u(id, v), ids 1 to 3, v = 1, one page each.
void create_tables(Foreign& foreign);

class World {
  const test::TempFolder folder_;  // made first, removed last

 public:
  explicit World(const std::function<void(Foreign&)>& create = create_tables, const Options& options = without_store());
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The housekeeper stands still from the start, so that nobody publishes or lets snapshots go unasked.
  void let_keeper_run() { keeper_.reset(); }
  void stop_keeper();
  // Lets it run until the guardian has moved twice: then no snapshot of the pool is open any more.
  void let_guardian_move();
  // Until the next commit begins the log anew; makes sure that it did. The housekeeper stands still afterwards.
  void restart_log_by(const std::string& foreign_commit);

  int64_t t(int id) { return read_t_.bind(id).first()->get<int64_t>(0); }
  int64_t u(int id) { return read_u_.bind(id).first()->get<int64_t>(0); }
  void publish_elsewhere() {
    elsewhere([this] { u(3); });
  }

  const std::string path;

 private:
  std::string make_database(const std::function<void(Foreign&)>& create) const;

  std::optional<probes::Gate> keeper_;

 public:
  Foreign foreign;
  Database db;

 private:
  Statement read_t_;
  Statement read_u_;
};

// Wrong if an answer is not what it should be.
inline Found differs(int64_t got, int64_t wanted, const char* what) {
  if (got == wanted) return std::nullopt;
  return std::string(what) + " gave " + std::to_string(got) + " instead of " + std::to_string(wanted);
}

// Until `condition`, or SetupFailed after kPatience.
void wait_until(const std::function<bool()>& condition, const char* what);

}  // namespace tern::mutation

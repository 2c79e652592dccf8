#include "tests/mutation/world.h"

#include <array>
#include <fstream>

namespace tern::mutation {
namespace {

// Bytes 16 to 23 of the log's file header change whenever it begins anew (fileformat2, section 4.1).
std::array<char, 8> salts_of_log(const std::string& path) {
  std::array<char, 8> salts{};
  std::ifstream log(path + "-wal", std::ios::binary);
  log.seekg(16).read(salts.data(), salts.size());
  return salts;
}

}  // namespace

Foreign::Foreign(const std::string& path) {
  sql::initialize({.accept_wal_reset_bug = true});  // before SQLite initialises itself: the page-cache hook
  require(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK, "the foreign connection did not open");
  sqlite3_busy_timeout(handle_, 5000);
  int keep = 1;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  exec("PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0");
}

void Foreign::exec(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
  throw SetupFailed(sql + ": " + sqlite3_errmsg(handle_));
}

int64_t Foreign::number(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  require(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK, sqlite3_errmsg(handle_));
  const bool row = sqlite3_step(statement) == SQLITE_ROW;
  const int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  require(row, "a query of the foreign connection gave no row");
  return number;
}

bool Foreign::checkpoint_passively() {
  int in_log = -1;
  int copied = -1;
  sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  return in_log >= 0 && in_log == copied;
}

void elsewhere(const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

void create_tables(Foreign& foreign) {
  foreign.exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, 1), (3, 1);"
      "CREATE TABLE u (id INTEGER PRIMARY KEY, v); INSERT INTO u VALUES (1, 1), (2, 1), (3, 1)");
}

std::string World::make_database(const std::function<void(Foreign&)>& create) const {
  Foreign maker(path);
  // An empty file keeps what `create` sets before its first table, such as the page size.
  create(maker);
  maker.exec("PRAGMA journal_mode=WAL");
  return path;
}

World::World(const std::function<void(Foreign&)>& create, const Options& options)
    : path(folder_.file("app.db")),
      keeper_(std::in_place, probes::Point("keeper:round")),
      foreign(make_database(create)),
      db(open(path, options)),
      read_t_(db.prepare("SELECT v FROM t WHERE id = ?")),
      read_u_(db.prepare("SELECT v FROM u WHERE id = ?")) {
  require(keeper_->wait_reached(kPatience), "the housekeeper did not begin");
}

World::~World() { keeper_.reset(); }

void World::stop_keeper() {
  keeper_.emplace(probes::Point("keeper:round"));
  require(keeper_->wait_reached(kPatience), "the housekeeper did not come round");
}

void World::let_guardian_move() {
  const uint64_t before = probes::passings("guardian:moved");
  let_keeper_run();
  wait_until([&] { return probes::passings("guardian:moved") >= before + 2; }, "the guardian did not move");
  stop_keeper();
}

void World::restart_log_by(const std::string& foreign_commit) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    let_guardian_move();  // until it and the idle snapshots see the last commit, no checkpoint gets so far
    require(foreign.checkpoint_passively(), "somebody reads from the log");
    let_guardian_move();  // onto the file alone
    const auto before = salts_of_log(path);
    foreign.exec(foreign_commit);
    if (salts_of_log(path) != before) return;
  }
  throw SetupFailed("the log does not begin anew");
}

void wait_until(const std::function<bool()>& condition, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw SetupFailed(what);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace tern::mutation

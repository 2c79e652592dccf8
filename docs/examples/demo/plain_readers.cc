// The same reads through SQLite alone: prepared statements, each read a transaction of its own, one connection a
// thread. What tern's figures stand beside.
#include <sqlite3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "roles.h"

namespace demo {
namespace {

struct CloseConnection {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class PlainBackend {
 public:
  explicit PlainBackend(const Role& role) : requests_(role.requests) {
    sqlite3* db = nullptr;
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    const int opened = sqlite3_open_v2(role.settings.database.c_str(), &db, kFlags, nullptr);
    db_.reset(db);
    if (opened != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, 20'000);
    for (size_t i = 0; i < kQueries; ++i) {
      const std::string sql = query_text(role.settings.queries, static_cast<Query>(i));
      sqlite3_stmt* statement = nullptr;
      if (sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
        throw std::runtime_error(sqlite3_errmsg(db));
      }
      statements_[i].reset(statement);
    }
  }

  Tier read(const Request& request, Answer& answer) {
    sqlite3_stmt* const statement = statements_[static_cast<size_t>(request.query)].get();
    bind(statement, request);
    const int version = kVersionColumn[static_cast<size_t>(request.query)];
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
      AnswerRow& copy = answer.add();
      copy.id = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      copy.version = sqlite3_column_int64(statement, version);
      if (request.query == Query::kSearch) {
        copy.updated_at = sqlite3_column_int64(statement, kSearchUpdatedColumn);
      }
    }
    sqlite3_reset(statement);
    if (result != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db_.get()));
    return Tier::kPlain;
  }

 private:
  static void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }

  void bind(sqlite3_stmt* statement, const Request& request) const {
    switch (request.query) {
      case Query::kById:
        return bind_text(statement, 1, requests_.id(request.number));
      case Query::kSearch:
        return bind_text(statement, 1, requests_.term(request.number).argument);
      case Query::kByRegion:
        bind_text(statement, 1, requests_.region(request.number).argument);
        sqlite3_bind_int(statement, 2, kRegionLimit);
        return;
      case Query::kByIds:
        for (size_t i = 0; i < kIdsInList; ++i) {
          bind_text(statement, static_cast<int>(i) + 1, requests_.id(requests_.list(request.number)[i]));
        }
    }
  }

  const Requests& requests_;
  std::unique_ptr<sqlite3, CloseConnection> db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statements_[kQueries];
};

int read_plainly(const Role& role) {
  std::atomic<bool> failed{false};
  std::vector<std::thread> threads;
  role.ready();
  for (uint32_t i = 0; i < role.settings.threads; ++i) {
    threads.emplace_back([&, i] {
      try {
        PlainBackend backend(role);
        read_until_the_end(backend, role.run, Phase::kPlainReads, i, role.run.board->plain_threads[i]);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "tern_demo_plain: %s\n", error.what());
        failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "tern_demo_plain is started by tern_demo\n");
    return 2;
  }
  return demo::read_plainly(demo::Role(demo::parse(argc, argv)));
}

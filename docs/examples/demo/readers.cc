// The readers: threads that share one tern::Database.
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "roles.h"
#include <tern/tern.hpp>

namespace demo {
namespace {

constexpr double kWarmSeconds = 3;

// The four statements; threads share them.
struct Statements {
  Statements(tern::Database& db, const std::string& folder)
      : by_id(db.prepare(query_text(folder, Query::kById))),
        by_region(db.prepare(query_text(folder, Query::kByRegion))),
        by_ids(db.prepare(query_text(folder, Query::kByIds))),
        search(db.prepare(query_text(folder, Query::kSearch))) {}
  tern::Statement by_id, by_region, by_ids, search;
};

class TernBackend {
 public:
  TernBackend(const Statements& statements, const Requests& requests)
      : statements_(statements), requests_(requests), list_(kIdsInList) {}

  Tier read(const Request& request, Answer& answer) {
    if (request.query == Query::kById) return read_by_id(request.number, answer);
    const tern::Rows rows = run(request);
    const auto version = static_cast<size_t>(kVersionColumn[static_cast<size_t>(request.query)]);
    for (const tern::Row row : rows) {
      AnswerRow& copy = answer.add();
      copy.id = row.get<std::string_view>(0);
      copy.version = row.get<int64_t>(version);
      if (request.query == Query::kSearch) {
        copy.updated_at = row.get<int64_t>(kSearchUpdatedColumn);
      }
    }
    return static_cast<Tier>(rows.source());
  }

 private:
  Tier read_by_id(uint32_t place, Answer& answer) {
    const auto row = statements_.by_id.bind(requests_.id(place)).first();
    if (!row) return Tier::kSql;
    AnswerRow& copy = answer.add();
    copy.id = row->get<std::string_view>(0);
    copy.version = row->get<int64_t>(kVersionColumn[0]);
    return static_cast<Tier>(row->source());
  }

  tern::Rows run(const Request& request) {
    if (request.query == Query::kByRegion) {
      return statements_.by_region.bind(requests_.region(request.number).argument, kRegionLimit).all();
    }
    if (request.query == Query::kSearch) {
      return statements_.search.bind(requests_.term(request.number).argument).all();
    }
    const auto& places = requests_.list(request.number);
    for (size_t i = 0; i < kIdsInList; ++i) list_[i] = requests_.id(places[i]);
    return statements_.by_ids.bind_values(list_).all();
  }

  const Statements& statements_;
  const Requests& requests_;
  std::vector<tern::Value> list_;
};

EngineFigures figures_of(const tern::Stats& stats) {
  return {stats.commits.published, stats.commits.foreign, stats.commits.pages, stats.store.dropped};
}

int read_in_threads(const Role& role, const tern::Database& db, const Statements& statements, ThreadResults* results) {
  std::atomic<bool> failed{false};
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < role.settings.threads; ++i) {
    threads.emplace_back([&, i] {
      try {
        TernBackend backend(statements, role.requests);
        read_until_the_end(backend, role.run, Phase::kTernReads, i, results[i]);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "tern_demo: a reader failed: %s\n", error.what());
        failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  role.run.board->engine = figures_of(db.stats());
  return failed ? 1 : 0;
}

}  // namespace

int read(const Role& role) {
  tern::Database db = tern::open(role.settings.database, {.mode = tern::OpenMode::kExisting});
  const Statements statements(db, role.settings.queries);
  role.ready();
  return read_in_threads(role, db, statements, role.run.board->tern_threads);
}

// Asks what the readers will ask, and leaves: what they then find in the store was put there by another process.
int warm(const Role& role) {
  tern::Database db = tern::open(role.settings.database, {.mode = tern::OpenMode::kExisting});
  const Statements statements(db, role.settings.queries);
  TernBackend backend(statements, role.requests);
  std::mt19937_64 random(role.settings.seed + 1);
  Answer answer;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(kWarmSeconds);
  while (std::chrono::steady_clock::now() < end) {
    answer.clear();
    backend.read(role.requests.draw(random), answer);
  }
  return 0;
}

}  // namespace demo

#include "d1_jobs.h"

#include <chrono>
#include <string_view>

namespace tern_node {
namespace {

constexpr int kBusySnapshot =
    517;  // SQLITE_BUSY_SNAPSHOT: another process committed since the transaction began to read
constexpr int kRetries = 3;

constexpr std::string_view kCounters =
    "SELECT total_changes(), last_insert_rowid(), page_count * page_size FROM pragma_page_count, pragma_page_size";

struct StatementFree {
  void operator()(tern_statement* statement) const noexcept { tern_statement_free(statement); }
};

class Runner {
 public:
  explicit Runner(Database& database) : database_(database) {
    if (database.session == nullptr) demand(tern_session_open(database.handle, &database.session));
    if (database.counters == nullptr)
      demand(tern_session_prepare(database.session, kCounters.data(), kCounters.size(), &database.counters));
  }

  void alone(D1Job& job) {
    for (int attempt = 0;; ++attempt) {
      attempt_alone(job);
      if (!job.failure || job.failure->sqlite_code != kBusySnapshot || attempt == kRetries) break;
    }
    job.last_row_id = counters().last_row_id;
  }

  void together(std::vector<D1Job*>& jobs) {
    try {
      exec("BEGIN IMMEDIATE");
    } catch (const Failure& failure) {
      for (D1Job* job : jobs) job->failure = failure;
      return;
    }
    for (D1Job* job : jobs) {
      if (in_savepoint(*job)) continue;
      rollback();
      return each_alone(jobs);  // a failure of its own it keeps
    }
    try {
      exec("COMMIT");
    } catch (const Failure&) {
      rollback();
      each_alone(jobs);
    }
  }

 private:
  void exec(std::string_view sql) { demand(tern_session_exec(database_.session, sql.data(), sql.size(), nullptr)); }

  // Fails where a statement has rolled back already.
  void rollback() noexcept { tern_session_exec(database_.session, "ROLLBACK", 8, nullptr); }

  void attempt_alone(D1Job& job) {
    job.failure.reset();
    try {
      exec(job.reads ? "BEGIN" : "BEGIN IMMEDIATE");
      run(job);
      exec("COMMIT");
    } catch (const Failure& failure) {
      job.failure = failure;
      job.answers.clear();
      rollback();
    }
  }

  void each_alone(const std::vector<D1Job*>& jobs) {
    for (D1Job* job : jobs) {
      if (!job->failure) alone(*job);
    }
  }

  // False where the transaction is no more.
  bool in_savepoint(D1Job& job) {
    exec("SAVEPOINT d1_job");
    try {
      run(job);
      exec("RELEASE d1_job");
      job.last_row_id = counters().last_row_id;
      return true;
    } catch (const Failure& failure) {
      job.failure = failure;
      job.answers.clear();
    }
    job.last_row_id = counters().last_row_id;
    return tern_session_exec(database_.session, "ROLLBACK TO d1_job; RELEASE d1_job", 34, nullptr) == TERN_OK;
  }

  void run(D1Job& job) {
    job.answers.clear();
    D1Counters before = counters();
    for (const D1Query& query : job.queries) {
      const auto began = std::chrono::steady_clock::now();
      D1Answer answer;
      answer.result = run(query);
      answer.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
      answer.before = before;
      answer.after = before = counters();
      job.answers.push_back(std::move(answer));
    }
  }

  Result run(const D1Query& query) {
    Result result;
    for (size_t i = 0; i < query.statements.size(); ++i) {
      const bool last = i + 1 == query.statements.size() && (query.flags & D1Query::kNothingLeft) == 0;
      result = run(query, query.statements[i], last);
    }
    if ((query.flags & D1Query::kNothingLeft) != 0)
      throw Failure::of_kind("no statement", "tern: the SQL holds no statement where one was to come");
    return result;
  }

  Result run(const D1Query& query, const std::string& sql, bool last) {
    tern_statement* prepared = nullptr;
    demand(tern_session_prepare(database_.session, sql.data(), sql.size(), &prepared));
    const std::unique_ptr<tern_statement, StatementFree> owned(prepared);
    if ((query.flags & D1Query::kTransaction) != 0)
      throw Failure::of_kind("transaction", "tern: transactions are batch()");
    tern_statement_info info = {};
    info.size = sizeof info;
    demand(tern_statement_describe(prepared, &info));
    if (!last && info.parameters != 0)
      throw Failure::of_kind("parameters before the last", "tern: only the last statement can have parameters");
    if (last && info.parameters != query.param_count)
      throw Failure::of_kind("parameters", "tern: the statement takes " + std::to_string(info.parameters) +
                                               " parameters, but " + std::to_string(query.param_count) + " were bound");
    tern_result* result = nullptr;
    demand(
        tern_query_pinned(prepared, last ? query.params.data() : nullptr, last ? query.params.size() : 0, 0, &result));
    return Result(result);
  }

  D1Counters counters() {
    tern_result* result = nullptr;
    demand(tern_query(database_.counters, nullptr, 0, &result));
    const Result owned(result);
    tern_value values[3];
    for (size_t i = 0; i < 3; ++i) demand(tern_result_value(result, 0, i, &values[i]));
    return {values[0].as.integer, values[1].as.integer, values[2].as.integer};
  }

  Database& database_;
};

}  // namespace

void run_jobs(Database& database, std::vector<D1Job>& jobs) {
  const std::lock_guard turn(database.session_turn);
  try {
    Runner runner(database);
    std::vector<D1Job*> shared;
    const auto run_shared = [&] {
      if (shared.size() == 1) runner.alone(*shared.front());
      if (shared.size() > 1) runner.together(shared);
      shared.clear();
    };
    for (D1Job& job : jobs) {
      if (!job.alone) {
        shared.push_back(&job);
        continue;
      }
      run_shared();  // in the order in which they came
      runner.alone(job);
    }
    run_shared();
  } catch (const Failure& failure) {
    // The session itself is amiss; what has an outcome keeps it.
    for (D1Job& job : jobs) {
      if (job.answers.empty() && !job.failure) job.failure = failure;
    }
  }
}

}  // namespace tern_node

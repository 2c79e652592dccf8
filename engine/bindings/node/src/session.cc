// D1's jobs as JavaScript gives them, and their answers.

#include "d1_jobs.h"
#include "failure.h"
#include "instance.h"
#include "napi_tools.h"
#include "work.h"

namespace tern_node {
namespace {

// [statements, packed parameters, number of parameters, flags]
D1Query query_of(napi_env env, napi_value given) {
  D1Query query;
  napi_value statements = element(env, given, 0);
  const uint32_t count = length_of(env, statements);
  for (uint32_t i = 0; i < count; ++i) query.statements.push_back(string_of(env, element(env, statements, i)));
  query.params = bytes_of(env, element(env, given, 1));
  query.param_count = uint32_of(env, element(env, given, 2));
  query.flags = uint32_of(env, element(env, given, 3));
  return query;
}

// [queries, alone, reads]
D1Job job_of(napi_env env, napi_value given) {
  D1Job job;
  napi_value queries = element(env, given, 0);
  const uint32_t count = length_of(env, queries);
  for (uint32_t i = 0; i < count; ++i) job.queries.push_back(query_of(env, element(env, queries, i)));
  job.alone = bool_of(env, element(env, given, 1));
  job.reads = bool_of(env, element(env, given, 2));
  return job;
}

// [rows, rows changed, newest rowid before, newest rowid, bytes of the database before, bytes, ms]
napi_value answer_to(napi_env env, const D1Answer& answer) {
  size_t size = 0;
  const auto* const body = static_cast<const std::byte*>(tern_result_body(answer.result.get(), &size));
  napi_value given = array(env, 7);
  set_at(env, given, 0, buffer(env, {body, size}));
  set_at(env, given, 1, number(env, static_cast<double>(answer.after.total_changes - answer.before.total_changes)));
  set_at(env, given, 2, number(env, static_cast<double>(answer.before.last_row_id)));
  set_at(env, given, 3, number(env, static_cast<double>(answer.after.last_row_id)));
  set_at(env, given, 4, number(env, static_cast<double>(answer.before.size)));
  set_at(env, given, 5, number(env, static_cast<double>(answer.after.size)));
  set_at(env, given, 6, number(env, answer.ms));
  return given;
}

class RunJobs : public Work {
 public:
  RunJobs(std::shared_ptr<Database> database, std::vector<D1Job> jobs)
      : database_(std::move(database)), jobs_(std::move(jobs)) {}
  void run() override { run_jobs(*database_, jobs_); }
  napi_value give(napi_env env) override {
    napi_value all = array(env, jobs_.size());
    for (uint32_t i = 0; i < jobs_.size(); ++i) set_at(env, all, i, outcome_of(env, jobs_[i]));
    return all;
  }

 private:
  // [answers or error, newest rowid]
  static napi_value outcome_of(napi_env env, const D1Job& job) {
    napi_value first = nullptr;
    if (job.failure) {
      first = job.failure->to_error(env);
    } else {
      first = array(env, job.answers.size());
      for (uint32_t i = 0; i < job.answers.size(); ++i) set_at(env, first, i, answer_to(env, job.answers[i]));
    }
    napi_value outcome = array(env, 2);
    set_at(env, outcome, 0, first);
    set_at(env, outcome, 1, number(env, static_cast<double>(job.last_row_id)));
    return outcome;
  }

  const std::shared_ptr<Database> database_;
  std::vector<D1Job> jobs_;
};

// run(database, jobs) -> promise of their outcomes
napi_value run(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  auto database = instance_of(env).databases.get(uint32_of(env, arguments[0]));
  std::vector<D1Job> jobs;
  const uint32_t count = length_of(env, arguments[1]);
  for (uint32_t i = 0; i < count; ++i) jobs.push_back(job_of(env, element(env, arguments[1], i)));
  return start(env, std::make_unique<RunJobs>(std::move(database), std::move(jobs)));
}

}  // namespace

void add_session_functions(napi_env env, napi_value exports) { add_function(env, exports, "run", exported<run>); }

}  // namespace tern_node

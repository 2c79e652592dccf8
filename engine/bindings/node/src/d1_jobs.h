// D1's queries on a connection of their own: what a cache cannot answer, in transactions.
//
// A job is what D1 runs as one transaction: a statement, or a batch. A query of it is one text, which may hold several
// statements; the last one takes the parameters and gives the result. Jobs that wait at the same time share a commit,
// each in a savepoint, so that each fails alone:
//
//   a job of several                        | what happens
//   ----------------------------------------+------------------------------------------------------------
//   fails                                   | it is rolled back to its savepoint; the others go on
//   fails, and the transaction with it      | (ON CONFLICT ROLLBACK, a full disk) the others run by themselves
//   makes COMMIT fail (deferred constraint) | all is rolled back; each runs by itself
//   says `alone`                            | runs by itself
//
// Contract. run_jobs() may be called on any thread; one at a time has the database's session, the others wait.
// It does not throw but for bad_alloc: each job has its failure, or the results of its queries.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "instance.h"
#include "napi_tools.h"
#include <tern/tern.h>

namespace tern_node {

struct ResultFree {
  void operator()(tern_result* result) const noexcept { tern_result_free(result); }
};
using Result = std::unique_ptr<tern_result, ResultFree>;

struct D1Query {
  enum Flags : uint32_t {
    kTransaction = 1 << 0,  // it begins or ends a transaction: compiled, and refused
    kNothingLeft = 1 << 1,  // behind its statements stands what is none
  };
  std::vector<std::string> statements;
  Bytes params;  // packed, of the last statement
  size_t param_count = 0;
  uint32_t flags = 0;
};

// Of the session: rows changed and newest rowid since it was opened, bytes of the database.
struct D1Counters {
  int64_t total_changes = 0;
  int64_t last_row_id = 0;
  int64_t size = 0;
};

struct D1Answer {
  Result result;
  D1Counters before, after;
  double ms = 0;
};

struct D1Job {
  std::vector<D1Query> queries;
  bool alone = false;
  bool reads = false;  // it is not expected to write: its transaction begins without the write lock

  std::vector<D1Answer> answers;
  std::optional<Failure> failure;
  int64_t last_row_id = 0;  // after the job, failed or not
};

void run_jobs(Database& database, std::vector<D1Job>& jobs);

}  // namespace tern_node

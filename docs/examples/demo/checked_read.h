// One read after the other, each timed and then checked against the board, whoever answers it.
//
// A Backend belongs to one thread and has one function,
//   Tier read(const Request&, Answer&)     runs the query and copies out id and version of every row
#pragma once

#include <string>
#include <vector>

#include "board.h"
#include "places.h"
#include "requests.h"

namespace demo {

struct AnswerRow {
  std::string id;
  int64_t version = 0;
  int64_t updated_at = 0;  // only a search gives it
};

// Keeps its rows' memory from one answer to the next, so that copying out a short id allocates nothing.
class Answer {
 public:
  void clear() { size_ = 0; }
  AnswerRow& add() {
    if (size_ == rows_.size()) rows_.emplace_back();
    return rows_[size_++];
  }
  size_t size() const { return size_; }
  const AnswerRow& operator[](size_t i) const { return rows_[i]; }

 private:
  std::vector<AnswerRow> rows_;
  size_t size_ = 0;
};

// What the processes of a run have in common.
struct Run {
  Board* board;
  const Places& places;
  const Requests& requests;
  uint64_t seed;
};

// Knows what an answer must at least contain. One for each thread.
class Check {
 public:
  explicit Check(const Run& run);

  // Before the read: takes down what is acknowledged, or was seen by anyone, of all places that it concerns.
  void before(const Request& request);
  // False if the answer is older than that; which row it was then stands on standard error.
  bool after(const Request& request, const Answer& answer, Tier tier);

 private:
  struct Floor {
    int64_t version = 0;
    int64_t updated_at = 0;
    bool returned = false;
  };
  void note(uint32_t place);
  bool row_is_fresh(const AnswerRow& row, const Request& request, Tier tier);
  bool search_is_fresh(const Group& term, const Answer& answer) const;
  size_t expected_rows(const Request& request) const;

  Run run_;
  std::vector<Floor> floors_;  // by place; filled for the places that the request concerns
};

// Waits while it is somebody else's phase; false at the end.
bool wait_for_phase(const Board* board, Phase mine);

// Thread `number` of `mine` reads whenever it is its phase, until the end.
template <typename Backend>
void read_until_the_end(Backend& backend, const Run& run, Phase mine, uint32_t number, ThreadResults& results) {
  std::mt19937_64 random(run.seed * 1000 + static_cast<uint64_t>(mine) * 100 + number);
  Check check(run);
  Answer answer;
  while (wait_for_phase(run.board, mine)) {
    const Request request = run.requests.draw(random);
    check.before(request);
    answer.clear();
    const uint64_t start = now_ns();
    const Tier tier = backend.read(request, answer);
    const uint64_t took = now_ns() - start;
    results.latency[static_cast<int>(request.query)][static_cast<int>(tier)].add(took);
    if (!check.after(request, answer, tier)) results.stale += 1;
    results.rows += answer.size();
    results.reads += 1;
  }
}

}  // namespace demo

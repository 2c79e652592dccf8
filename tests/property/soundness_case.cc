#include "tests/property/soundness_case.h"

#include <iterator>
#include <ostream>

namespace tern::test {
namespace {

using Kind = Step::Kind;

constexpr std::pair<Kind, uint64_t> kWeights[] = {
    {Kind::kOwnRun, 26},
    {Kind::kOwnTransaction, 12},
    {Kind::kOwnScript, 6},
    {Kind::kForeignRun, 26},
    {Kind::kForeignTransaction, 16},
    {Kind::kForeignSpill, 4},
    {Kind::kForeignProcess, 4},
    {Kind::kBlobWrite, 8},
    {Kind::kVacuum, 1},
    {Kind::kIncrementalVacuum, 4},
    {Kind::kCheckpoint, 6},
    {Kind::kSchema, 3},
    {Kind::kReopen, 2},
    {Kind::kBackup, 1},
};

const char* name_of(Kind kind) {
  static constexpr const char* kNames[] = {
      "own run",       "own transaction", "own script", "foreign run", "foreign transaction",
      "foreign spill", "foreign process", "blob write", "vacuum",      "incremental vacuum",
      "checkpoint",    "schema",          "reopen",     "backup"};
  return kNames[static_cast<size_t>(kind)];
}

Kind kind_of(uint64_t dice) {
  uint64_t total = 0;
  for (const auto& [kind, weight] : kWeights) total += weight;
  dice %= total;
  for (const auto& [kind, weight] : kWeights) {
    if (dice < weight) return kind;
    dice -= weight;
  }
  return Kind::kOwnRun;
}

template <typename Part>
rc::Seq<Case> without_chunks(const Case& of, std::vector<Part> Case::*part) {
  return rc::seq::map(rc::shrink::removeChunks(of.*part), [of, part](std::vector<Part> fewer) {
    Case smaller = of;
    smaller.*part = std::move(fewer);
    return smaller;
  });
}

rc::Seq<Case> smaller(const Case& of) {
  return rc::seq::concat(without_chunks(of, &Case::steps), without_chunks(of, &Case::questions),
                         without_chunks(of, &Case::rows), without_chunks(of, &Case::extras),
                         without_chunks(of, &Case::tables));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Case& shown) {
  out << "place " << shown.place << ", " << shown.tables.size() << " tables, " << shown.extras.size() << " extras, "
      << shown.rows.size() << " rows, " << shown.questions.size() << " questions, steps:";
  for (const Step& step : shown.steps) out << ' ' << name_of(step.kind) << ' ' << step.seed << ';';
  return out;
}

rc::Gen<Case> any_case(const CaseSize& size) {
  return rc::Gen<Case>([size](const rc::Random& given, int) {
    rc::Random random = given;
    Case made;
    made.place = random.next();
    for (uint64_t i = 2 + random.next() % 4; i > 0; --i) made.tables.push_back(random.next());
    for (uint64_t i = random.next() % 10; i > 0; --i) made.extras.push_back(random.next());
    for (size_t i = size.rows / 4 + random.next() % (size.rows * 3 / 4); i > 0; --i) made.rows.push_back(random.next());
    for (size_t i = 0; i < size.texts; ++i) {
      const uint64_t text = random.next();
      for (size_t j = 0; j < size.arguments_each; ++j) made.questions.emplace_back(text, random.next());
    }
    for (size_t i = 0; i < size.steps; ++i) {
      const Kind kind = kind_of(random.next());
      made.steps.push_back({kind, random.next()});
    }
    return rc::shrinkable::shrinkRecur(std::move(made), smaller);
  });
}

}  // namespace tern::test

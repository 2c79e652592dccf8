// One case of the soundness test: seeds of which its file, its statements and what happens to it are made. Any part can
// be left out and the rest still means the same, which is how RapidCheck finds a small one that shows a fault.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace tern::test {

struct Step {
  enum class Kind {
    kOwnRun,
    kOwnTransaction,
    kOwnScript,
    kForeignRun,
    kForeignTransaction,
    kForeignSpill,
    kForeignProcess,
    kBlobWrite,
    kVacuum,
    kIncrementalVacuum,
    kCheckpoint,
    kSchema,
    kReopen,
    kBackup
  };
  Kind kind = Kind::kOwnRun;
  uint64_t seed = 0;
};

struct Case {
  uint64_t place = 0;  // page size, vacuum mode, options of tern
  std::vector<uint64_t> tables;
  std::vector<uint64_t> extras;
  std::vector<uint64_t> rows;                            // of the tables, before tern opens the file
  std::vector<std::pair<uint64_t, uint64_t>> questions;  // of the statement, of its arguments
  std::vector<Step> steps;
};
std::ostream& operator<<(std::ostream& out, const Case& shown);

struct CaseSize {
  size_t rows = 500;  // at most
  size_t texts = 70;
  size_t arguments_each = 4;
  size_t steps = 90;
};
rc::Gen<Case> any_case(const CaseSize& size);

}  // namespace tern::test

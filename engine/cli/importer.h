// Puts the records of a file into a table, in one transaction: all of them, or none.
//
// A bad line is one that the file's format does not allow, or whose row SQLite refuses (a constraint, a type). Without
// keep_going the first one ends the import as a Failure that names file, line, value and reason, and nothing has been
// imported. With it, bad lines are told to `on_bad_line` and left out.
//
// Contract. Blocks other writers while it runs. Throws Failure, and tern::Error for what is no single line's fault.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/cli/bad_line.h"
#include "engine/cli/input_window.h"
#include "engine/cli/progress.h"
#include "engine/cli/record_source.h"
#include "tern/database.hpp"

namespace tern::cli {

enum class FileFormat { kCsv, kJsonl };

struct ImportPlan {
  std::string table;
  FileFormat format = FileFormat::kCsv;
  bool keep_going = false;
  // Make the table if it is missing, with the columns of the first record: TEXT for CSV, of no type for JSON.
  bool create = false;
  CsvRules csv;
  std::function<void(const BadLine&)> on_bad_line;
};

struct ImportReport {
  uint64_t rows = 0;
  uint64_t skipped = 0;
  bool created = false;
};

ImportReport import_records(Database& database, InputWindow& input, const ImportPlan& plan, Progress& progress);

// "places.csv:17: the value: the reason".
std::string describe_bad_line(const std::string& file, const BadLine& bad);

}  // namespace tern::cli

// Rows-to-be of an imported file: what an import reads from, whatever the format.
//
// CSV: the first line names the columns, every other one is a row. All values are text, which SQLite turns into the
// type that the column asks for; a field with nothing in it, not even quotation marks, is NULL (or an empty text, by
// CsvRules). Lines with nothing on them are skipped, unless there is but one column.
// JSON lines: every line is an object whose keys are columns; a column that an object does not have takes its default.
// Numbers, true and false (1 and 0), null and strings keep their types; arrays and objects become their JSON text.
//
// Contract. One object, one thread. A Record borrows until the next call. next() throws BadLine, after which it may be
// called again; what is wrong with the file as a whole is a Failure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/cli/bad_line.h"
#include "engine/cli/input_window.h"
#include "tern/value.hpp"

namespace tern::cli {

struct Record {
  uint64_t line = 0;
  std::vector<std::string> columns;
  std::vector<Value> values;  // one for each column
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // False at the end. `record` is reused: pass the same one again. A CSV file without rows has given its columns.
  virtual bool next(Record& record) = 0;
};

struct CsvRules {
  bool empty_as_text = false;
};

std::unique_ptr<RecordSource> csv_source(InputWindow& input, CsvRules rules);
std::unique_ptr<RecordSource> jsonl_source(InputWindow& input);

}  // namespace tern::cli

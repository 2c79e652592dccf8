#include "engine/cli/importer.h"

#include <algorithm>
#include <optional>

#include "engine/cli/catalog.h"
#include "engine/cli/failure.h"
#include "engine/cli/row_writer.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

// Looking at the clock for every row would cost more than the row's share of the drawing.
constexpr uint64_t kRowsBetweenLooks = 256;

class Import {
 public:
  Import(Transaction& transaction, InputWindow& input, const ImportPlan& plan, Progress& progress)
      : transaction_(transaction),
        input_(input),
        plan_(plan),
        progress_(progress),
        source_(plan.format == FileFormat::kCsv ? csv_source(input, plan.csv) : jsonl_source(input)) {}

  ImportReport run() {
    columns_ = column_names(query(), plan_.table);
    if (columns_.empty() && !plan_.create) fail_without_table();
    while (step()) {
      if ((report_.rows + report_.skipped) % kRowsBetweenLooks == 0) {
        progress_.update(input_.used_bytes(), report_.rows);
      }
    }
    return report_;
  }

 private:
  Query query() {
    return [this](std::string_view sql, std::span<const Value> args) {
      return transaction_.run(transaction_.prepare(sql).bind_values(args));
    };
  }

  // One record; false at the end of the file.
  bool step() {
    try {
      const bool read = source_->next(record_);
      if (!writer_ && (read || !record_.columns.empty())) begin_writing();
      if (!read) return false;
      writer_->write(record_);
      ++report_.rows;
    } catch (const BadLine& bad) {
      if (!plan_.keep_going) throw Failure(describe_bad_line(input_.name(), bad) + "; nothing was imported");
      ++report_.skipped;
      progress_.clear();
      plan_.on_bad_line(bad);
    }
    return true;
  }

  void begin_writing() {
    if (columns_.empty()) create_table();
    writer_.emplace(transaction_, plan_.table, columns_);
    if (plan_.format == FileFormat::kCsv) check_header();
  }

  // The header's columns are every row's: a wrong one is wrong with the file, not with a line.
  void check_header() {
    const std::string where = input_.name() + ":1: column ";
    if (const std::string unknown = writer_->unknown_column(record_.columns); !unknown.empty()) {
      throw Failure(where + shorten(unknown, 60) + " of the header is not in table " + plan_.table + ", which has " +
                    list_names(columns_) + "; nothing was imported");
    }
    std::vector<std::string> sorted = record_.columns;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) {
      throw Failure(where + shorten(*twice, 60) + " is twice in the header; nothing was imported");
    }
  }

  void create_table() {
    if (record_.columns.empty()) {
      throw Failure(input_.name() + ":" + std::to_string(record_.line) + ": the first object has no keys, so table " +
                    plan_.table + " cannot be made after it");
    }
    std::string sql;
    for (const std::string& column : record_.columns) {
      sql += (sql.empty() ? "" : ", ") + quote_name(column) + (plan_.format == FileFormat::kCsv ? " TEXT" : "");
    }
    transaction_.exec("CREATE TABLE " + quote_name(plan_.table) + " (" + sql + ")");
    columns_ = record_.columns;
    report_.created = true;
  }

  [[noreturn]] void fail_without_table() {
    const std::vector<std::string> tables = table_names(query());
    throw Failure("there is no table " + plan_.table + "; " +
                  (tables.empty() ? "the database has none yet" : "the tables are " + list_names(tables)) +
                  " (--create makes it)");
  }

  Transaction& transaction_;
  InputWindow& input_;
  const ImportPlan& plan_;
  Progress& progress_;
  const std::unique_ptr<RecordSource> source_;
  std::vector<std::string> columns_;  // of the table
  std::optional<RowWriter> writer_;
  Record record_;
  ImportReport report_;
};

}  // namespace

std::string describe_bad_line(const std::string& file, const BadLine& bad) {
  return file + ":" + std::to_string(bad.line) + ": " + (bad.value.empty() ? "" : bad.value + ": ") + bad.reason;
}

ImportReport import_records(Database& database, InputWindow& input, const ImportPlan& plan, Progress& progress) {
  ImportReport report;
  database.transaction([&](Transaction& transaction) {
    report = Import(transaction, input, plan, progress).run();
    progress.clear();
  });
  return report;
}

}  // namespace tern::cli

// CSV records as rows-to-be.

#include <algorithm>

#include "engine/cli/csv_reader.h"
#include "engine/cli/failure.h"
#include "engine/cli/record_source.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

class CsvSource : public RecordSource {
 public:
  CsvSource(InputWindow& input, CsvRules rules) : input_(input), reader_(input), rules_(rules) {}

  bool next(Record& record) override {
    if (columns_.empty()) {
      read_header();
      record.columns = columns_;
    }
    do {
      if (!reader_.next(fields_)) return false;
    } while (columns_.size() > 1 && is_blank());
    record.line = reader_.line();
    check_field_count();
    record.values.clear();
    for (const CsvField& field : fields_) record.values.push_back(value_of(field));
    return true;
  }

 private:
  bool is_blank() const noexcept { return fields_.size() == 1 && !fields_[0].quoted && fields_[0].text.empty(); }

  Value value_of(const CsvField& field) const noexcept {
    if (field.text.empty() && !field.quoted && !rules_.empty_as_text) return {};
    return field.text;
  }

  void read_header() {
    bool read = false;
    try {
      read = reader_.next(fields_);
    } catch (const BadLine& bad) {
      throw Failure(input_.name() + ":" + std::to_string(bad.line) + ": the header has " + bad.reason + ": " +
                    bad.value);
    }
    if (!read || is_blank()) throw Failure(input_.name() + ": the first line is empty; it must name the columns");
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].text.empty()) {
        throw Failure(input_.name() + ":" + std::to_string(reader_.line()) + ": column " + std::to_string(i + 1) +
                      " of the header has no name");
      }
      columns_.emplace_back(fields_[i].text);
    }
  }

  void check_field_count() const {
    if (fields_.size() == columns_.size()) return;
    std::string shown;
    for (const CsvField& field : fields_) {
      if (shown.size() > 80) break;
      shown += (shown.empty() ? "" : ",") + std::string(field.text.substr(0, 80));
    }
    throw BadLine{reader_.line(), shorten(shown, 60),
                  std::to_string(fields_.size()) + (fields_.size() == 1 ? " field" : " fields") +
                      ", but the header has " + std::to_string(columns_.size())};
  }

  InputWindow& input_;
  CsvReader reader_;
  const CsvRules rules_;
  std::vector<std::string> columns_;
  std::vector<CsvField> fields_;
};

}  // namespace

std::unique_ptr<RecordSource> csv_source(InputWindow& input, CsvRules rules) {
  return std::make_unique<CsvSource>(input, rules);
}

}  // namespace tern::cli

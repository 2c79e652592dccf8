#include "tests/conformance/sqllogictest.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "tests/conformance/md5.h"

namespace tern::test {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t") == std::string::npos; }

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line.substr(0, line.find('#')));
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(lines_of(text)) {}

  std::vector<LogicRecord> parse() {
    std::vector<LogicRecord> records;
    for (;;) {
      while (at_ < lines_.size() && (is_blank(lines_[at_]) || lines_[at_].starts_with('#'))) ++at_;
      if (at_ == lines_.size()) return records;
      parse_record(records);
    }
  }

 private:
  bool more() const { return at_ < lines_.size() && !is_blank(lines_[at_]); }

  void parse_record(std::vector<LogicRecord>& records) {
    LogicRecord record;
    record.line = at_ + 1;
    for (; more(); ++at_) {
      const auto words = words_of(lines_[at_]);
      if (words.empty()) continue;
      if (words.size() < 2 || (words[0] != "skipif" && words[0] != "onlyif")) break;
      if ((words[0] == "skipif") == (words[1] == "sqlite")) record.skipped = true;
    }
    const auto head = more() ? words_of(lines_[at_++]) : std::vector<std::string>();
    if (head.empty()) unknown(record.line);
    if (head[0] == "hash-threshold") return;
    if (!parse_head(head, record)) unknown(record.line);
    if (record.kind != LogicRecord::Kind::kHalt) parse_body(record);
    records.push_back(std::move(record));
  }

  static bool parse_head(const std::vector<std::string>& head, LogicRecord& record) {
    using Kind = LogicRecord::Kind;
    if (head[0] == "halt") {
      record.kind = Kind::kHalt;
      return true;
    }
    if (head.size() < 2) return false;
    if (head[0] == "statement") {
      record.kind = head[1] == "ok" ? Kind::kStatement : Kind::kFailingStatement;
      return head[1] == "ok" || head[1] == "error";
    }
    if (head[0] != "query") return false;
    record.kind = Kind::kQuery;
    record.types = head[1];
    record.sort = head.size() > 2 ? head[2] : "nosort";
    if (head.size() > 3) record.label = head[3];
    return true;
  }

  void parse_body(LogicRecord& record) {
    for (; more() && lines_[at_] != "----"; ++at_) record.sql += (record.sql.empty() ? "" : "\n") + lines_[at_];
    if (!more()) return;
    for (++at_; more(); ++at_) record.wanted.push_back(lines_[at_]);
  }

  [[noreturn]] static void unknown(size_t line) {
    throw std::runtime_error("line " + std::to_string(line) + ": not a record that is known");
  }

  std::vector<std::string> lines_;
  size_t at_ = 0;
};

// As sqlite3_column_int() gives it, which the files were made with: 32 bits.
std::string as_integer(const Value& value) {
  int64_t integer = value.integer;
  if (value.type == Type::kReal) integer = static_cast<int64_t>(value.real);
  if (value.type == Type::kText || value.type == Type::kBlob)
    integer = std::strtoll(std::string(value.text()).c_str(), nullptr, 10);
  return std::to_string(static_cast<int32_t>(integer));
}

std::string as_real(const Value& value) {
  double real = value.real;
  if (value.type == Type::kInteger) real = static_cast<double>(value.integer);
  if (value.type == Type::kText || value.type == Type::kBlob)
    real = std::strtod(std::string(value.text()).c_str(), nullptr);
  char text[400];
  std::snprintf(text, sizeof text, "%.3f", real);
  return text;
}

std::string as_text(const Value& value) {
  if (value.type == Type::kInteger) return std::to_string(value.integer);
  if (value.type == Type::kReal) {
    char digits[64];
    std::string text(digits, std::to_chars(digits, digits + sizeof digits, value.real).ptr);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  }
  std::string text(value.text());
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '@';
  }
  return text.empty() ? "(empty)" : text;
}

std::string in_form(const Value& value, char type) {
  if (value.is_null()) return "NULL";
  return type == 'I' ? as_integer(value) : type == 'R' ? as_real(value) : as_text(value);
}

std::string first_few(const std::vector<std::string>& values) {
  std::string text = "[";
  for (size_t i = 0; i < std::min<size_t>(values.size(), 6); ++i) text += (i > 0 ? ", " : "") + values[i];
  return text + (values.size() > 6 ? ", ...]" : "]");
}

}  // namespace

std::vector<LogicRecord> parse_logic_file(std::string_view text) { return Parser(text).parse(); }

std::string logic_difference(const LogicRecord& query, const Rows& rows, LogicLabels& labels) {
  if (rows.columns() != query.types.size())
    return std::to_string(rows.columns()) + " columns, wanted " + std::to_string(query.types.size());
  std::vector<std::vector<std::string>> formed;
  for (const Row row : rows) {
    auto& values = formed.emplace_back();
    for (size_t i = 0; i < row.columns(); ++i) values.push_back(in_form(row.value(i), query.types[i]));
  }
  if (query.sort == "rowsort") std::sort(formed.begin(), formed.end());
  std::vector<std::string> values;
  for (auto& row : formed) values.insert(values.end(), row.begin(), row.end());
  if (query.sort == "valuesort") std::sort(values.begin(), values.end());
  std::string joined;
  for (const std::string& value : values) joined += value + '\n';
  const std::string hash = md5(joined);
  if (!query.label.empty() && labels.try_emplace(query.label, hash).first->second != hash)
    return "another result than an earlier query of the label " + query.label;
  const std::string hashed = std::to_string(values.size()) + " values hashing to " + hash;
  if (query.wanted == values) return {};
  if (query.wanted.size() == 1 && query.wanted[0] == hashed) return {};
  return "got " + first_few(values) + " (" + hashed + "), wanted " + first_few(query.wanted);
}

}  // namespace tern::test

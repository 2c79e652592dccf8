// Lines of JSON as rows-to-be.

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

#include "engine/cli/record_source.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

using Json = nlohmann::ordered_json;

// SQLite's own bound for JSON; it also keeps the writer of nested values, which calls itself, off the end of the stack.
constexpr size_t kMaxDepth = 1000;

class JsonlSource : public RecordSource {
 public:
  explicit JsonlSource(InputWindow& input) : input_(input) {}

  bool next(Record& record) override {
    if (line_ == 0) input_.skip_byte_order_mark();
    std::string_view text;
    do {
      if (!next_line(text)) return false;
    } while (text.find_first_not_of(" \t\r") == std::string_view::npos);
    record.line = line_;
    parse(text);
    fill(record);
    return true;
  }

 private:
  // The next line without its end; it stays in the window until the next call.
  bool next_line(std::string_view& text) {
    input_.use_up(last_bytes_);
    last_bytes_ = 0;
    ++line_;
    for (size_t searched = 0;;) {
      const std::string_view rest = input_.rest();
      const size_t end = rest.find('\n', searched);
      if (std::min(end, rest.size()) > kMaxRecordBytes) skip_long_line();
      if (end != std::string_view::npos) {
        text = rest.substr(0, end);
        last_bytes_ = end + 1;
        return true;
      }
      searched = rest.size();
      if (input_.more()) continue;
      text = input_.rest();
      last_bytes_ = text.size();
      return !text.empty();
    }
  }

  [[noreturn]] void skip_long_line() {
    const std::string shown = shorten(input_.rest().substr(0, 4 * kShownCells), kShownCells);
    for (;;) {
      const size_t end = input_.rest().find('\n');
      input_.use_up(end == std::string_view::npos ? input_.rest().size() : end + 1);
      if (end != std::string_view::npos || !input_.more()) break;
    }
    throw BadLine{line_, shown, "a line of more than 64 MiB"};
  }

  [[noreturn]] void refuse(std::string_view value, std::string reason) const {
    throw BadLine{line_, shorten(value, kShownCells), std::move(reason)};
  }

  void parse(std::string_view text) {
    const auto opens = std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
    if (static_cast<size_t>(opens) > kMaxDepth && depth(text) > kMaxDepth) {
      refuse(text, "nested more than 1000 deep");
    }
    try {
      object_ = Json::parse(text);
    } catch (const Json::parse_error& error) {
      refuse(text, "not JSON at byte " + std::to_string(error.byte));
    }
    if (!object_.is_object()) refuse(text, "not a JSON object");
  }

  static size_t depth(std::string_view text) {
    size_t now = 0;
    size_t deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (in_string && c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = !in_string;
      } else if (!in_string && (c == '[' || c == '{')) {
        deepest = std::max(deepest, ++now);
      } else if (!in_string && (c == ']' || c == '}') && now > 0) {
        --now;
      }
    }
    return deepest;
  }

  void fill(Record& record) {
    nested_.clear();
    record.values.clear();
    record.columns.resize(object_.size());
    size_t i = 0;
    for (const auto& [key, value] : object_.items()) {
      if (key.empty()) refuse(object_.dump().substr(0, 4 * kShownCells), "a key without a name");
      // Nearly always the same names as before: then nothing is copied.
      if (record.columns[i] != key) record.columns[i] = key;
      record.values.push_back(value_of(value));
      ++i;
    }
  }

  Value value_of(const Json& value) {
    switch (value.type()) {
      case Json::value_t::null:
        return {};
      case Json::value_t::boolean:
        return value.get<bool>() ? 1 : 0;
      case Json::value_t::number_integer:
        return value.get<int64_t>();
      case Json::value_t::number_unsigned: {
        const uint64_t number = value.get<uint64_t>();
        // What does not fit becomes REAL, as SQLite's own literals do.
        if (number > static_cast<uint64_t>(INT64_MAX)) return static_cast<double>(number);
        return static_cast<int64_t>(number);
      }
      case Json::value_t::number_float:
        return value.get<double>();
      case Json::value_t::string:
        return value.get_ref<const std::string&>();
      default:
        return nested_.emplace_back(value.dump());
    }
  }

  InputWindow& input_;
  uint64_t line_ = 0;
  size_t last_bytes_ = 0;
  Json object_;
  std::deque<std::string> nested_;  // a deque: its strings stay where they are
};

}  // namespace

std::unique_ptr<RecordSource> jsonl_source(InputWindow& input) { return std::make_unique<JsonlSource>(input); }

}  // namespace tern::cli

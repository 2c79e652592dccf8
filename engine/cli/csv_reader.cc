#include "engine/cli/csv_reader.h"

#include <algorithm>

#include "engine/cli/text.h"

namespace tern::cli {
namespace {

constexpr char kTooLong[] = "a record of more than 64 MiB; perhaps a quotation mark is not closed";

bool ends_bare_text(char c) noexcept { return c == ',' || c == '\n' || c == '"'; }

}  // namespace

bool CsvReader::next(std::vector<CsvField>& fields) {
  if (!begun_) {
    input_.skip_byte_order_mark();
    begun_ = true;
  }
  line_ = next_line_;
  bool whole = false;
  while (input_.rest().empty() || !parse(input_.rest(), whole, fields)) {
    if (whole) return false;
    if (input_.rest().size() > kMaxRecordBytes) refuse(kTooLong, input_.rest(), 0);
    whole = !read_more();
  }
  if (record_bytes_ > kMaxRecordBytes) refuse(kTooLong, input_.rest(), record_bytes_ - 1);
  finish(fields);
  use_up(record_bytes_);
  return true;
}

// Twice as much each time: a record is parsed anew after it, and this keeps the sum of that linear in its length.
bool CsvReader::read_more() {
  const size_t wanted = 2 * input_.rest().size();
  while (input_.more()) {
    if (input_.rest().size() >= wanted) return true;
  }
  return false;
}

bool CsvReader::parse(std::string_view text, bool whole, std::vector<CsvField>& fields) {
  fields.clear();
  unquoted_.clear();
  unquoted_fields_.clear();
  for (size_t at = 0;;) {
    if (at == text.size() && !whole) return false;
    const bool quoted = at < text.size() && text[at] == '"';
    at = quoted ? quoted_field(text, at, whole, fields) : bare_field(text, at, whole, fields);
    if (at == kMore) return false;
    if (at < text.size() && text[at] == ',') {
      ++at;
      continue;
    }
    record_bytes_ = std::min(text.size(), at + (text.substr(at).starts_with('\r') ? 2 : 1));
    return true;
  }
}

size_t CsvReader::bare_field(std::string_view text, size_t begin, bool whole, std::vector<CsvField>& fields) {
  const auto found = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), ends_bare_text);
  if (found == text.end() && !whole) return kMore;
  const auto stop = static_cast<size_t>(found - text.begin());
  if (found != text.end() && *found == '"') {
    refuse("a quotation mark inside a field that does not begin with one (field " + std::to_string(fields.size() + 1) +
               "); put the field in quotation marks, and double those in it",
           text.substr(begin), stop);
  }
  size_t end = stop;
  if (end < text.size() && text[end] == '\n' && end > begin && text[end - 1] == '\r') --end;
  fields.push_back({text.substr(begin, end - begin), false});
  return end;
}

size_t CsvReader::quoted_field(std::string_view text, size_t begin, bool whole, std::vector<CsvField>& fields) {
  bool doubled = false;
  size_t close = begin + 1;
  for (;; close += 2) {
    close = text.find('"', close);
    if (close == std::string_view::npos) {
      if (!whole) return kMore;
      refuse("a quotation mark that is not closed (field " + std::to_string(fields.size() + 1) + ")",
             text.substr(begin), 0);
    }
    if (close + 1 == text.size()) {
      if (!whole) return kMore;
      break;
    }
    if (text[close + 1] != '"') break;
    doubled = true;
  }
  const std::string_view behind = text.substr(close + 1);
  if (behind == "\r" && !whole) return kMore;
  if (!behind.empty() && behind[0] != ',' && behind[0] != '\n' && !behind.starts_with("\r\n")) {
    refuse("text behind the closing quotation mark of field " + std::to_string(fields.size() + 1) +
               "; quotation marks inside a field are doubled",
           text.substr(begin), close);
  }
  add_quoted(text.substr(begin + 1, close - begin - 1), doubled, fields);
  return close + 1;
}

void CsvReader::add_quoted(std::string_view inner, bool doubled, std::vector<CsvField>& fields) {
  fields.push_back({inner, true});
  if (!doubled) return;
  const size_t begin = unquoted_.size();
  while (!inner.empty()) {
    const size_t quote = inner.find('"');
    unquoted_ += inner.substr(0, quote == std::string_view::npos ? quote : quote + 1);
    if (quote == std::string_view::npos) break;
    inner.remove_prefix(quote + 2);
  }
  unquoted_fields_.push_back({fields.size() - 1, begin, unquoted_.size() - begin});
}

void CsvReader::finish(std::vector<CsvField>& fields) {
  // Only now does unquoted_ move no more.
  for (const Unquoted& u : unquoted_fields_) fields[u.field].text = std::string_view(unquoted_).substr(u.begin, u.size);
  if (!first_invalid_utf8(input_.rest().substr(0, record_bytes_))) return;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!first_invalid_utf8(fields[i].text)) continue;
    refuse("field " + std::to_string(i + 1) + " is not UTF-8; convert the file first (iconv -t UTF-8)", fields[i].text,
           record_bytes_ - 1);
  }
}

void CsvReader::refuse(std::string reason, std::string_view value, size_t resume_at) {
  BadLine bad{line_, shorten(value.substr(0, value.find('\n')), kShownCells), std::move(reason)};
  for (;;) {
    const size_t end = input_.rest().find('\n', resume_at);
    if (end != std::string_view::npos) {
      use_up(end + 1);
      break;
    }
    use_up(input_.rest().size());
    resume_at = 0;
    if (!input_.more()) break;
  }
  throw bad;
}

void CsvReader::use_up(size_t bytes) {
  const std::string_view used = input_.rest().substr(0, bytes);
  next_line_ += static_cast<uint64_t>(std::count(used.begin(), used.end(), '\n'));
  input_.use_up(bytes);
}

}  // namespace tern::cli

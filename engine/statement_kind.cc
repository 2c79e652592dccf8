#include "engine/statement_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace tern::internal {
namespace {

// Reads a text keyword by keyword; SQLite's own blanks and both kinds of its comments separate them.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  std::string word() {
    skip_blanks();
    std::string word;
    while (at_ < sql_.size() && (std::isalnum(current()) != 0 || current() == '_') && word.size() < 32) {
      word += static_cast<char>(std::toupper(current()));
      ++at_;
    }
    return word;
  }
  // A word, or a quoted name as SQLite's grammar takes one in its place.
  std::string name() {
    static constexpr std::pair<char, char> kQuotes[] = {{'"', '"'}, {'`', '`'}, {'\'', '\''}, {'[', ']'}};
    for (const auto& [open, close] : kQuotes) {
      if (!accept(open)) continue;
      std::string quoted = word();
      accept(close);
      return quoted;
    }
    return word();
  }
  bool at_end() {
    skip_blanks();
    return at_ == sql_.size();
  }
  bool accept(char c) {
    skip_blanks();
    if (at_ >= sql_.size() || sql_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_semicolons() {
    while (accept(';')) {
    }
  }

 private:
  int current() const { return static_cast<unsigned char>(sql_[at_]); }
  bool starts(std::string_view text) const { return sql_.substr(at_).starts_with(text); }
  void skip_blanks() {
    while (at_ < sql_.size()) {
      if (std::isspace(current()) != 0) {
        ++at_;
      } else if (starts("\xEF\xBB\xBF")) {
        at_ += 3;
      } else if (starts("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (starts("/*")) {
        const size_t end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  std::string_view sql_;
  size_t at_ = 0;
};

std::string pragma_refusal(Scanner& scanner) {
  static constexpr std::array<std::string_view, 7> kKept = {"JOURNAL_MODE",    "LOCKING_MODE", "WAL_AUTOCHECKPOINT",
                                                            "MMAP_SIZE",       "QUERY_ONLY",   "JOURNAL_SIZE_LIMIT",
                                                            "READ_UNCOMMITTED"};
  std::string name = scanner.name();
  if (scanner.accept('.')) name = scanner.name();
  if (std::find(kKept.begin(), kKept.end(), name) == kKept.end()) return {};
  if (!scanner.accept('=') && !scanner.accept('(')) return {};
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return "PRAGMA " + name +
         " cannot be set here: tern's own connections depend on it; tern::Options has what can be chosen";
}

// What follows CREATE: TEMP, or an object in the schema of that name.
bool creates_temporary(Scanner& scanner) {
  std::string word = scanner.word();
  if (word == "TEMP" || word == "TEMPORARY") return true;
  if (word == "UNIQUE" || word == "VIRTUAL") scanner.word();
  std::string name = scanner.name();
  if (name == "IF" && scanner.word() == "NOT" && scanner.word() == "EXISTS") name = scanner.name();
  return name == "TEMP" && scanner.accept('.');
}

}  // namespace

std::string first_keyword(std::string_view sql) {
  Scanner scanner(sql);
  scanner.skip_semicolons();
  return scanner.word().substr(0, 16);
}

bool is_blank(std::string_view sql) {
  Scanner scanner(sql);
  scanner.skip_semicolons();
  return scanner.at_end();
}

bool is_pragma(std::string_view sql) { return first_keyword(sql) == "PRAGMA"; }

bool changes_schema(std::string_view sql) {
  static constexpr std::array<std::string_view, 6> kWords = {"CREATE", "DROP", "ALTER", "REINDEX", "ANALYZE", "VACUUM"};
  return std::find(kWords.begin(), kWords.end(), first_keyword(sql)) != kWords.end();
}

std::string refusal(std::string_view sql, Place place) {
  Scanner scanner(sql);
  scanner.skip_semicolons();
  const std::string first = scanner.word();
  if (first == "EXPLAIN") {
    std::string explained = scanner.word();
    if (explained == "QUERY" && scanner.word() == "PLAN") explained = scanner.word();
    if (explained == "PRAGMA")
      return "EXPLAIN PRAGMA is not supported: SQLite carries out many pragmas while it prepares them, explained or "
             "not";
  }
  if (first == "PRAGMA") return pragma_refusal(scanner);
  if (place == Place::kSession) return {};
  for (const std::string_view word : {"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"}) {
    if (first == word)
      return first +
             " is not run as a statement: use transaction() or batch(), which commit and roll back by themselves, or a "
             "session";
  }
  if (first == "ATTACH" || first == "DETACH")
    return first +
           " is not supported here: it belongs to one connection; open the other file as a database of its own, "
           "or attach it to a session";
  if (first == "CREATE") {
    if (creates_temporary(scanner))
      return "CREATE TEMP is not supported here: a temporary object lives in one connection, and reads use several; "
             "use "
             "a session";
  }
  return {};
}

}  // namespace tern::internal

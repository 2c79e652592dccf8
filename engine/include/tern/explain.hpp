// Why a statement is or is not cached, what its answer hangs on, and what voided it lately.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tern/export.hpp"

namespace tern {

struct Explanation {
  bool cached = false;
  // Voided by any commit at all, rather than by commits to the pages that it read.
  bool any_commit = false;
  // Kept in the store too, for other processes and later ones. Not so what hangs on functions of the host.
  bool stored = false;
  std::string reason;               // a sentence: why it is not cached, or on what it hangs
  uint64_t pages = 0;               // database pages that this answer was made from
  std::vector<std::string> tags;    // of its policy
  std::vector<std::string> tables;  // tables and virtual tables that the statement reads, as SQLite names them
  uint64_t rows = 0;
  uint64_t bytes = 0;                 // of the rows as they are cached
  std::vector<std::string> policies;  // a line for each that is not the default (policy.hpp)

  // A table or index (SQLite keeps each in a b-tree of its own) of which the answer read pages.
  struct Part {
    std::string name;
    std::string table;  // the table that an index belongs to; of a table its own name
    bool index = false;
    uint64_t pages = 0;
    // How many commits ago (ones published together count once) the newest change was made to one of these pages, 0
    // being the last commit. Not set if none has changed since the cache was begun.
    std::optional<uint64_t> changed_commits_ago;
    uint64_t voided = 0;  // of the latest times that answers of this statement were voided, those by a page of it
  };
  std::vector<Part> parts;      // the most pages first
  uint64_t unmapped_pages = 0;  // that could not be told to belong to anything
  std::string why_unmapped;     // why, where a bound or SQLite is to blame

  // Answers of this statement (with whatever parameters) that a read of this process found voided.
  struct Voided {
    uint64_t times = 0;   // since the statement was first prepared
    uint64_t latest = 0;  // of these, the latest ones that are known in detail, at most 32
    // Of the latest: by a page of a part (there), by a schema change or another commit that voids all, by any commit
    // where any_commit is set, by hand (its statement or one of its tags), by a page that now belongs to none of the
    // parts.
    uint64_t by_everything = 0, by_any_commit = 0, by_hand = 0, by_other_pages = 0;
    std::optional<uint64_t> last_seconds_ago;
  } voided;

  // The same as one JSON object; the fields have the names that they have here.
  TERN_EXPORT std::string to_json() const;
};

}  // namespace tern

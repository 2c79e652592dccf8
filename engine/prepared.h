// Prepared statements as the engine shares them: by text and policy, one for each process, kept for good.
//
// A Prepared is what every handle of one text and one policy has in common. It holds no SQLite statement (each
// connection has its own, sql/statement_cache.h), but what is known of it, and the fingerprint that its entries are
// found by. No answer may rest on a hash alone, so the registry makes sure that within this process a fingerprint names
// one text, and the store does the same for its own; that is why texts are kept, and why their number is bounded: past
// kMaxStatements a statement works, but is not cached. Programs that paste values into SQL should bind them.
//
// Thread-safety: all of it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/key.h"
#include "cache/store.h"
#include "engine/reuse.h"
#include "engine/void_log.h"
#include "tern/policy.hpp"

namespace tern::internal {

enum class StatementKind : uint8_t {
  kRead,    // any read connection
  kWrite,   // the write connection, as a commit of its own
  kPragma,  // the write connection, reading or setting its state
};

struct Prepared {
  std::string sql;
  // Of a statement that reads; null: the default.
  std::unique_ptr<const Policy> policy;
  // Marks that its answers hang on (engine/marks.h): those of its tags, ascending.
  std::vector<uint32_t> tag_marks;
  // The text as keys know it, with the SQLite version that answers it (another version may answer differently) and the
  // shape that the policy gives to its entries. Its fingerprint is what keys begin with.
  std::shared_ptr<cache::StoredStatement> stored;
  size_t parameter_count = 0;
  // As SQLite had them when the text was examined; a change of the schema can change the columns.
  std::vector<std::string> parameters;  // with their prefix; empty for one without a name
  std::vector<std::string> columns;
  StatementKind kind = StatementKind::kRead;
  bool returns_rows = false;
  bool changes_schema = false;  // by its first keyword, VACUUM and its kin included
  bool unique = false;          // the fingerprint names this text alone in this process
  // What the last run or preparation found; a change of the schema can change it. relaxed: a hint that spares a
  // look-up.
  std::atomic<bool> cacheable{false};
  // The generation (host_registry.h) for which its answers were last found not to hang on anything of the host's: under
  // that one the store may be asked. 0: never. relaxed: it is compared with a generation loaded with acquire.
  std::atomic<uint64_t> sharable_in{0};
  VoidLog voids;
  Reuse reuse;
};

class StatementRegistry {
 public:
  static constexpr size_t kMaxStatements = 16384;

  // The statement of that name (its text and its policy), made by `make` when it is new. `make` runs unlocked, and may
  // throw.
  std::shared_ptr<Prepared> get(std::string_view name, const std::function<std::shared_ptr<Prepared>()>& make);
  size_t size() const;

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  struct KeyHashHash {
    size_t operator()(const cache::KeyHash& hash) const noexcept { return static_cast<size_t>(hash.low); }
  };

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Prepared>, TextHash, std::equal_to<>> by_name_;
  std::unordered_map<cache::KeyHash, const Prepared*, KeyHashHash> by_fingerprint_;
};

}  // namespace tern::internal

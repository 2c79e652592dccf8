// Between SQLite and an entry: arguments out of a key into a statement, rows out of a statement into a body.
#pragma once

#include <cstdint>
#include <new>

#include "cache/body.h"
#include "cache/key.h"
#include "sql/statement.h"
#include "tern/value.hpp"

namespace tern::internal {

// The arguments follow the fingerprint in the full key (cache/key.h).
inline constexpr size_t kFingerprintBytes = 16;

inline void add_argument(cache::KeyBuilder& key, const Value& value) noexcept {
  switch (value.type) {
    case Type::kInteger:
      return key.add_integer(value.integer);
    case Type::kReal:
      return key.add_real(value.real);
    case Type::kText:
      return key.add_text(value.text());
    case Type::kBlob:
      return key.add_blob(value.blob());
    case Type::kNull:
      break;
  }
  key.add_null();
}

// The key of a statement with one parameter. std::bad_alloc without memory for it.
inline cache::KeyBuilder key_of(const cache::KeyHash& fingerprint, const Value& value) {
  cache::KeyBuilder key(fingerprint);
  add_argument(key, value);
  if (!key.complete()) throw std::bad_alloc();
  return key;
}

// Binds the key's arguments, in order. The bytes are borrowed: the key must stay until the statement is reset and
// cleared. Throws sql::Error naming both counts when there are too many or too few.
void bind_arguments(sql::Statement& statement, const cache::KeyBuilder& key);

// Steps the statement to its end and collects its rows. Throws sql::Error, or tern::Error (kLimit) past 4 GiB.
void read_rows(sql::Statement& statement, cache::BodyBuilder& body);

}  // namespace tern::internal

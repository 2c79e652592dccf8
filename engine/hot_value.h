// A KV value from the hot tier and from nowhere else: for callers who must not wait, such as an event loop.
//
// Thread-safety: any thread. Errors: those of a get, for the key and after fork(). Cost: that of a hot get; no lock, no
// call of the system but for the clock.
#pragma once

#include <optional>
#include <string_view>

#include "engine/kv_namespace.h"
#include "tern/kv.hpp"

namespace tern::internal {

// Nothing where the hot tier cannot tell: LMDB would have to be asked. A nothing within: it knows that there is no such
// key, or that it has expired.
std::optional<std::optional<Pinned>> value_if_hot(const KvNamespaceImpl& of, std::string_view key);

}  // namespace tern::internal

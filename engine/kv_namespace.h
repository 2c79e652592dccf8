// What a KvNamespace points to: the engine that it keeps open, and its number in the KV tier. Not installed.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/engine.h"
#include "engine/kv_tier.h"
#include "tern/kv.hpp"

namespace tern::internal {

struct KvNamespaceImpl {
  const std::shared_ptr<Engine> engine;
  KvTier& tier;
  const uint64_t number;
  const std::string name;
  const KvLimits limits;
};

// KvNamespace::put_many() of what was checked when it was put into a queue: a moment that has passed since is no error,
// and the value expires at once.
uint64_t put_checked(KvNamespaceImpl& impl, std::span<const KvItem> items);

}  // namespace tern::internal

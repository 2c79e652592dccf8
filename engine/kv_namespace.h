// What a KvNamespace points to: the engine that it keeps open, and its number in the KV tier. Not installed.
#pragma once

#include <memory>
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

}  // namespace tern::internal

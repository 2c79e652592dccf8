// Writes to a KV namespace that wait at the same time share synced commits, in the order in which they came.
//
// Contract. Any thread. Each write has its own outcome: where several fail together, each is tried by itself.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "failure.h"
#include "instance.h"
#include "napi_tools.h"

namespace tern_node {

struct KvWrite {
  Bytes key, value, metadata;
  int64_t expires_at_ms = 0;  // 0: never
  bool deletes = false;

  std::optional<Failure> failure;
};

void run_writes(const Namespace& names, std::span<KvWrite> writes);

}  // namespace tern_node

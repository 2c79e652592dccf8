// Packed parameters (docs/formats.md) as keys: what the functions of tern_packed.h and tern_queue.h share.
//
// Contract: borrows nothing. Throws Error::kMisuse that names the function, and the call of a batch; std::bad_alloc.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/c_api_handles.h"
#include "engine/prepared.h"
#include "engine/writer.h"
#include "tern/tern_packed.h"

namespace tern::internal {

// Calls with their parameters as keys; what `calls` points to is in the other two.
struct PackedCalls {
  std::vector<std::shared_ptr<Prepared>> kept;
  std::vector<std::unique_ptr<cache::KeyBuilder>> keys;
  std::vector<WriterCall> calls;
  size_t bytes = 0;  // of the parameters
};

// Of statements of that database. `numbered`: an error names which of them it is about.
PackedCalls bind_packed(const char* function, const tern_database& db, std::span<const tern_packed_call> calls,
                        bool numbered);

}  // namespace tern::internal

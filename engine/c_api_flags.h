// Flags of one call of a statement (TERN_BYPASS, TERN_ONLY_HOT): what they say, and who answers then.
//
// Contract: functions of their arguments, for any thread. Errors: Error::kUnsupported for a flag that is not known,
// kMisuse for two that contradict each other, and those of the run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/access.h"
#include "engine/c_api_handles.h"

namespace tern::internal {

inline void check_flags(const char* function, uint32_t flags, uint32_t known) {
  if ((flags & ~known) != 0)
    throw Error(ErrorCode::kUnsupported, std::string(function) + ": flags has bits that tern " + tern_version() +
                                             " does not know here: " + std::to_string(flags & ~known));
}

inline void check_call_flags(const char* function, uint32_t flags) {
  check_flags(function, flags, TERN_BYPASS | TERN_ONLY_HOT);
  if ((flags & TERN_BYPASS) != 0 && (flags & TERN_ONLY_HOT) != 0)
    throw Error(ErrorCode::kMisuse,
                std::string(function) + ": TERN_BYPASS and TERN_ONLY_HOT contradict each other; set one of them");
}

// Nothing only with TERN_ONLY_HOT, where the caller would have to wait.
inline std::optional<Rows> run_by_flags(const StatementImpl& impl, const cache::KeyBuilder& key, uint32_t flags) {
  if ((flags & TERN_ONLY_HOT) != 0) return impl.run_if_hot(key);
  return (flags & TERN_BYPASS) != 0 ? impl.run_past_cache(key) : impl.run(key);
}

// TERN_WOULD_BLOCK. An event loop meets it all the time, so it costs no exception.
tern_status fail_would_block(const char* function) noexcept;

}  // namespace tern::internal

// Tells AddressSanitizer which memory of ours nobody may touch, and its leak checker where pointers lie that it would
// not see: in memory that was mapped. Nothing without it.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

namespace tern::cache {

inline void forbid([[maybe_unused]] const void* memory, [[maybe_unused]] size_t bytes) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  __asan_poison_memory_region(memory, bytes);
#endif
}

inline void permit([[maybe_unused]] const void* memory, [[maybe_unused]] size_t bytes) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(memory, bytes);
#endif
}

inline void show_pointers([[maybe_unused]] const void* memory, [[maybe_unused]] size_t bytes) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  __lsan_register_root_region(memory, bytes);
#endif
}

// With the same arguments.
inline void hide_pointers([[maybe_unused]] const void* memory, [[maybe_unused]] size_t bytes) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  __lsan_unregister_root_region(memory, bytes);
#endif
}

}  // namespace tern::cache

// What the tests of cache/ share: bytes, keys and entries made in one line.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/body.h"
#include "cache/clock.h"
#include "cache/entry.h"
#include "cache/hot_entry.h"
#include "cache/key.h"

namespace tern::cache {

inline std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string key_of(const HotEntry& entry) {
  std::string key(entry.key_size(), ' ');
  entry.copy_key(reinterpret_cast<std::byte*>(key.data()));
  return key;
}

struct EntrySpec {
  std::string key = "key";
  std::string value = "value";
  uint64_t label = 1;
  std::vector<uint32_t> slots = {};
  int64_t expires_at_ms = 0;
  uint8_t flags = 0;
  std::vector<uint32_t> kv_slots = {};
  uint64_t kv_label = 0;
  int64_t kv_expires_at_ms = 0;
};

inline KeyHash hash_of(std::string_view key) { return hash_bytes(bytes(key)); }

inline EntryRef make_entry(const EntrySpec& spec) {
  EntryFields fields;
  fields.hash = hash_of(spec.key);
  fields.key = bytes(spec.key);
  fields.label = spec.label;
  fields.flags = spec.flags;
  fields.expires_at_ms = spec.expires_at_ms;
  fields.slots = spec.slots;
  fields.kv = {.label = spec.kv_label, .expires_at_ms = spec.kv_expires_at_ms, .slots = spec.kv_slots};
  return Entry::make(fields, bytes(spec.value));
}

// `View`: EntryView, HotEntry or KvReadsView.
template <typename View>
std::vector<uint32_t> slots_of(const View& view) {
  std::vector<uint32_t> slots;
  view.for_each_slot([&](uint32_t slot) {
    slots.push_back(slot);
    return true;
  });
  return slots;
}

inline constexpr auto always = [](const EntryView&) { return true; };
inline constexpr auto never = [](const EntryView&) { return false; };

class ManualClock final : public Clock {
 public:
  int64_t monotonic_ns() noexcept override { return now_ns_.load(); }
  int64_t wall_ms() noexcept override { return now_ns_.load() / 1'000'000; }
  void advance_ms(int64_t ms) { now_ns_.fetch_add(ms * 1'000'000); }

 private:
  std::atomic<int64_t> now_ns_{0};
};

}  // namespace tern::cache

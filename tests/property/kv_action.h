// What the model test does to the KV tier: actions as data, so that they can be handed to another process, and what
// came of them as text, so that two of them are compared in one way.
//
// Plain data and pure functions. Only what encode() wrote is decoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tern::test {

struct KvAction {
  enum class Verb : uint8_t {
    kGet,
    kGetMany,
    kPut,
    kPutMany,  // each value is `value` and the place of its key
    kRemove,
    kRemoveMany,
    kRemovePrefix,
    kPutIfVersion,
    kRemoveIfVersion,
    kIncrement,
    kTouch,
    kList,
    kSweep,  // until nothing is due
    kNow,
    kOpen,  // the folder is keys[0], the boot's name keys[1]
    kClose,
  };
  Verb verb = Verb::kGet;
  uint8_t space = 0;  // by its place in kKvSpaces
  std::vector<std::string> keys = {};
  std::string value = {};  // of a listing: where it starts
  std::string metadata = {};
  std::string cursor = {};
  int64_t ttl_ms = 0;
  int64_t expires_at_ms = 0;
  uint64_t version = 0;
  int64_t number = 0;  // what is added, or how many are listed
};

// Handles: two of one namespace with different limits, and one of another.
struct KvSpace {
  std::string_view name;
  bool workers;  // KvLimits::kWorkers
};
inline constexpr KvSpace kKvSpaces[] = {{"one", false}, {"two", false}, {"one", true}};

struct KvAnswer {
  std::string text;      // to be the same for the tier and the model
  uint64_t version = 0;  // that a write gave; 0: it gave none
  std::string cursor;    // of a page that is not the last
};

std::string encode(const KvAction& action);
KvAction decode_action(std::string_view bytes);
std::string encode(const KvAnswer& answer);
KvAnswer decode_answer(std::string_view bytes);

// For messages: long texts as their beginning and their size.
std::string describe(const KvAction& action);
std::string shown(std::string_view text);

// The words of an answer.
std::string text_of_value(std::string_view value, std::string_view metadata, int64_t expires_at_ms, uint64_t version);
std::string text_of_key(std::string_view key, std::string_view metadata, int64_t expires_at_ms, uint64_t version);
inline constexpr std::string_view kNoValue = "(none)\n";

}  // namespace tern::test

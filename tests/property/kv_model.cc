#include "tests/property/kv_model.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "tern/error.hpp"

namespace tern::test {
namespace {

using Verb = KvAction::Verb;

// The bounds as docs/limits.md has them.
constexpr size_t kNativeKeyBytes = 2048;
constexpr size_t kWorkersKeyBytes = 512;
constexpr size_t kMetadataBytes = 1024;
constexpr int64_t kWorkersTtlMs = 60'000;
constexpr int64_t kPageOfKeys = 1000;
constexpr size_t kKeysLookedAt = 10'000;

std::string error_text(ErrorCode code) { return "error " + std::to_string(static_cast<int>(code)); }
KvAnswer number(auto what) { return {.text = std::to_string(what), .cursor = {}}; }

bool key_is_good(const std::string& key, bool workers) {
  if (key.empty() || key.size() > (workers ? kWorkersKeyBytes : kNativeKeyBytes)) return false;
  return !workers || (key != "." && key != "..");
}

bool has_expiry(Verb verb) {
  return verb == Verb::kPut || verb == Verb::kPutMany || verb == Verb::kPutIfVersion || verb == Verb::kIncrement ||
         verb == Verb::kTouch;
}

std::optional<int64_t> integer(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const KvModel::Item* KvModel::living(uint8_t space, const std::string& key) const {
  const auto found = map_of(space).find(key);
  return found == map_of(space).end() || expired(found->second) ? nullptr : &found->second;
}

uint64_t KvModel::version_of(uint8_t space, const std::string& key) const {
  const Item* const item = living(space, key);
  return item == nullptr ? 0 : item->version;
}

int64_t KvModel::next_expiry_ms() const {
  int64_t next = 0;
  for (const Map* map : {&one_, &two_}) {
    for (const auto& [key, item] : *map) {
      if (item.expires_at_ms > now_ms() && (next == 0 || item.expires_at_ms < next)) next = item.expires_at_ms;
    }
  }
  return next;
}

std::optional<std::string> KvModel::fault_of_expiry(const KvAction& action) const {
  const bool workers = kKvSpaces[action.space].workers;
  if (action.ttl_ms != 0 && action.expires_at_ms != 0) return error_text(ErrorCode::kMisuse);
  if (action.expires_at_ms != 0) {
    const int64_t ahead = action.expires_at_ms - now_ms();
    if (ahead <= 0 || (workers && ahead < kWorkersTtlMs)) return error_text(ErrorCode::kLimit);
  } else if (action.ttl_ms < 0 || (workers && action.ttl_ms != 0 && action.ttl_ms < kWorkersTtlMs)) {
    return error_text(ErrorCode::kLimit);
  }
  return std::nullopt;
}

std::optional<std::string> KvModel::fault(const KvAction& action) const {
  const bool workers = kKvSpaces[action.space].workers;
  const std::string limit = error_text(ErrorCode::kLimit);
  if (action.verb == Verb::kList || action.verb == Verb::kRemovePrefix) {
    if (std::max(action.keys[0].size(), action.value.size()) > kNativeKeyBytes) return limit;
    const bool page = action.number >= 1 && action.number <= kPageOfKeys;
    return action.verb == Verb::kRemovePrefix || page ? std::nullopt : std::optional(limit);
  }
  // Of several faults the tier tells the first: each item is looked at in turn, and all have the same options.
  if (!key_is_good(action.keys[0], workers)) return limit;
  if (has_expiry(action.verb)) {
    if (action.metadata.size() > kMetadataBytes) return limit;
    if (workers && !action.metadata.empty() && !nlohmann::json::accept(action.metadata))
      return error_text(ErrorCode::kMisuse);
    if (const auto error = fault_of_expiry(action)) return error;
  }
  const auto good = [&](const std::string& key) { return key_is_good(key, workers); };
  return std::ranges::all_of(action.keys, good) ? std::nullopt : std::optional(limit);
}

int64_t KvModel::expiry(const KvAction& action) const {
  if (action.expires_at_ms != 0) return action.expires_at_ms;
  return action.ttl_ms == 0 ? 0 : now_ms() + action.ttl_ms;
}

uint64_t KvModel::take_version(uint64_t given) {
  if (given <= last_version_) return 0;  // shows as a difference in every answer that has it
  return last_version_ = given;
}

KvAnswer KvModel::run(const KvAction& action, const KvAnswer& given) {
  if (action.verb == Verb::kOpen || action.verb == Verb::kClose) return {};
  if (action.verb == Verb::kNow) return number(now_ms());
  if (action.verb == Verb::kSweep) return number(sweep());
  if (const auto error = fault(action)) return {.text = *error, .cursor = {}};
  if (action.verb == Verb::kGet || action.verb == Verb::kGetMany) {
    KvAnswer answer;
    for (const std::string& key : action.keys) {
      const Item* const item = living(action.space, key);
      answer.text += item == nullptr ? std::string(kNoValue)
                                     : text_of_value(item->value, item->metadata, item->expires_at_ms, item->version);
    }
    return answer;
  }
  if (action.verb == Verb::kList) return list(action);
  return write(action, given);
}

KvAnswer KvModel::write(const KvAction& action, const KvAnswer& given) {
  switch (action.verb) {
    case Verb::kPut:
    case Verb::kPutMany:
      return put(action, given);
    case Verb::kPutIfVersion:
      if (version_of(action.space, action.keys[0]) != action.version) return {.text = "another version", .cursor = {}};
      return put(action, given);
    case Verb::kRemove:
    case Verb::kRemoveMany:
      return number(remove(action));
    case Verb::kRemovePrefix:
      return number(remove_prefix(action.space, action.keys[0]));
    case Verb::kRemoveIfVersion: {
      const Item* const item = living(action.space, action.keys[0]);
      const bool same = item != nullptr && item->version == action.version;
      return number(same ? remove(action) : 0);
    }
    case Verb::kIncrement:
      return increment(action, given);
    case Verb::kTouch:
      return touch(action, given);
    default:
      throw std::logic_error("not a write");
  }
}

KvAnswer KvModel::put(const KvAction& action, const KvAnswer& given) {
  const uint64_t version = take_version(given.version);
  for (size_t i = 0; i < action.keys.size(); ++i) {
    const bool many = action.verb == Verb::kPutMany;
    map_of(action.space)[action.keys[i]] = {.value = many ? action.value + std::to_string(i) : action.value,
                                            .metadata = action.metadata,
                                            .expires_at_ms = expiry(action),
                                            .version = version};
  }
  return {.text = "put", .version = version, .cursor = {}};
}

KvAnswer KvModel::increment(const KvAction& action, const KvAnswer& given) {
  const Item* const there = living(action.space, action.keys[0]);
  Item item{.value = {}, .metadata = action.metadata, .expires_at_ms = expiry(action)};
  int64_t sum = action.number;
  if (there != nullptr) {
    const auto before = integer(there->value);
    if (!before) return {.text = error_text(ErrorCode::kMisuse), .cursor = {}};
    if (__builtin_add_overflow(*before, action.number, &sum))
      return {.text = error_text(ErrorCode::kLimit), .cursor = {}};
    item = *there;
  }
  item.value = std::to_string(sum);
  item.version = take_version(given.version);
  map_of(action.space)[action.keys[0]] = item;
  return {.text = std::to_string(sum), .version = item.version, .cursor = {}};
}

KvAnswer KvModel::touch(const KvAction& action, const KvAnswer& given) {
  const Item* const there = living(action.space, action.keys[0]);
  if (there == nullptr) return {.text = std::string(kNoValue), .cursor = {}};
  Item& item = map_of(action.space)[action.keys[0]];
  item.expires_at_ms = expiry(action);
  item.version = take_version(given.version);
  return {.text = text_of_value(item.value, item.metadata, item.expires_at_ms, item.version),
          .version = item.version,
          .cursor = {}};
}

size_t KvModel::remove(const KvAction& action) {
  size_t removed = 0;
  for (const std::string& key : action.keys) {
    removed += living(action.space, key) != nullptr ? 1 : 0;
    map_of(action.space).erase(key);
  }
  return removed;
}

size_t KvModel::remove_prefix(uint8_t space, const std::string& prefix) {
  size_t there = 0;
  std::erase_if(map_of(space), [&](const auto& entry) {
    const bool meant = entry.first.starts_with(prefix);
    there += meant && !expired(entry.second) ? 1 : 0;
    return meant;
  });
  return there;
}

size_t KvModel::sweep() {
  size_t swept = 0;
  for (Map* map : {&one_, &two_})
    swept += std::erase_if(*map, [&](const auto& entry) { return expired(entry.second); });
  return swept;
}

KvAnswer KvModel::list(const KvAction& action) {
  const Map& map = map_of(action.space);
  const std::string& prefix = action.keys[0];
  auto at = map.lower_bound(std::max(prefix, action.value));
  if (!action.cursor.empty() && last_listed_ >= std::max(prefix, action.value)) at = map.upper_bound(last_listed_);
  KvAnswer answer;
  int64_t listed = 0;
  bool complete = true;
  std::string last;
  for (size_t looked = 0; at != map.end() && at->first.starts_with(prefix); ++at, ++looked) {
    if (listed == action.number || looked == kKeysLookedAt) {
      complete = false;
      break;
    }
    last = at->first;
    if (expired(at->second)) continue;
    ++listed;
    answer.text += text_of_key(at->first, at->second.metadata, at->second.expires_at_ms, at->second.version);
  }
  if (!complete) last_listed_ = last;
  answer.text += complete ? "complete" : "more";
  return answer;
}

}  // namespace tern::test

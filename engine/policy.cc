#include "engine/policy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <set>

#include "engine/marks.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

using std::chrono::milliseconds;

[[noreturn]] void refuse(const char* field, const std::string& value, const std::string& allowed) {
  throw Error(ErrorCode::kMisuse, std::string("Policy::") + field + " is " + value + "; it must be " + allowed);
}

void check_time(const char* field, milliseconds time) {
  if (time >= milliseconds(0) && time <= kMaxPolicyTime) return;
  refuse(field, std::to_string(time.count()) + " ms",
         "between 0 and " + std::to_string(kMaxPolicyTime.count()) + " ms (366 days)");
}

void add_line(std::vector<std::string>& lines, const char* name, milliseconds time, const std::string& more = {}) {
  if (time.count() != 0) lines.push_back(std::string(name) + " " + std::to_string(time.count()) + " ms" + more);
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", share * 100);
  return text;
}

// SplitMix64's finisher (Steele, Lea, Flood 2014): neighbouring times become unrelated numbers.
uint64_t mixed(uint64_t x) noexcept {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

}  // namespace

void check_tag(std::string_view tag) {
  if (!tag.empty() && tag.size() <= kMaxTagBytes) return;
  throw Error(ErrorCode::kMisuse, "a tag of " + std::to_string(tag.size()) + " bytes; a tag has 1 to " +
                                      std::to_string(kMaxTagBytes) + " bytes");
}

void check_policy(const Policy& policy) {
  if (policy.tags.size() > kMaxTags)
    refuse("tags", std::to_string(policy.tags.size()) + " tags", "at most " + std::to_string(kMaxTags));
  for (const std::string& tag : policy.tags) check_tag(tag);
  check_time("ttl", policy.ttl);
  check_time("stale_while_revalidate", policy.stale_while_revalidate);
  check_time("stale_if_error", policy.stale_if_error);
  check_time("refresh_ahead", policy.refresh_ahead);
  if (!(policy.ttl_jitter >= 0 && policy.ttl_jitter <= 1))
    refuse("ttl_jitter", std::to_string(policy.ttl_jitter), "between 0 and 1");
  if (policy.refresh_ahead.count() != 0 && policy.refresh_ahead >= policy.ttl)
    refuse("refresh_ahead", std::to_string(policy.refresh_ahead.count()) + " ms",
           "shorter than the ttl, which is " + std::to_string(policy.ttl.count()) + " ms");
  if (policy.admit_min_cost.count() < 0)
    refuse("admit_min_cost", std::to_string(policy.admit_min_cost.count()) + " ns", "at least 0");
}

std::string encode_shape(const Policy& policy) {
  std::string text;
  if (policy.ttl.count() != 0) {
    text += "ttl=" + std::to_string(policy.ttl.count()) + "," +
            std::to_string(std::bit_cast<uint64_t>(policy.ttl_jitter + 0.0)) + ";";  // + 0.0: -0.0 is 0.0
  }
  // In whatever order they were given, and however often.
  for (const std::string& tag : std::set<std::string>(policy.tags.begin(), policy.tags.end()))
    text += "tag=" + std::to_string(tag.size()) + ":" + tag + ";";
  return text;
}

std::string encode(const Policy& policy) {
  std::string text = encode_shape(policy);
  const auto add = [&text](int64_t number) { text += std::to_string(number) + ","; };
  add(policy.stale_while_revalidate.count());
  add(policy.stale_if_error.count());
  add(policy.refresh_ahead.count());
  add(policy.negative_caching ? 1 : 0);
  add(static_cast<int64_t>(policy.admit_max_bytes));
  add(policy.admit_min_cost.count());
  add(policy.admit_second_time ? 1 : 0);
  add(policy.pin ? 1 : 0);
  return text;
}

void adopt_policy(Prepared& prepared, const Policy& policy) {
  prepared.policy = std::make_unique<const Policy>(policy);
  for (const std::string& tag : policy.tags) prepared.tag_marks.push_back(mark_of_tag(tag));
  std::sort(prepared.tag_marks.begin(), prepared.tag_marks.end());
  prepared.tag_marks.erase(std::unique(prepared.tag_marks.begin(), prepared.tag_marks.end()), prepared.tag_marks.end());
  // No text of a statement ends like this, as none compiles.
  if (const std::string shape = encode_shape(policy); !shape.empty())
    prepared.stored = std::make_shared<cache::StoredStatement>(prepared.stored->text() + '\x01' + shape);
}

std::vector<std::string> describe(const Policy& policy) {
  std::vector<std::string> lines;
  add_line(lines, "ttl", policy.ttl, policy.ttl_jitter > 0 ? ", up to " + percent(policy.ttl_jitter) + " less" : "");
  add_line(lines, "stale while revalidate", policy.stale_while_revalidate);
  add_line(lines, "stale if error", policy.stale_if_error);
  add_line(lines, "refresh ahead", policy.refresh_ahead);
  if (!policy.negative_caching) lines.emplace_back("answers without a row are not cached");
  if (policy.admit_max_bytes != 0) lines.push_back("cached up to " + std::to_string(policy.admit_max_bytes) + " bytes");
  if (policy.admit_min_cost.count() != 0)
    lines.push_back("cached if it took " + std::to_string(policy.admit_min_cost.count()) + " ns or more");
  if (policy.admit_second_time) lines.emplace_back("cached from the second time on");
  if (policy.pin) lines.emplace_back("pinned in memory");
  return lines;
}

int64_t expiry_of(const Policy& policy, const cache::KeyHash& hash, int64_t now_ms) noexcept {
  const int64_t ttl_ms = policy.ttl.count();
  if (ttl_ms == 0) return 0;
  const double part = static_cast<double>(mixed(hash.low ^ static_cast<uint64_t>(now_ms)) >> 11) * 0x1p-53;  // [0, 1)
  const auto less = static_cast<int64_t>(static_cast<double>(ttl_ms) * policy.ttl_jitter * part);
  const int64_t at = now_ms + ttl_ms - less;
  return at != 0 ? at : 1;  // 0 is never
}

}  // namespace tern::internal

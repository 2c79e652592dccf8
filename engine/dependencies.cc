#include "engine/dependencies.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "cache/kv_stamps.h"
#include "cache/probes.h"

namespace tern::internal {
namespace {

// Sorted and made unique each time that this many have come together.
constexpr size_t kCompactAt = 2 * Dependencies::kMaxSlots;
constexpr size_t kCompactKvAt = 2 * Dependencies::kMaxKvSlots;

void sort_unique(std::vector<uint32_t>& slots) {
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
}

}  // namespace

constinit thread_local const std::shared_ptr<Dependencies>* Dependencies::active = nullptr;

Dependencies::Dependencies(const sql::ReadPool* of, uint64_t label, std::span<const std::byte> key,
                           std::shared_ptr<Dependencies> outer)
    : of_(of), begun_(label), key_(key.begin(), key.end()), outer_(std::move(outer)), label_(label) {}

Dependencies::Scope::Scope(std::shared_ptr<Dependencies> of) noexcept : mine_(std::move(of)), outer_(active) {
  const std::lock_guard lock(mine_->mutex_);
  ++mine_->scopes_;
  active = &mine_;
}

Dependencies::Scope::~Scope() {
  active = outer_;
  const std::lock_guard lock(mine_->mutex_);
  --mine_->scopes_;
}

Dependencies::RefusesOnError::RefusesOnError() noexcept : exceptions_(std::uncaught_exceptions()) {}

Dependencies::RefusesOnError::~RefusesOnError() {
  if (std::uncaught_exceptions() > exceptions_) refuse_current("a read in it failed");
}

void Dependencies::add_pages(const sql::ReadPool* from, std::span<const uint32_t> pages, bool any_commit,
                             std::optional<uint64_t> label, bool sharable) {
  const std::lock_guard lock(mutex_);
  if (!takes(from, label.value_or(begun_), sharable, any_commit)) return;
  for (const uint32_t page : pages) add_slot(page);
}

void Dependencies::add_slots(std::span<const uint32_t> slots) {
  const std::lock_guard lock(mutex_);
  if (closed_ || !why_.empty()) return;
  for (const uint32_t slot : slots) add_slot(slot);
}

void Dependencies::add_kv(const sql::ReadPool* from, const KvRead& read) {
  const std::lock_guard lock(mutex_);
  if (takes(from)) add_kv_slot(read);
}

void Dependencies::add(const Dependencies& inner) {
  if (TERN_MUTANT(kComputeInnerDropped)) return;
  if (inner.refused()) refuse(inner.why());
  const std::lock_guard lock(mutex_);
  if (!closed_) limit_freshness(inner.freshness());
  if (!takes(inner.of_, inner.label(), inner.sharable(), inner.any_commit())) return;
  for (const uint32_t slot : inner.slots()) add_slot(slot);
  limit(expires_at_ms_, inner.expires_at_ms());
  for (const uint32_t slot : inner.kv_slots())
    add_kv_slot({.slot = slot, .label = inner.kv_label(), .expires_at_ms = inner.kv_expires_at_ms()});
}

void Dependencies::refuse(std::string_view why) {
  const std::lock_guard lock(mutex_);
  if (!closed_ && why_.empty()) why_ = why;
}

void Dependencies::refuse_as_stale(const Freshness& freshness) {
  refuse("an answer that it was made from was stale, as its policy allows");
  const std::lock_guard lock(mutex_);
  if (!closed_) limit_freshness(freshness);
}

void Dependencies::expire_at(int64_t at_ms) {
  const std::lock_guard lock(mutex_);
  if (!closed_) limit(expires_at_ms_, at_ms);
}

void Dependencies::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (scopes_ != 0 && why_.empty()) why_ = "a thread that takes part in it went on after its function had returned";
  compact();
}

bool Dependencies::takes(const sql::ReadPool* from) {
  if (closed_ || !why_.empty()) return false;
  if (from == of_) return true;
  why_ = "it reads another database";
  return false;
}

bool Dependencies::takes(const sql::ReadPool* from, uint64_t label, bool sharable, bool any_commit) {
  if (!takes(from)) return false;
  if (TERN_MUTANT(kComputeReadSetDropped) && !slots_.empty()) return false;
  label_ = TERN_MUTANT(kComputeLabelLate) ? std::max(label_, label) : std::min(label_, label);
  sharable_ = sharable_ && sharable;
  any_commit_ = any_commit_ || any_commit;
  return true;
}

void Dependencies::add_slot(uint32_t slot) {
  if (any_commit_) return;
  if (slots_.size() >= kCompactAt) compact();
  slots_.push_back(slot);
}

void Dependencies::add_kv_slot(const KvRead& read) {
  if (TERN_MUTANT(kComputeKvKeyDropped) && !kv_slots_.empty()) return;
  if (kv_slots_.size() >= kCompactKvAt) compact();
  kv_slots_.push_back(static_cast<uint32_t>(read.slot & (cache::KvStamps::kSlots - 1)));
  if (TERN_MUTANT(kComputeKvLabelLate) && kv_label_ != ~uint64_t{0}) {
    kv_label_ = std::max(kv_label_, read.label);
  } else {
    kv_label_ = std::min(kv_label_, read.label);
  }
  limit(kv_expires_at_ms_, read.expires_at_ms);
}

void Dependencies::limit(int64_t& expiry_ms, int64_t at_ms) noexcept {
  if (at_ms != 0 && (expiry_ms == 0 || at_ms < expiry_ms)) expiry_ms = at_ms;
}

void Dependencies::limit_freshness(const Freshness& freshness) noexcept {
  if (!freshness.fresh && (freshness_.fresh || freshness.age_ms > freshness_.age_ms)) freshness_ = freshness;
}

void Dependencies::compact() {
  sort_unique(slots_);
  any_commit_ = any_commit_ || slots_.size() > kMaxSlots;
  if (any_commit_) slots_.clear();
  sort_unique(kv_slots_);
  if (kv_slots_.size() > kMaxKvSlots && why_.empty())
    why_ = "it reads more than " + std::to_string(kMaxKvSlots) + " different keys of KV namespaces";
}

bool Dependencies::computes(const sql::ReadPool* of, std::span<const std::byte> key) const noexcept {
  for (const Dependencies* each = this; each != nullptr; each = each->outer_.get()) {
    if (each->of_ == of && std::ranges::equal(each->key_, key)) return true;
  }
  return false;
}

const Dependencies* Dependencies::root() const noexcept {
  const Dependencies* each = this;
  while (each->outer_ != nullptr) each = each->outer_.get();
  return each;
}

}  // namespace tern::internal

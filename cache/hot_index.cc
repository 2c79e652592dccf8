#include "cache/hot_index.h"

namespace tern::cache {
namespace {

constexpr size_t kLast = HotBucket::kWords - 1;

}  // namespace

// release: pairs with the acquire in state(); I1.
void HotIndex::set_state(uint32_t buckets) noexcept {
  const uint64_t version = (state_.load(std::memory_order_relaxed) >> 37) + 1;
  state_.store(state_of(buckets, version), std::memory_order_release);
}

uint64_t HotIndex::take_overflow() noexcept {
  if (const uint64_t number = free_overflow_) {
    const uint64_t link = own(at(number).words[kLast]);
    free_overflow_ = hot_word::is_link(link) ? hot_word::bucket_of(link) : 0;
    at(number).words[kLast].store(0, std::memory_order_release);
    return number;
  }
  if (lowest_ <= count() + 1) return 0;
  return --lowest_;
}

// A reader may still be in it: so its words are cleared now (I2), and its link leads to others like it, or nowhere.
void HotIndex::give_back(uint64_t number) noexcept {
  for (auto& word : at(number).words) word.store(0, kPublish);
  if (free_overflow_ != 0) {
    at(number).words[kLast].store(hot_word::link_to(free_overflow_), std::memory_order_release);
  }
  free_overflow_ = number;
}

// Puts the word into the chain that begins at `first`.
bool HotIndex::append(HotBucket& first, uint64_t word) noexcept {
  HotBucket* bucket = &first;
  for (;;) {
    for (auto& place : bucket->words) {
      if (own(place) != 0) continue;
      place.store(word, kPublish);  // pairs with the reader's acquire: the entry's bytes come with it
      return true;
    }
    HotBucket* const following = next(*bucket);
    if (following == nullptr) break;
    bucket = following;
  }
  const uint64_t number = take_overflow();
  if (number == 0) return false;
  HotBucket& added = at(number);
  added.words[0].store(own(bucket->words[kLast]), std::memory_order_release);
  added.words[1].store(word, kPublish);
  // The word that stood here is already in the bucket that the link leads to, so a reader meets it either way.
  bucket->words[kLast].store(hot_word::link_to(number), kPublish);
  return true;
}

bool HotIndex::insert(uint64_t hash, const HotEntry* entry) noexcept {
  if (!append(bucket_for_writer(hash), hot_word::of(entry, hot_word::tag_of(hash)))) return false;
  ++entries_;
  return true;
}

void HotIndex::grow(HashFunction hash) noexcept {
  const uint32_t added = count();
  const uint32_t mask = ~uint32_t{0} >> std::countl_zero(added);  // with added + 1 buckets
  HotBucket& from = at(added & mask >> 1);
  HotBucket& to = at(added);
  const auto moves = [&](uint64_t word) {
    if (word == 0 || hot_word::is_link(word)) return false;
    return (static_cast<uint32_t>(hot_word::entry_of(word)->hash_key(hash)) & mask) == added;
  };
  // Room for all must be certain before the first is moved: the new chain is at most as long as the old one.
  uint64_t length = 0;
  for (HotBucket* bucket = next(from); bucket != nullptr; bucket = next(*bucket)) ++length;
  if (lowest_ < added + 2 + length) return;
  for (HotBucket* bucket = &from; bucket != nullptr; bucket = next(*bucket)) {
    for (auto& word : bucket->words) {
      if (moves(own(word))) append(to, own(word));
    }
  }
  set_state(added + 1);
  for (HotBucket* bucket = &from; bucket != nullptr; bucket = next(*bucket)) {
    for (auto& word : bucket->words) {
      if (moves(own(word))) word.store(0, kPublish);
    }
  }
  shorten(from);
}

// Gives back the chain's last bucket for as long as what is in it fits into those before.
void HotIndex::shorten(HotBucket& first) noexcept {
  for (;;) {
    HotBucket* before_last = nullptr;
    HotBucket* last = &first;
    size_t holes = 0;
    while (HotBucket* const following = next(*last)) {
      for (auto& word : last->words) holes += own(word) == 0;
      before_last = last;
      last = following;
    }
    if (before_last == nullptr) return;
    size_t left = 0;
    for (auto& word : last->words) left += own(word) != 0;
    // One of them may take the place that the link leaves, but only once the link is gone: so there it is not counted.
    if (left > holes) return;
    for (auto& word : last->words) {
      if (own(word) != 0) append(first, own(word));
    }
    set_state(count());
    const uint64_t number = hot_word::bucket_of(own(before_last->words[kLast]));
    before_last->words[kLast].store(0, kPublish);
    give_back(number);
  }
}

void HotIndex::clear() noexcept {
  set_state(count());
  for (uint64_t i = 0; i < count(); ++i) {
    HotBucket* overflow = next(at(i));
    for (auto& word : at(i).words) word.store(0, kPublish);
    while (overflow != nullptr) {
      HotBucket* const following = next(*overflow);
      give_back(static_cast<uint64_t>(overflow - buckets_) >> stride_bits_);
      overflow = following;
    }
  }
  entries_ = 0;
}

}  // namespace tern::cache

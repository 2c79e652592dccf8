#include "cache/entry.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/cache/support.h"
#include "tests/fuzz/entry_fuzz.h"

namespace tern::cache {
namespace {

EntryRef rows_entry() {
  BodyBuilder body;
  body.add_column("id");
  body.add_column("name");
  for (int64_t i = 0; i < 3; ++i) {
    body.begin_row();
    body.add_integer(i);
    body.add_text("name " + std::to_string(i));
  }
  const std::vector<uint32_t> slots{2, 5, 900, 70'000};
  EntryFields fields;
  fields.key = bytes("some key");
  fields.hash = hash_bytes(fields.key);
  fields.label = 42;
  fields.slots = slots;
  return Entry::make(fields, body);
}

std::vector<std::byte> sealed(const EntryRef& entry) {
  const auto image = entry->view().image();
  std::vector<std::byte> copy(image.begin(), image.end());
  seal_image(copy);
  return copy;
}

TEST(Entry, GivesBackWhatItWasMadeFrom) {
  const auto entry = make_entry({.key = "k",
                                 .value = "v",
                                 .label = 0x0123456789abcdef,
                                 .slots = {1, 2, 77},
                                 .expires_at_ms = -5,
                                 .flags = kAnyCommit});
  ASSERT_TRUE(entry);
  const EntryView view = entry->view();
  EXPECT_EQ(entry->hash(), hash_of("k"));
  EXPECT_EQ(text_of(view.key()), "k");
  EXPECT_EQ(text_of(view.body()), "v");
  EXPECT_EQ(view.label(), 0x0123456789abcdefu);
  EXPECT_EQ(view.expires_at_ms(), -5);
  EXPECT_TRUE(view.any_commit());
  EXPECT_EQ(view.slot_count(), 3u);
  EXPECT_EQ(slots_of(view), (std::vector<uint32_t>{1, 2, 77}));
}

TEST(Entry, HasItsFieldsWhereTheFormatSays) {
  const auto entry = make_entry({.key = "abc", .value = "de", .label = 7, .slots = {9}, .expires_at_ms = 11});
  const auto image = entry->view().image();
  ASSERT_EQ(image.size(), 48u + 2);
  EXPECT_EQ(text_of(image.subspan(8, 2)), "TE");
  EXPECT_EQ(image[10], std::byte{3});
  EXPECT_EQ(image[11], std::byte{0});
  EXPECT_EQ(load_le<uint32_t>(&image[12]), 3u);
  EXPECT_EQ(load_le<uint64_t>(&image[16]), 7u);
  EXPECT_EQ(load_le<uint64_t>(&image[24]), 11u);
  EXPECT_EQ(load_le<uint32_t>(&image[32]), 3u) << "count, control, one byte of gap";
  EXPECT_EQ(load_le<uint32_t>(&image[36]), 2u);
  EXPECT_EQ(text_of(image.subspan(40, 3)), "abc");
  EXPECT_EQ(text_of(image.subspan(48)), "de");
}

TEST(Entry, HasKvReadsBehindItsSlots) {
  for (const std::vector<uint32_t>& slots : {std::vector<uint32_t>{}, {0}, {2, 5, 900, 70'000}}) {
    for (const std::vector<uint32_t>& kv_slots : {std::vector<uint32_t>{0}, {7}, {1, 2, 3, 4, 5, 262'143}}) {
      const auto entry = make_entry({.label = 7,
                                     .slots = slots,
                                     .expires_at_ms = 11,
                                     .kv_slots = kv_slots,
                                     .kv_label = uint64_t{1} << 60,
                                     .kv_expires_at_ms = -3});
      ASSERT_TRUE(entry);
      const auto view = EntryView::parse(entry->view().image());
      ASSERT_TRUE(view);
      EXPECT_EQ(view->flags(), kKvReads);
      EXPECT_EQ(slots_of(*view), slots);
      EXPECT_EQ(view->slot_count(), slots.size());
      EXPECT_EQ(slots_of(view->kv_reads()), kv_slots);
      EXPECT_EQ(view->kv_reads().label(), uint64_t{1} << 60);
      EXPECT_EQ(view->kv_reads().expires_at_ms(), -3);
      EXPECT_EQ(text_of(view->body()), "value");
    }
  }
}

TEST(Entry, HasItsKvReadsWhereTheFormatSays) {
  const auto entry = make_entry({.key = "abc", .value = "de", .kv_slots = {9}, .kv_label = 5, .kv_expires_at_ms = 6});
  const auto image = entry->view().image();
  EXPECT_EQ(image[11], std::byte{8});
  EXPECT_EQ(load_le<uint32_t>(&image[32]), 24u);
  EXPECT_EQ(image[43], std::byte{0}) << "no slots of the source";
  EXPECT_EQ(image[44], std::byte{1}) << "one of keys";
  EXPECT_EQ(image[46], std::byte{9});
  EXPECT_EQ(load_le<uint64_t>(&image[47]), 6u);
  EXPECT_EQ(load_le<uint64_t>(&image[55]), 5u);
  EXPECT_EQ(load_le<uint32_t>(&image[63]), 3u);
}

TEST(Entry, KeepsItsBodyAlignedWhateverTheKey) {
  for (size_t size = 0; size < 20; ++size) {
    const auto entry = make_entry({.key = std::string(size, 'k')});
    EXPECT_EQ(reinterpret_cast<uintptr_t>(entry->body().data()) % 8, 0u);
  }
}

TEST(Entry, MayHaveNoKeyAndNoBody) {
  const auto entry = make_entry({.key = "", .value = ""});
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->key().empty());
  EXPECT_TRUE(entry->body().empty());
  EXPECT_TRUE(EntryView::parse(entry->view().image()));
}

TEST(Entry, OfRowsIsReadInPlace) {
  const auto entry = rows_entry();
  EXPECT_EQ(entry->view().flags(), kRows);
  const auto body = BodyView::parse(entry->body());
  ASSERT_TRUE(body);
  EXPECT_EQ(body->cell(2, 1).text(), "name 2");
}

TEST(Entry, CannotBeMadeFromWhatBreaksTheFormat) {
  EXPECT_FALSE(make_entry({.slots = {3, 3}}));
  EXPECT_FALSE(make_entry({.flags = 0x80}));
  EXPECT_FALSE(make_entry({.flags = kKvReads}));
  EXPECT_FALSE(make_entry({.kv_slots = {3, 3}}));
  const std::byte only_its_size_is_looked_at{};
  EXPECT_FALSE(Entry::make({}, std::span(&only_its_size_is_looked_at, size_t{0xffffffff})));
  BodyBuilder incomplete;
  incomplete.add_column({reinterpret_cast<const char*>(&only_its_size_is_looked_at), size_t{0xffffffff}});
  EXPECT_FALSE(Entry::make({}, incomplete));
}

TEST(Entry, ExpiresAtItsTimeAndNeverWithoutOne) {
  EXPECT_FALSE(make_entry({.expires_at_ms = 0})->view().expired(1'000'000));
  const auto entry = make_entry({.expires_at_ms = 100});
  EXPECT_FALSE(entry->view().expired(99));
  EXPECT_TRUE(entry->view().expired(100));
}

TEST(Entry, StartsNeverValidated) {
  EXPECT_EQ(make_entry({.label = 9})->validated().load(std::memory_order_relaxed), 0u);
}

TEST(Entry, CountsItselfAndTheAllocatorIntoItsBytes) {
  const auto entry = make_entry({.value = std::string(1000, 'v')});
  EXPECT_GE(entry->bytes(), sizeof(Entry) + entry->view().image_size() + 8);
  EXPECT_LE(entry->bytes(), sizeof(Entry) + entry->view().image_size() + 24);
}

TEST(EntryRef, SharesOneEntryAndFreesItOnce) {
  EntryRef a = make_entry({});
  EntryRef b = a;
  EntryRef c = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_EQ(b, c);
  b = nullptr;
  EXPECT_EQ(text_of(c->body()), "value");
  c = EntryRef(c);
  EntryRef adopted = EntryRef::adopt(c.release());
  EXPECT_FALSE(c);
  EXPECT_EQ(text_of(adopted->body()), "value");
}

TEST(EntryRef, IsCountedRightlyByManyThreads) {
  const EntryRef entry = make_entry({});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([copy = entry] {
      for (int i = 0; i < 10'000; ++i) {
        const EntryRef mine = copy;
        ASSERT_EQ(mine->body().size(), 5u);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(EntryImage, SurvivesTheWayThroughAStore) {
  const auto entry = rows_entry();
  const auto image = sealed(entry);
  ASSERT_TRUE(image_is_sealed(image));
  const auto view = EntryView::parse(image);
  ASSERT_TRUE(view);
  const auto copy = Entry::from_image(entry->hash(), *view);
  EXPECT_EQ(copy->hash(), entry->hash());
  EXPECT_EQ(text_of(copy->view().image()), text_of(entry->view().image()));
}

TEST(EntryImage, IsReadAtAnyAddress) {
  const auto image = sealed(rows_entry());
  for (size_t shift = 0; shift < 8; ++shift) {
    std::vector<std::byte> moved(image.size() + shift);
    std::copy(image.begin(), image.end(), moved.begin() + static_cast<ptrdiff_t>(shift));
    const auto view = EntryView::parse(std::span(moved).subspan(shift));
    ASSERT_TRUE(view);
    EXPECT_EQ(slots_of(*view), (std::vector<uint32_t>{2, 5, 900, 70'000}));
    EXPECT_EQ(BodyView::parse(view->body())->cell(1, 1).text(), "name 1");
  }
}

TEST(EntryImage, CutOffAnywhereIsRefused) {
  const auto image = sealed(rows_entry());
  for (size_t size = 0; size < image.size(); ++size) {
    const std::vector<std::byte> cut(image.begin(), image.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(EntryView::parse(cut)) << size;
    EXPECT_FALSE(image_is_sealed(cut)) << size;
  }
}

TEST(EntryImage, WithAnyBitFlippedIsNotSealed) {
  const auto image = sealed(rows_entry());
  for (size_t bit = 0; bit < image.size() * 8; ++bit) {
    auto flipped = image;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_FALSE(image_is_sealed(flipped)) << bit;
  }
}

TEST(EntryImage, IsBelievedWithoutALookAtItsPartsOnlyWhenItIsSealed) {
  std::vector<std::byte> image = sealed(rows_entry());
  ASSERT_TRUE(EntryView::sealed(image));
  EXPECT_EQ(EntryView::sealed(image)->label(), EntryView::parse(image)->label());
  image.back() ^= std::byte{1};
  EXPECT_FALSE(EntryView::sealed(image));
  image.back() ^= std::byte{1};
  for (size_t size = 0; size < image.size(); ++size)
    EXPECT_FALSE(EntryView::sealed(std::span(image).first(size))) << size;
  // Sealed anew, but not of sizes that add up.
  image[image_offset::kBodySize] ^= std::byte{1};
  seal_image(image);
  EXPECT_FALSE(EntryView::sealed(image));
}

TEST(EntryImage, OfAnotherVersionOrWithUnknownFlagsIsRefused) {
  for (const size_t offset : {image_offset::kMagic, image_offset::kVersion, image_offset::kFlags}) {
    auto image = sealed(rows_entry());
    image[offset] ^= std::byte{0x40};
    EXPECT_FALSE(EntryView::parse(image)) << offset;
  }
}

TEST(EntryImage, WithSizesThatDoNotAddUpIsRefused) {
  for (const size_t offset : {image_offset::kKeySize, image_offset::kReadSetSize, image_offset::kBodySize}) {
    for (const uint32_t value : {0u, 1u, 0x7fffffffu, 0xfffffff8u, 0xffffffffu}) {
      auto image = sealed(rows_entry());
      store_le(image.data() + offset, value);
      EXPECT_FALSE(EntryView::parse(image)) << offset << " " << value;
    }
  }
}

TEST(EntryImage, WithKvReadsThatDoNotAddUpIsRefused) {
  const EntrySpec spec{.slots = {1, 9}, .kv_slots = {3, 4}, .kv_label = 1};
  const auto made = make_entry(spec);
  const auto read_set = made->view().read_set();
  const size_t size_at = static_cast<size_t>(read_set.data() + read_set.size() - 4 - made->view().image().data());
  for (const uint32_t size : {0u, 1u, 2u, 4u, 5u, 6u, 7u, 0x7fffffffu, 0xffffffffu}) {
    auto image = sealed(made);
    ASSERT_TRUE(EntryView::parse(image));
    ASSERT_NE(load_le<uint32_t>(&image[size_at]), size);
    store_le(&image[size_at], size);
    EXPECT_FALSE(EntryView::parse(image)) << size;
  }
  // Too short a read set for any.
  auto plain = sealed(make_entry({.slots = {1, 9}}));
  plain[image_offset::kFlags] = std::byte{kKvReads};
  EXPECT_FALSE(EntryView::parse(plain));
}

// The fuzzer's target, driven from a seed: what parses may be read through every accessor (the sanitizers watch).
TEST(EntryImage, MutatedAtRandomIsRefusedOrReadWithinBounds) {
  std::mt19937 random(7);
  const std::vector<std::vector<std::byte>> seeds{
      sealed(rows_entry()), sealed(make_entry({.slots = {1, 9, 5000}})), sealed(make_entry({.key = "", .value = ""})),
      sealed(make_entry({.slots = {1, 9}, .kv_slots = {3, 4, 70'000}})), sealed(make_entry({.kv_slots = {3}}))};
  for (int round = 0; round < 20'000; ++round) {
    auto image = seeds[random() % seeds.size()];
    for (size_t edits = 1 + random() % 4; edits > 0 && !image.empty(); --edits) {
      const size_t at = random() % image.size();
      switch (random() % 4) {
        case 0:
          image[at] = static_cast<std::byte>(random());
          break;
        case 1:
          image[at] ^= static_cast<std::byte>(1 << (random() % 8));
          break;
        case 2:
          image.resize(at);
          break;
        default:
          image.insert(image.begin() + static_cast<ptrdiff_t>(at), static_cast<std::byte>(random()));
          break;
      }
    }
    test::read_all_of_entry_image(image);
  }
}

}  // namespace
}  // namespace tern::cache

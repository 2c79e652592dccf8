// Entries of any shape come back as they were, through memory and through an image.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cache/body.h"
#include "cache/entry.h"
#include "tests/cache/support.h"

namespace tern::cache {
namespace {

struct Blob {
  std::string bytes;
};
using AnyValue = std::variant<std::monostate, int64_t, double, std::string, Blob>;

rc::Gen<AnyValue> any_value() {
  return rc::gen::oneOf(
      rc::gen::just(AnyValue()), rc::gen::map(rc::gen::arbitrary<int64_t>(), [](int64_t v) { return AnyValue(v); }),
      rc::gen::map(rc::gen::arbitrary<uint64_t>(), [](uint64_t bits) { return AnyValue(std::bit_cast<double>(bits)); }),
      rc::gen::map(rc::gen::arbitrary<std::string>(), [](std::string v) { return AnyValue(std::move(v)); }),
      rc::gen::map(rc::gen::arbitrary<std::string>(), [](std::string v) { return AnyValue(Blob{std::move(v)}); }));
}

void add(BodyBuilder& body, const AnyValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    body.add_integer(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    body.add_real(*real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    body.add_text(*text);
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    body.add_blob(bytes(blob->bytes));
  } else {
    body.add_null();
  }
}

bool same(const Cell& cell, const AnyValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    return cell.type == ValueType::kInteger && cell.integer == *integer;
  }
  if (const auto* real = std::get_if<double>(&value)) {
    if (std::isnan(*real)) return cell.type == ValueType::kNull;
    return cell.type == ValueType::kReal && std::bit_cast<uint64_t>(cell.real) == std::bit_cast<uint64_t>(*real);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return cell.type == ValueType::kText && cell.text() == *text && cell.bytes[cell.size] == '\0';
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return cell.type == ValueType::kBlob && cell.text() == blob->bytes && cell.bytes[cell.size] == '\0';
  }
  return cell.type == ValueType::kNull;
}

RC_GTEST_PROP(EntryCodec, GivesBackEveryBody, ()) {
  const auto names = *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<std::string>>());
  const auto row_count = *rc::gen::inRange<size_t>(0, 20);
  const auto values = *rc::gen::container<std::vector<AnyValue>>(names.size() * row_count, any_value());
  BodyBuilder body;
  for (const auto& name : names) body.add_column(name);
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % names.size() == 0) body.begin_row();
    add(body, values[i]);
  }
  const auto entry = Entry::make({}, body);
  const auto view = BodyView::parse(entry->body());
  RC_ASSERT(view);
  RC_ASSERT(view->rows() == row_count);
  RC_ASSERT(view->columns() == names.size());
  for (uint32_t column = 0; column < view->columns(); ++column) {
    RC_ASSERT(view->column_name(column) == names[column]);
    const auto found = view->find_column(names[column]);
    RC_ASSERT(found && names[*found] == names[column]);
    for (uint32_t row = 0; row < view->rows(); ++row) {
      RC_ASSERT(same(view->cell(row, column), values[row * names.size() + column]));
    }
  }
}

RC_GTEST_PROP(EntryCodec, GivesBackEveryFieldThroughAnImage,
              (const std::string& key, const std::string& value, uint64_t label, int64_t expires_at_ms, bool any)) {
  const auto any_slots = [] {
    auto slots = *rc::gen::container<std::vector<uint32_t>>(rc::gen::arbitrary<uint32_t>());
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    return slots;
  };
  const auto slots = any_slots();
  const auto kv_slots = any_slots();
  const EntrySpec spec{key,      value,         label,
                       slots,    expires_at_ms, any ? uint8_t{kAnyCommit} : uint8_t{0},
                       kv_slots, label / 3,     expires_at_ms / 2};
  const auto made = make_entry(spec);
  const auto image = made->view().image();
  std::vector<std::byte> stored(image.begin(), image.end());
  seal_image(stored);
  RC_ASSERT(image_is_sealed(stored));
  const auto parsed = EntryView::parse(stored);
  RC_ASSERT(parsed);
  const auto entry = Entry::from_image(made->hash(), *parsed);
  RC_ASSERT(text_of(entry->key()) == key);
  RC_ASSERT(text_of(entry->body()) == value);
  RC_ASSERT(entry->label() == label);
  RC_ASSERT(entry->view().expires_at_ms() == expires_at_ms);
  RC_ASSERT(entry->view().any_commit() == any);
  RC_ASSERT(slots_of(entry->view()) == slots);
  RC_ASSERT(entry->view().has_kv_reads() == !kv_slots.empty());
  std::vector<std::byte> memory(HotEntry::bytes_for(entry->view()) + 4);
  void* place = memory.data();
  size_t room = memory.size();
  if (label >= HotEntry::kLabelLimit || std::align(4, 1, place, room) == nullptr) return;
  const HotEntry& hot = *HotEntry::make(entry->view(), place);
  RC_ASSERT(hot.bytes() == HotEntry::bytes_for(entry->view()));
  RC_ASSERT(slots_of(hot) == slots);
  RC_ASSERT(hot.hangs_on_source_alone() == (kv_slots.empty() && expires_at_ms == 0));
  RC_ASSERT(hot.has_kv_reads() == !kv_slots.empty());
  if (kv_slots.empty()) return;
  RC_ASSERT(slots_of(entry->view().kv_reads()) == kv_slots);
  RC_ASSERT(slots_of(hot.kv_reads()) == kv_slots);
  RC_ASSERT(hot.kv_reads().label() == label / 3);
  RC_ASSERT(hot.kv_reads().expires_at_ms() == expires_at_ms / 2);
}

}  // namespace
}  // namespace tern::cache

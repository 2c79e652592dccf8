// Reads everything that an entry image can be asked for, if it parses: the body of the fuzzer, and of the test that
// drives it from a seed. Every byte is read, so that a sanitizer sees each access out of bounds.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>

#include "cache/body.h"
#include "cache/entry_image.h"

namespace tern::test {

inline uint64_t sum_of(std::span<const std::byte> bytes) {
  uint64_t sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<uint64_t>(byte);
  return sum;
}

inline uint64_t read_all_of_body(std::span<const std::byte> bytes) {
  const auto body = cache::BodyView::parse(bytes);
  if (!body) return 0;
  uint64_t sum = 0;
  for (uint32_t column = 0; column < body->columns(); ++column) {
    const auto name = body->column_name(column);
    if (name.data()[name.size()] != '\0' || !body->find_column(name)) std::abort();
    sum += sum_of(std::as_bytes(std::span(name)));
  }
  for (uint32_t row = 0; row < body->rows(); ++row) {
    for (uint32_t column = 0; column < body->columns(); ++column) {
      const cache::Cell cell = body->cell(row, column);
      const bool bytes_cell = cell.type == cache::ValueType::kText || cell.type == cache::ValueType::kBlob;
      if (bytes_cell && cell.bytes[cell.size] != '\0') std::abort();
      sum += bytes_cell ? sum_of(cell.blob()) : static_cast<uint64_t>(cell.integer);
    }
  }
  return sum;
}

inline uint64_t read_all_of_entry_image(std::span<const std::byte> bytes) {
  uint64_t sum = cache::image_is_sealed(bytes) ? 1 : 0;
  const auto view = cache::EntryView::parse(bytes);
  if (!view) return sum;
  sum += view->label() + static_cast<uint64_t>(view->expires_at_ms()) + view->slot_count();
  sum += sum_of(view->key()) + sum_of(view->body());
  uint32_t count = 0;
  uint64_t next = 0;
  view->for_each_slot([&](uint32_t slot) {
    if (slot < next) std::abort();
    next = uint64_t{slot} + 1;
    ++count;
    return true;
  });
  if (count != view->slot_count()) std::abort();
  if (view->has_kv_reads()) {
    const cache::KvReadsView kv = view->kv_reads();
    sum += kv.label() + static_cast<uint64_t>(kv.expires_at_ms());
    uint64_t next_kv = 0;
    kv.for_each_slot([&](uint32_t slot) {
      if (slot < next_kv) std::abort();
      next_kv = uint64_t{slot} + 1;
      return true;
    });
    if (next_kv == 0) std::abort();
  }
  if ((view->flags() & cache::kRows) != 0) sum += read_all_of_body(view->body());
  return sum;
}

}  // namespace tern::test

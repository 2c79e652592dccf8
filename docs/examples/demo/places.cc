#include "places.h"

#include <cstring>

namespace demo {
namespace {

// ASCII's own separators, which no name holds.
constexpr char kFieldEnd = '\x1f';
constexpr char kRowEnd = '\x1e';

std::string take_until(std::string_view& text, char end) {
  const size_t length = text.find(end);
  std::string field(text.substr(0, length));
  text.remove_prefix(length + 1);
  return field;
}

}  // namespace

Places::Places(std::vector<Place> places) : places_(std::move(places)) {
  numbers_.reserve(places_.size());
  for (uint32_t i = 0; i < places_.size(); ++i) numbers_.emplace(places_[i].id, i);
}

SharedMemory Places::save() const {
  std::string text;
  for (const Place& place : places_) {
    text += place.id + kFieldEnd + place.region + kFieldEnd + place.search_terms + kRowEnd;
  }
  SharedMemory memory = SharedMemory::create(text.size() + 1);
  std::memcpy(memory.data(), text.data(), text.size());
  return memory;
}

Places Places::load(const SharedMemory& memory) {
  std::string_view text(static_cast<const char*>(memory.data()));
  std::vector<Place> places;
  while (!text.empty()) {
    Place place;
    place.id = take_until(text, kFieldEnd);
    place.region = take_until(text, kFieldEnd);
    place.search_terms = take_until(text, kRowEnd);
    places.push_back(std::move(place));
  }
  return Places(std::move(places));
}

uint32_t Places::number_of(std::string_view id) const {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? size() : found->second;
}

}  // namespace demo

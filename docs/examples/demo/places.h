// The places of the database as the demo's processes know them: what never changes in a row, in the order of the file.
//
// One process reads them and writes them to shared memory; the others take them from there. A place's number is its
// position here. Constant once loaded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "shared_memory.h"

namespace demo {

struct Place {
  std::string id;
  std::string region;
  std::string search_terms;
};

class Places {
 public:
  explicit Places(std::vector<Place> places);
  static Places load(const SharedMemory& memory);
  SharedMemory save() const;

  uint32_t size() const { return static_cast<uint32_t>(places_.size()); }
  const Place& operator[](uint32_t number) const { return places_[number]; }
  // size() if there is no such place.
  uint32_t number_of(std::string_view id) const;

 private:
  std::vector<Place> places_;
  std::unordered_map<std::string_view, uint32_t> numbers_;  // borrows the ids of places_
};

}  // namespace demo

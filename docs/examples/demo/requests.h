// What the readers ask for: the four queries of docs/examples/queries, with arguments drawn by popularity (zipf).
//
// Places, regions, lists of twenty ids and search terms each have a popularity order of their own, shuffled by the seed
// so that it follows neither the file nor the alphabet. Lists are a fixed set, as the lists that an application shows
// are asked for again and again; a list drawn anew each time could never be found in any cache. The same seed gives the
// same orders in every process. Constant after construction; each thread draws with its own generator.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "places.h"
#include "zipf.h"

namespace demo {

enum class Query : uint8_t { kById, kByRegion, kByIds, kSearch };
inline constexpr int kQueries = 4;
inline constexpr std::array<const char*, kQueries> kQueryNames{"by id", "by region", "20 ids", "search"};
inline constexpr std::array<const char*, kQueries> kQueryFiles{"by_id.sql", "by_region.sql", "by_ids.sql",
                                                               "search.sql"};
// In ten thousand reads. A search reads the whole table, which takes SQLite ten thousand times as long as a read by id;
// it hangs on every page, so that no answer outlives a commit. Were searches more frequent, nothing else would be
// measured.
inline constexpr std::array<int, kQueries> kWeights{7000, 1500, 1498, 2};
inline constexpr int kAllWeights = 10'000;
// Where `version` stands in the rows of each query; `id` is the first column of all.
inline constexpr std::array<int, kQueries> kVersionColumn{6, 4, 5, 4};
inline constexpr int kSearchUpdatedColumn = 3;

inline constexpr int kRegionLimit = 50;
inline constexpr size_t kSearchLimit = 20;
inline constexpr size_t kIdsInList = 20;
inline constexpr uint32_t kLists = 10'000;
inline constexpr uint32_t kTerms = 64;

struct Request {
  Query query;
  uint32_t number;  // of the place, region, list or term
};

// An argument of a LIKE or a region, with the places that it concerns.
struct Group {
  std::string argument;
  std::vector<uint32_t> places;
};

class Requests {
 public:
  Requests(const Places& places, uint64_t seed, double exponent);

  Request draw(std::mt19937_64& random) const;
  // A place by its popularity: what the writers update too, so that what is written is what is read.
  uint32_t draw_place(std::mt19937_64& random) const { return by_popularity_[place_zipf_(random)]; }

  // All places that may be in the answer; borrows from the request and from here.
  std::span<const uint32_t> concerned(const Request& request) const;

  const std::string& id(uint32_t place) const { return places_[place].id; }
  const Group& region(uint32_t number) const { return regions_[number]; }
  const Group& term(uint32_t number) const { return terms_[number]; }
  const std::array<uint32_t, kIdsInList>& list(uint32_t number) const { return lists_[number]; }

 private:
  void collect_regions(std::mt19937_64& random);
  void collect_lists(std::mt19937_64& random);
  void collect_terms(std::mt19937_64& random);

  const Places& places_;
  Zipf place_zipf_;
  std::vector<uint32_t> by_popularity_;
  std::vector<Group> regions_;
  std::vector<std::array<uint32_t, kIdsInList>> lists_;
  std::vector<Group> terms_;
  Zipf region_zipf_{2, 1.5};
  Zipf list_zipf_;
  Zipf term_zipf_;
};

// The text of a query of docs/examples/queries.
std::string query_text(const std::string& folder, Query query);

}  // namespace demo

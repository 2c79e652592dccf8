#include "requests.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace demo {

Requests::Requests(const Places& places, uint64_t seed, double exponent)
    : places_(places),
      place_zipf_(places.size(), exponent),
      by_popularity_(places.size()),
      list_zipf_(kLists, exponent),
      term_zipf_(kTerms, exponent) {
  std::mt19937_64 random(seed);
  std::iota(by_popularity_.begin(), by_popularity_.end(), 0);
  std::shuffle(by_popularity_.begin(), by_popularity_.end(), random);
  collect_regions(random);
  collect_lists(random);
  collect_terms(random);
  region_zipf_ = Zipf(regions_.size(), exponent);
}

void Requests::collect_regions(std::mt19937_64& random) {
  std::map<std::string, std::vector<uint32_t>> regions;
  for (uint32_t i = 0; i < places_.size(); ++i) regions[places_[i].region].push_back(i);
  for (auto& [name, numbers] : regions) regions_.push_back({name, std::move(numbers)});
  std::shuffle(regions_.begin(), regions_.end(), random);
}

void Requests::collect_lists(std::mt19937_64& random) {
  lists_.resize(kLists);
  for (auto& list : lists_) {
    for (size_t filled = 0; filled < kIdsInList;) {
      const uint32_t place = draw_place(random);
      // IN gives a row once, however often its id is named; lists of different ids make the rows countable.
      const auto end = list.begin() + static_cast<ptrdiff_t>(filled);
      if (std::find(list.begin(), end, place) == end) list[filled++] = place;
    }
  }
}

// A term is the plain name of a random place. Only letters: LIKE's wildcards and its folding of ASCII case then play no
// part, and a match is a substring.
void Requests::collect_terms(std::mt19937_64& random) {
  while (terms_.size() < kTerms) {
    const std::string& text = places_[static_cast<uint32_t>(random() % places_.size())].search_terms;
    const std::string name = text.substr(0, text.find(' '));
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    if (name.size() < 4 || !std::all_of(name.begin(), name.end(), is_letter)) continue;
    Group term{"%" + name + "%", {}};
    for (uint32_t i = 0; i < places_.size(); ++i) {
      if (places_[i].search_terms.find(name) != std::string::npos) term.places.push_back(i);
    }
    terms_.push_back(std::move(term));
  }
}

Request Requests::draw(std::mt19937_64& random) const {
  int dice = static_cast<int>(random() % kAllWeights);
  if ((dice -= kWeights[0]) < 0) return {Query::kById, draw_place(random)};
  if ((dice -= kWeights[1]) < 0) {
    return {Query::kByRegion, static_cast<uint32_t>(region_zipf_(random))};
  }
  if ((dice -= kWeights[2]) < 0) return {Query::kByIds, static_cast<uint32_t>(list_zipf_(random))};
  return {Query::kSearch, static_cast<uint32_t>(term_zipf_(random))};
}

std::span<const uint32_t> Requests::concerned(const Request& request) const {
  switch (request.query) {
    case Query::kById:
      break;
    case Query::kByRegion:
      return regions_[request.number].places;
    case Query::kByIds:
      return lists_[request.number];
    case Query::kSearch:
      return terms_[request.number].places;
  }
  return {&request.number, 1};
}

std::string query_text(const std::string& folder, Query query) {
  const std::string path = folder + "/" + kQueryFiles[static_cast<size_t>(query)];
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace demo

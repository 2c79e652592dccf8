// X5: the pages that answers hang on, the pages that commits change, and how many of the cached point reads one commit
// voids. Counts, no times.
#include <algorithm>
#include <functional>
#include <random>

#include "bench/core/scratch.h"
#include "bench/workload/places.h"
#include "bench/workload/records.h"
#include <tern/tern.hpp>

namespace bench {
namespace {

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers.empty() ? 0 : numbers[numbers.size() / 2];
}

class Precision {
 public:
  Precision(Context& context, const Places& places, tern::Database db)
      : context_(context),
        places_(places),
        db_(std::move(db)),
        by_id_(db_.prepare("SELECT basic_info, version FROM properties WHERE id = ?")),
        cached_(std::min<size_t>(context.pick<size_t>(500, 100'000, 100'000), places.all().size())) {}

  void pages(const char* name, const char* sql, const std::function<tern::Value(const ExamplePlace&)>& argument,
             int samples) {
    std::vector<double> pages, rows;
    for (int i = 0; i < samples; ++i) {
      const tern::Value value = argument(any());
      const tern::Explanation explained = db_.explain(sql, {&value, 1});
      pages.push_back(static_cast<double>(explained.pages));
      rows.push_back(static_cast<double>(explained.rows));
    }
    Row& row = context_.row("X5", std::string("pages that a ") + name + " hangs on", "median");
    row.unit = "pages";
    row.notes.push_back("median of " + std::to_string(static_cast<int>(median(rows))) + " rows an answer; " +
                        places_.origin());
    row.settle(median(pages));
  }

  void voided(const char* kind, const std::function<void()>& commit) {
    read_all();
    std::vector<double> counts;
    const uint64_t before = db_.stats().commits.pages;
    for (int i = 0; i < context_.pick(3, 30, 100); ++i) {
      commit();
      counts.push_back(read_all());
    }
    const double pages = static_cast<double>(db_.stats().commits.pages - before) / static_cast<double>(counts.size());
    Row& row =
        context_.row("X5", std::string(kind) + " voids of " + count_text(cached_) + " cached point reads", "median");
    row.unit = "entries";
    char text[96];
    double sum = 0;
    for (const double count : counts) sum += count;
    std::snprintf(text, sizeof text, "mean %.1f; %.1f pages a commit; %zu commits",
                  sum / static_cast<double>(counts.size()), pages, counts.size());
    row.notes.push_back(text);
    row.settle(median(counts));
  }

  const ExamplePlace& any() { return places_.all()[random_() % places_.all().size()]; }
  tern::Database& db() { return db_; }

 private:
  // How many were not hot; all are again afterwards.
  double read_all() {
    uint64_t cold = 0;
    for (size_t i = 0; i < cached_; ++i) {
      cold += by_id_.bind(places_.all()[i].id).all().source() != tern::Source::kHot;
    }
    return static_cast<double>(cold);
  }

  Context& context_;
  const Places& places_;
  tern::Database db_;
  tern::Statement by_id_;
  const size_t cached_;
  std::mt19937_64 random_{7};
};

const Family family("X5", "pages of statements and commits", [](Context& context) {
  const Folder folder;
  const std::string file = folder.file("places.db");
  const Places places(context, file);
  Precision precision(
      context, places,
      tern::open(file, {.mode = tern::OpenMode::kExisting, .hot_bytes = uint64_t{1} << 30, .store_bytes = 0}));
  const int samples = context.pick(20, 300, 300);
  precision.pages(
      "point read", "SELECT basic_info, version FROM properties WHERE id = ?",
      [](const ExamplePlace& place) { return tern::Value(place.id); }, samples);
  precision.pages(
      "region query", "SELECT id, basic_info FROM properties WHERE region = ? LIMIT 40",
      [](const ExamplePlace& place) { return tern::Value(place.region); }, samples);
  precision.pages(
      "count of a region", "SELECT count(*) FROM properties WHERE region = ?",
      [](const ExamplePlace& place) { return tern::Value(place.region); }, samples);
  precision.pages(
      "search", "SELECT id FROM properties WHERE search_vector LIKE ? ORDER BY updated_at DESC LIMIT 20",
      [](const ExamplePlace&) { return tern::Value("%santa%"); }, 1);
  tern::Database& db = precision.db();
  int64_t number = 0;
  precision.voided("an update of JSON", [&] {
    db.query("UPDATE properties SET basic_info = json_set(basic_info, '$.edited', ?) WHERE id = ?", ++number,
             precision.any().id);
  });
  precision.voided("an update with an index", [&] {
    db.query("UPDATE properties SET property_type = ? WHERE id = ?", "T" + std::to_string(++number),
             precision.any().id);
  });
  precision.voided("an insert", [&] {
    ++number;
    db.query(
        "INSERT INTO properties SELECT ?, region, property_type, basic_info, detailed_info, search_vector, created_at, "
        "updated_at, version FROM properties WHERE id = ?",
        "p-" + std::to_string(mixed(static_cast<uint64_t>(number)) % 10'000'000) + "-x" + std::to_string(number),
        precision.any().id);
  });
  precision.voided("a delete", [&] { db.query("DELETE FROM properties WHERE id = ?", precision.any().id); });
});

}  // namespace
}  // namespace bench

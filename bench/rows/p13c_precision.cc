// P13c: how many reads still hit while somebody writes: 10,000 reads a second, drawn by zipf, and 1, 10, 100 updates a
// second between them, drawn in the same way, by tern or by a foreign program. Beside it, from the same reads, what a
// cache would hit that empties itself at each commit, and, for points, one that voids the updated row's answer alone:
// what lies between is the price of pages. Counts, no times: the reads are not paced, what matters is how many lie
// between two commits.
#include <functional>
#include <optional>
#include <random>
#include <unordered_set>

#include "bench/core/scratch.h"
#include "bench/peers/foreign.h"
#include "bench/workload/places.h"
#include "bench/workload/records.h"
#include "docs/examples/demo/zipf.h"
#include <tern/tern.hpp>

namespace bench {
namespace {

constexpr int kReadsASecond = 10'000;
constexpr int kRates[] = {1, 10, 100};
constexpr const char* kUpdate =
    "UPDATE properties SET basic_info = json_set(basic_info, '$.edited', "
    "coalesce(json_extract(basic_info, '$.edited'), 0) + 1) WHERE id = ?";

struct Query {
  const char* name;
  const char* sql;
  // The argument of the read of place number `rank`.
  std::string (*argument)(const ExamplePlace& place, uint64_t rank);
  double target;     // of the hit ratio at 100 updates a second; 0: none
  double share = 1;  // of the reads and updates that the others get: a search takes 30 ms
};

const Query kQueries[] = {
    {"point",
     "SELECT id, region, property_type, basic_info, detailed_info, updated_at, version FROM properties WHERE id = ?",
     [](const ExamplePlace& place, uint64_t) { return place.id; }, 0.95},
    {"region", "SELECT id, property_type, basic_info, updated_at, version FROM properties WHERE region = ? LIMIT 50",
     [](const ExamplePlace& place, uint64_t) { return place.region; }, 0},
    {"search",
     "SELECT id, region, basic_info, updated_at, version FROM properties WHERE search_vector LIKE ? ORDER BY "
     "updated_at "
     "DESC LIMIT 20",
     [](const ExamplePlace&, uint64_t rank) { return "%" + std::string(1, static_cast<char>('a' + rank % 8)) + "an%"; },
     0, 0.01},
    {"count", "SELECT count(*) FROM properties WHERE region = ?",
     [](const ExamplePlace& place, uint64_t) { return place.region; }, 0}};

class Mixed {
 public:
  Mixed(tern::Database db, const Places& places, const Query& query, std::function<void(const std::string&)> update)
      : places_(places),
        query_(query),
        statement_(db.prepare(query.sql)),
        update_(std::move(update)),
        zipf_(places.all().size(), kZipfExponent) {}

  struct Ratios {
    double tern = 0, flush = 0, row = 0;
  };
  enum class Updates { kAsRead, kAnywhere };
  // Hits of the reads between `updates` updates, after as many that are not counted.
  Ratios run(int updates_a_second, int updates, Updates where = Updates::kAsRead) {
    Ratios sum;
    uint64_t reads = 0;
    for (int i = 0; i < 2 * updates; ++i) {
      update_one(where);
      for (int j = 0; j < kReadsASecond / updates_a_second; ++j) {
        const Ratios one = read();
        if (i < updates) continue;
        sum.tern += one.tern;
        sum.flush += one.flush;
        sum.row += one.row;
        ++reads;
      }
    }
    const auto all = static_cast<double>(reads);
    return {sum.tern / all, sum.flush / all, sum.row / all};
  }
  void update_one(Updates where = Updates::kAsRead) {
    const std::string& id = where == Updates::kAsRead ? place().id : places_.all()[random_() % places_.all().size()].id;
    update_(id);
    flushed_.clear();
    unvoided_.erase(id);
  }
  // Every answer that may be asked for, once.
  void warm() {
    flushed_.clear();
    for (uint64_t rank = 0; rank < places_.all().size(); ++rank) {
      unvoided_.insert(argument_of(rank));
      if (std::string argument = argument_of(rank); flushed_.insert(std::move(argument)).second) {
        statement_.bind(argument_of(rank)).all();
      }
      if (query_.share < 1 && rank > 100) return;
    }
  }

 private:
  const ExamplePlace& place() { return places_.all()[zipf_(random_)]; }
  std::string argument_of(uint64_t rank) const { return query_.argument(places_.all()[rank], rank); }
  // Each 0 or 1.
  Ratios read() {
    std::string argument = argument_of(zipf_(random_));
    Ratios hit;
    hit.tern = statement_.bind(argument).all().source() == tern::Source::kHot ? 1 : 0;
    hit.row = unvoided_.insert(argument).second ? 0 : 1;
    hit.flush = flushed_.insert(std::move(argument)).second ? 0 : 1;
    return hit;
  }

  const Places& places_;
  const Query& query_;
  const tern::Statement statement_;
  const std::function<void(const std::string&)> update_;
  std::mt19937_64 random_{11};
  const demo::Zipf zipf_;
  std::unordered_set<std::string> flushed_;   // arguments read since the last commit
  std::unordered_set<std::string> unvoided_;  // ids read since their own row's last update
};

Series once(const std::string& name, double value) {
  return {.name = name, .unit = "hit ratio", .rounds = {value}, .higher_is_better = true, .note = "", .absent = ""};
}

std::string at_rate(int rate) { return std::to_string(rate) + (rate == 1 ? " update a second" : " updates a second"); }

void add(Row& row, const std::string& name, const Mixed::Ratios& ratios, bool by_row) {
  row.series.push_back(once(name, ratios.tern));
  row.series.push_back(once("flush on every commit, " + name, ratios.flush));
  if (by_row) row.series.push_back(once("the updated row alone, " + name, ratios.row));
}

double measure(Context& context, const Places& places, const Query& query, tern::Database db, const char* writer,
               const std::function<void(const std::string&)>& update) {
  Row& row = context.row("P13c", std::string(query.name) + ", " + writer + " updates",
                         "hit ratio at 100 updates and 10,000 reads a second");
  if (query.target > 0) row.target = at_least(query.target);
  Mixed mixed(std::move(db), places, query, update);
  mixed.warm();
  const double seconds = query.share * context.pick(0.2, 5.0, 30.0);
  // An import leaves its pages full to the brim: the first updates, by which rows grow, split them and void more than
  // later ones do. Both are told; the figure is the lasting state.
  const int settle = context.pick(5, 1500, 3000);
  if (query.target > 0) {
    add(row, at_rate(100) + ", pages still full from the import", mixed.run(100, settle / 2), true);
    for (int i = 0; i < settle; ++i) mixed.update_one();
    mixed.warm();
  }
  double last = 0;
  for (const int rate : kRates) {
    const int updates = std::max(2, static_cast<int>(seconds * rate));
    const Mixed::Ratios ratios = mixed.run(rate, rate == 1 ? std::min(updates, 10) : updates);
    add(row, at_rate(rate), ratios, query.target > 0);
    last = ratios.tern;
  }
  if (query.target > 0) {
    const int updates = std::max(2, static_cast<int>(seconds * 100));
    add(row, at_rate(100) + ", of any row", mixed.run(100, updates, Mixed::Updates::kAnywhere), true);
  }
  row.notes.push_back(places.origin());
  row.settle(last);
  return last;
}

// All queries with one writer, on a copy of the database that nobody has written to.
std::vector<double> with_writer(Context& context, bool own) {
  const Folder folder;
  const std::string file = folder.file("places.db");
  const Places places(context, file);
  const tern::Database db =
      tern::open(file, {.mode = tern::OpenMode::kExisting, .hot_bytes = uint64_t{1} << 30, .store_bytes = 0});
  std::function<void(const std::string&)> update;
  std::optional<ForeignWriter> foreign;
  if (own) {
    update = [statement = tern::Database(db).prepare(kUpdate)](const std::string& id) { statement.bind(id).run(); };
  } else {
    foreign.emplace(file, kUpdate);
    update = [&foreign](const std::string& id) { foreign->write(id); };
  }
  std::vector<double> ratios;
  for (const Query& query : kQueries) {
    ratios.push_back(measure(context, places, query, db, own ? "own" : "foreign", update));
  }
  return ratios;
}

const Family family("P13c", "hit ratio while somebody writes", [](Context& context) {
  const std::vector<double> own = with_writer(context, true);
  const std::vector<double> foreign = with_writer(context, false);
  Row& row = context.row("P13c", "point, foreign beside own", "hit ratio, foreign ÷ own");
  row.target = at_least(0.995);
  row.settle(foreign[0] / own[0]);
});

}  // namespace
}  // namespace bench

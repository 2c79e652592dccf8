// X9: a whole response, the answer of the search as JSON, kept by get_or_compute() while somebody changes random rows:
// 100 requests a second and 1, 10, 100 updates a second between them, by tern or by a foreign program. Every answer is
// held against one that is computed anew, past the cache, from the state that it was asked in. Counts, no times: the
// requests are not paced, what matters is how many lie between two commits. The search reads the whole table, so that
// each update voids the response; the hit ratio is that of any cache that is exact about a table.
#include <cstring>
#include <functional>
#include <optional>
#include <random>

#include "bench/core/scratch.h"
#include "bench/peers/foreign.h"
#include "bench/workload/places.h"
#include "bench/workload/records.h"
#include <tern/tern.h>
#include <tern/tern.hpp>

namespace bench {
namespace {

constexpr int kRequestsASecond = 100;
constexpr int kRates[] = {1, 10, 100};
// A quarter of the places; of the invented ones a tenth. The first that finds something.
constexpr const char* kPatterns[] = {"%an%", "%r1%"};
constexpr const char* kSearch =
    "SELECT id, region, basic_info, updated_at, version FROM properties WHERE search_vector LIKE ? ORDER BY updated_at "
    "DESC LIMIT 20";
// What is changed comes first in what is found.
constexpr const char* kUpdate =
    "UPDATE properties SET version = version + 1, updated_at = updated_at + 1000000000000 WHERE id = ?";

constexpr const char* kHit = "a hit";
constexpr const char* kHitC = "a hit through C";
constexpr const char* kComputing = "computing it, past the cache";

std::string quoted(std::string_view text) { return nlohmann::json(text).dump(); }

std::string response(const tern::Statement& search, std::string_view pattern, bool past_the_cache) {
  std::string json = "[";
  for (const tern::Row row : search.bind(pattern).all({.bypass = past_the_cache})) {
    if (json.size() > 1) json += ',';
    json += R"({"id":)" + quoted(row.get<std::string_view>(0));
    json += R"(,"region":)" + quoted(row.get<std::string_view>(1));
    json += R"(,"info":)";
    json += row.get<std::string_view>(2);  // JSON itself
    json += R"(,"updated_at":)" + std::to_string(row.get<int64_t>(3));
    json += R"(,"version":)" + std::to_string(row.get<int64_t>(4)) + '}';
  }
  return json + ']';
}

struct Counts {
  uint64_t requests = 0, hits = 0, stale = 0;
  uint64_t updates = 0, changes = 0;  // of the response

  double hit_ratio() const { return static_cast<double>(hits) / static_cast<double>(requests); }
  void add(const Counts& other) {
    requests += other.requests;
    stale += other.stale;
    updates += other.updates;
    changes += other.changes;
  }
};

class Server {
 public:
  explicit Server(tern::Database db) : db_(std::move(db)), search_(db_.prepare(kSearch)) {
    for (const char* const pattern : kPatterns) {
      pattern_ = pattern;
      key_ = "search 1/" + pattern_;
      if (!search_.bind(pattern_).all().empty()) return;
    }
    throw std::runtime_error("the search finds no place");
  }

  const std::string& key() const { return key_; }
  tern::Computed request() {
    return db_.get_or_compute(key_, {}, [&] { return response(search_, pattern_, false); });
  }
  std::string anew() const { return response(search_, pattern_, true); }

  // Requests and updates at random, in the proportion of their rates.
  Counts run(int updates_a_second, uint64_t updates, const std::function<void()>& update) {
    Counts counts;
    std::string now = anew();
    request();
    while (counts.updates < updates) {
      if (static_cast<int>(random_() % static_cast<uint64_t>(kRequestsASecond + updates_a_second)) < updates_a_second) {
        update();
        ++counts.updates;
        std::string after = anew();
        counts.changes += after != now ? 1 : 0;
        now = std::move(after);
        continue;
      }
      const tern::Computed answer = request();
      ++counts.requests;
      counts.hits += answer.source() == tern::Source::kHot ? 1 : 0;
      counts.stale += answer.text() != now ? 1 : 0;
    }
    return counts;
  }

 private:
  tern::Database db_;
  const tern::Statement search_;
  std::string pattern_, key_;
  std::mt19937_64 random_{17};
};

Series once(const std::string& name, double value) {
  return {.name = name, .unit = "hit ratio", .rounds = {value}, .higher_is_better = true, .note = "", .absent = ""};
}

// With one writer, on a copy of the database that nobody has written to.
Counts with_writer(Context& context, bool own) {
  const Folder folder;
  const std::string file = folder.file("places.db");
  const Places places(context, file);
  const tern::Database db = tern::open(file, {.mode = tern::OpenMode::kExisting, .store_bytes = 0});
  Server server(db);
  std::optional<ForeignWriter> foreign;
  if (!own) foreign.emplace(file, kUpdate);
  const tern::Statement statement = tern::Database(db).prepare(kUpdate);
  std::mt19937_64 random(19);
  const auto update = [&] {
    const std::string& id = places.all()[random() % places.all().size()].id;
    if (own) {
      statement.bind(id).run();
    } else {
      foreign->write(id);
    }
  };

  Row& row = context.row("X9", std::string("a response as JSON, ") + (own ? "own" : "foreign") + " updates of any row",
                         "hit ratio at 100 updates and 100 requests a second");
  Counts all;
  double ratio = 0;
  for (const int rate : kRates) {
    const Counts counts = server.run(rate, context.pick<uint64_t>(20, 40, 300), update);
    all.add(counts);
    ratio = counts.hit_ratio();
    row.series.push_back(once(std::to_string(rate) + (rate == 1 ? " update a second" : " updates a second"), ratio));
  }
  row.notes.push_back(places.origin());
  row.notes.push_back(count_text(all.changes) + " of " + count_text(all.updates) + " updates changed the response");
  row.settle(ratio);
  return all;
}

void require(tern_status status) {
  if (status != TERN_OK) throw std::runtime_error(std::string("tern: ") + tern_last_error());
}

void time_a_hit(Context& context) {
  const Folder folder;
  const std::string file = folder.file("places.db");
  const Places places(context, file);
  const tern::Database db = tern::open(file, {.mode = tern::OpenMode::kExisting, .store_bytes = 0});
  Server server(db);
  const std::string expected = server.anew();
  server.request();
  struct C {
    explicit C(const std::string& path) { require(tern_open(path.c_str(), nullptr, &db)); }
    ~C() { tern_close(db); }
    C(const C&) = delete;
    C& operator=(const C&) = delete;
    tern_database* db = nullptr;
  } const c(file);
  // Never called: the value is there.
  const tern_compute_function missing = [](void*, tern_computation* computation) {
    return tern_computation_fail(computation, TERN_INTERNAL, "not hot", 7);
  };

  Row& row = context.row("X9", "a response as JSON, from memory", "computing it ÷ a hit");
  const auto work = [&](uint64_t operations, const auto& operation) {
    Work done;
    for (; done.operations < operations; ++done.operations) {
      const auto [hit, size] = operation();
      done.hits += hit ? 1 : 0;
      done.wrong += size != expected.size() ? 1 : 0;
    }
    return done;
  };
  const auto hit = [&] {
    const tern::Computed answer = server.request();
    return std::pair(answer.source() == tern::Source::kHot, answer.size());
  };
  const auto hit_c = [&] {
    tern_computed* answer = nullptr;
    require(tern_get_or_compute(c.db, server.key().data(), server.key().size(), nullptr, missing, nullptr, &answer));
    size_t size = 0;
    tern_computed_data(answer, &size);
    const bool hot = tern_computed_source(answer) == TERN_HOT;
    tern_computed_free(answer);
    return std::pair(hot, size);
  };
  const auto computing = [&] { return std::pair(false, server.anew().size()); };
  alternate(context, row, Clock::kThread,
            {{.name = kHit, .run = [&](uint64_t n) { return work(n, hit); }, .note = ""},
             {.name = kHitC, .run = [&](uint64_t n) { return work(n, hit_c); }, .note = ""},
             {.name = kComputing, .run = [&](uint64_t n) { return work(n, computing); }, .note = ""}});
  row.notes.push_back(places.origin() + "; the response has " + count_text(expected.size()) + " bytes");
  row.settle_ratio(kComputing, kHit);
}

const Family family("X9", "computed responses", [](Context& context) {
  Counts all = with_writer(context, true);
  all.add(with_writer(context, false));
  Row& stale = context.row("X9", "responses that were not what is computed anew", "of " + count_text(all.requests));
  stale.unit = "responses";
  stale.target = at_most(0);
  stale.notes.push_back(count_text(all.changes) + " updates changed the response");
  stale.settle(static_cast<double>(all.stale));
  time_a_hit(context);
});

}  // namespace
}  // namespace bench

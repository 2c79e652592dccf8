// P2, P3: a hot hit as a program has it: a prepared SELECT by a TEXT primary key, bound, its first row, one column; and
// the same through the C interface.
#include "bench/core/scratch.h"
#include "bench/peers/node_peer.h"
#include "bench/peers/peer.h"
#include "bench/peers/records_table.h"
#include "bench/peers/tern_sql.h"
#include "cache/body.h"
#include <tern/tern.h>

namespace bench {
namespace {

constexpr const char* kTern = "tern, C++";
constexpr const char* kTernC = "tern, C: query, value, free";
constexpr const char* kPacked = "tern, C: packed";

void require(tern_status status) {
  if (status != TERN_OK) throw std::runtime_error(std::string("tern: ") + tern_last_error());
}

// The same engine by its C interface.
class TernC {
 public:
  explicit TernC(const std::string& database) {
    require(tern_open(database.c_str(), nullptr, &db_));
    require(tern_prepare(db_, kSelectRecord, std::strlen(kSelectRecord), &select_));
  }
  ~TernC() {
    tern_statement_free(select_);
    tern_close(db_);
  }
  TernC(const TernC&) = delete;
  TernC& operator=(const TernC&) = delete;

  Work read(const Records& records, Draws& draws, uint64_t operations) {
    tern_result* result = nullptr;
    const Work work = read_loop(records, draws, operations, Take::kView, [&](std::string_view key) {
      tern_result_free(result);
      const tern_value parameter{TERN_TEXT, 0, {.data = key.data()}, key.size()};
      require(tern_query(select_, &parameter, 1, &result));
      if (tern_result_source(result) != TERN_HOT) return std::string_view();
      tern_value value;
      require(tern_result_value(result, 0, 0, &value));
      return std::string_view(static_cast<const char*>(value.as.data), value.len);
    });
    tern_result_free(result);
    return work;
  }

  // One call: the key as bytes in, the whole result as bytes out (docs/formats.md, "Packed query"). Empty when another
  // tier than the hot one answered.
  std::string_view packed_value(std::string_view key) {
    constexpr uint32_t kLength = kKeyBytes;
    constexpr size_t kSourceAt = 16, kBodyAt = 24;
    char parameters[1 + sizeof kLength + kKeyBytes] = {TERN_TEXT};
    std::memcpy(parameters + 1, &kLength, sizeof kLength);  // little-endian, as this machine
    std::memcpy(parameters + 1 + sizeof kLength, key.data(), kKeyBytes);
    size_t size = 0;
    require(tern_query_packed(select_, parameters, sizeof parameters, buffer_.data(), buffer_.size(), &size));
    uint64_t source = 0;
    std::memcpy(&source, buffer_.data() + kSourceAt, sizeof source);
    if (source != TERN_HOT) return {};
    return tern::cache::BodyView::trusted(buffer_.data() + kBodyAt).cell(0, 0).text();
  }
  Work read_packed(const Records& records, Draws& draws, uint64_t operations) {
    return read_loop(records, draws, operations, Take::kView,
                     [this](std::string_view key) { return packed_value(key); });
  }

 private:
  tern_database* db_ = nullptr;
  tern_statement* select_ = nullptr;
  alignas(8) std::array<std::byte, 4096> buffer_;
};

const Family family("P2", "hot hit, public interface", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const Records records(count);
  const Draws draws = Draws::zipf(count, context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 20));
  const std::string home = folder.sub("db");
  const std::string database = home + "/records.db";
  make_records_table(database, records);

  TernSql tern(database, {}, tern::Source::kHot);
  tern.load(records);
  check_values(tern, records, 1000, kTern);
  TernC tern_c(database);  // the same engine: the file is open in this process
  for (uint64_t i = 0; i < 100; ++i) {
    if (tern_c.packed_value(records.key(i)) != value_of(i)) throw std::runtime_error("a packed value is wrong");
  }
  const std::unique_ptr<Peer> sqlite = make_peer(context, kSqlite, {home, count});
  const std::unique_ptr<Peer> held = make_peer(context, kSqliteHeld, {home, count});
  check_values(*sqlite, records, 1000, kSqlite);

  Row& row = context.row("P2", "hot hit, SELECT by TEXT primary key, " + count_text(count) + " keys, zipf 0.99",
                         "tern, C++: bind, first(), one column");
  row.unit = "ns";
  row.target = at_most(150);
  std::vector<Contender> contenders = {
      reading(kTern, tern, records, draws, Take::kView),
      {.name = kTernC,
       .run = [&,
               draws = Draws(draws)](uint64_t operations) mutable { return tern_c.read(records, draws, operations); },
       .note = ""},
      {.name = kPacked,
       .run = [&, draws = Draws(draws)](
                  uint64_t operations) mutable { return tern_c.read_packed(records, draws, operations); },
       .note = "copied into the caller's buffer"},
      reading(kSqlite, *sqlite, records, draws, Take::kView),
      reading(kSqliteHeld, *held, records, draws, Take::kView)};
  std::vector<std::unique_ptr<NodePeer>> nodes;
  add_node_peers(context, row, {"better-sqlite3", "lmdb-js"}, database, records, draws, nodes, contenders);
  alternate(context, row, Clock::kThread, std::move(contenders));
  row.settle(row.find(kTern)->best());

  Row& ratio = context.row("P2", row.name + ", against SQLite", "SQLite, autocommit ÷ tern, C++");
  ratio.target = at_least(50);
  ratio.series = row.series;
  ratio.settle_ratio(kSqlite, kTern);

  Row& packed = context.row("P3", "hot hit through the C API, one call into a caller's buffer", "tern_query_packed");
  packed.unit = "ns";
  packed.target = at_most(200);
  for (const char* name : {kPacked, kTernC}) packed.series.push_back(*row.find(name));
  packed.notes = row.notes;
  packed.settle(row.find(kPacked)->best());
});

}  // namespace
}  // namespace bench

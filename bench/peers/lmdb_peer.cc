// LMDB as its documentation says: one environment, read transactions that are reset and renewed, values read in place.
#include <lmdb.h>

#include "bench/peers/makers.h"

namespace bench {

namespace {

void require(int result) {
  if (result != MDB_SUCCESS) throw std::runtime_error(std::string("LMDB: ") + mdb_strerror(result));
}

MDB_val as_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

class Lmdb final : public Peer {
 public:
  Lmdb(const Place& place, bool held) : held_(held) {
    require(mdb_env_create(&environment_));
    // A full page holds 10 records of 216 bytes; random inserts leave pages two thirds full.
    require(mdb_env_set_mapsize(environment_, (uint64_t{64} << 20) + place.records * 1024));
    const unsigned durability = place.every_sync ? 0u : unsigned{MDB_NOSYNC};
    require(mdb_env_open(environment_, place.folder.c_str(), durability | MDB_NORDAHEAD, 0600));
    MDB_txn* txn = nullptr;
    require(mdb_txn_begin(environment_, nullptr, 0, &txn));
    require(mdb_dbi_open(txn, nullptr, 0, &table_));
    require(mdb_txn_commit(txn));
    require(mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &reading_));
    mdb_txn_reset(reading_);
  }
  ~Lmdb() override {
    mdb_txn_abort(reading_);
    mdb_env_close(environment_);
  }

  void load(const Records& records) override {
    constexpr uint64_t kBatch = 100'000;
    for (uint64_t start = 0; start < records.size(); start += kBatch) {
      MDB_txn* txn = nullptr;
      require(mdb_txn_begin(environment_, nullptr, 0, &txn));
      for (uint64_t i = start; i < records.size() && i < start + kBatch; ++i) put(txn, records.key(i), value_of(i));
      require(mdb_txn_commit(txn));
    }
  }

  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override {
    if (!held_) {
      return read_loop(records, draws, operations, take, [this](std::string_view key) {
        require(mdb_txn_renew(reading_));
        const std::string_view value = find(key);
        // The value lies in the map, which nobody writes meanwhile.
        mdb_txn_reset(reading_);
        return value;
      });
    }
    require(mdb_txn_renew(reading_));
    const Work work = read_loop(records, draws, operations, take, [this](std::string_view key) { return find(key); });
    mdb_txn_reset(reading_);
    return work;
  }

  bool get(std::string_view key, std::string& value) override {
    require(mdb_txn_renew(reading_));
    const std::string_view found = find(key);
    if (found.data() != nullptr) value = found;
    mdb_txn_reset(reading_);
    return found.data() != nullptr;
  }

  void update(std::string_view key, std::string_view value) override {
    MDB_txn* txn = nullptr;
    require(mdb_txn_begin(environment_, nullptr, 0, &txn));
    put(txn, key, value);
    require(mdb_txn_commit(txn));
  }
  void insert(std::string_view key, std::string_view value) override { update(key, value); }

  bool can_scan() const override { return true; }
  uint64_t scan(std::string_view from, uint64_t count) override {
    require(mdb_txn_renew(reading_));
    MDB_cursor* cursor = nullptr;
    require(mdb_cursor_open(reading_, table_, &cursor));
    MDB_val key = as_val(from), value;
    uint64_t seen = 0, sum = 0;
    int result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (result == MDB_SUCCESS && seen < count) {
      ++seen;
      sum += *static_cast<const unsigned char*>(value.mv_data);
      result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    asm volatile("" : : "r"(sum));
    mdb_cursor_close(cursor);
    mdb_txn_reset(reading_);
    return seen;
  }

 private:
  void put(MDB_txn* txn, std::string_view key, std::string_view value) {
    MDB_val k = as_val(key), v = as_val(value);
    require(mdb_put(txn, table_, &k, &v, 0));
  }
  std::string_view find(std::string_view key) {
    MDB_val k = as_val(key), v;
    const int result = mdb_get(reading_, table_, &k, &v);
    if (result == MDB_NOTFOUND) return {};
    require(result);
    return {static_cast<const char*>(v.mv_data), v.mv_size};
  }

  const bool held_;
  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
  MDB_txn* reading_ = nullptr;
};

}  // namespace

std::unique_ptr<Peer> make_lmdb(const Place& place) { return std::make_unique<Lmdb>(place, false); }
std::unique_ptr<Peer> make_lmdb_held(const Place& place) { return std::make_unique<Lmdb>(place, true); }
std::string lmdb_version() { return MDB_VERSION_STRING; }

}  // namespace bench

// RocksDB, set up as its tuning guide says for point lookups from memory.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "bench/peers/makers.h"

namespace bench {

namespace {

void require(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error("RocksDB: " + status.ToString());
}

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

class RocksDb final : public Peer {
 public:
  explicit RocksDb(const Place& place) {
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_cache = rocksdb::NewLRUCache(size_t{1} << 30);
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    rocksdb::Options options;
    options.create_if_missing = true;
    options.IncreaseParallelism(2);
    options.OptimizeLevelStyleCompaction();
    options.compression = rocksdb::kNoCompression;
    options.compression_per_level.clear();
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* db = nullptr;
    require(rocksdb::DB::Open(options, place.folder, &db));
    db_.reset(db);
    writing_.sync = place.every_sync;
  }

  void load(const Records& records) override {
    rocksdb::WriteBatch batch;
    for (uint64_t i = 0; i < records.size(); ++i) {
      require(batch.Put(slice(records.key(i)), value_of(i)));
      if (batch.Count() < 10'000 && i + 1 < records.size()) continue;
      require(db_->Write(writing_, &batch));
      batch.Clear();
    }
    require(db_->Flush({}));
    require(db_->CompactRange({}, nullptr, nullptr));
  }

  Work read(const Records& records, Draws& draws, uint64_t operations, Take take) override {
    rocksdb::PinnableSlice value;
    return read_loop(records, draws, operations, take, [&](std::string_view key) {
      value.Reset();
      const rocksdb::Status status = db_->Get(reading_, db_->DefaultColumnFamily(), slice(key), &value);
      if (status.IsNotFound()) return std::string_view();
      require(status);
      return std::string_view(value.data(), value.size());
    });
  }

  bool get(std::string_view key, std::string& value) override {
    const rocksdb::Status status = db_->Get(reading_, slice(key), &value);
    if (status.IsNotFound()) return false;
    require(status);
    return true;
  }
  void update(std::string_view key, std::string_view value) override {
    require(db_->Put(writing_, slice(key), slice(value)));
  }
  void insert(std::string_view key, std::string_view value) override { update(key, value); }

  bool can_scan() const override { return true; }
  uint64_t scan(std::string_view from, uint64_t count) override {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(reading_));
    uint64_t seen = 0, sum = 0;
    for (at->Seek(slice(from)); at->Valid() && seen < count; at->Next(), ++seen) {
      sum += static_cast<unsigned char>(at->value()[0]);
    }
    asm volatile("" : : "r"(sum));
    require(at->status());
    return seen;
  }

 private:
  rocksdb::WriteOptions writing_;
  rocksdb::ReadOptions reading_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

std::unique_ptr<Peer> make_rocksdb(const Place& place) { return std::make_unique<RocksDb>(place); }
std::string rocksdb_version() { return rocksdb::GetRocksVersionAsString(); }

}  // namespace bench

// K4: pages of a thousand keys, one after the other.
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_kv.h"

namespace bench {
namespace {

constexpr const char* kKv = "tern, KV";

const Family family("K4", "KV list", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(5'000, 200'000, 1'000'000);
  const Records records(count);
  TernKv kv(folder.sub("kv"), 0, tern::Source::kStore);
  kv.put_records(records, 0, count);
  const std::unique_ptr<Peer> lmdb = make_peer(context, kLmdb, {folder.sub("lmdb"), count});
  lmdb->load(records);
  Row& row = context.row("K4", "a page of 1,000 of " + count_text(count) + " keys",
                         "tern's KV, list() with the cursor of the page before; milliseconds");
  row.unit = "ms";
  alternate(context, row, Clock::kThread,
            {{.name = kKv,
              .run =
                  [&kv, cursor = std::string()](uint64_t operations) mutable {
                    Work work;
                    for (; work.operations < operations; ++work.operations) {
                      const tern::KvPage page = kv.kv().list({.limit = 1000, .cursor = cursor});
                      work.hits += page.keys.size() == 1000 ? 1 : 0;
                      cursor = page.cursor;
                    }
                    return work;
                  },
              .note = "names, versions, metadata and expiry, copied"},
             {.name = kLmdb,
              .run =
                  [&lmdb, &records, at = uint64_t{0}](uint64_t operations) mutable {
                    Work work;
                    for (; work.operations < operations; ++work.operations)
                      work.hits += lmdb->scan(records.key(at++ % records.size()), 1000) > 0 ? 1 : 0;
                    return work;
                  },
              .note = "a cursor over 1,000 records from a random key, each looked at in place"}});
  row.settle(row.find(kKv)->best() / 1e6);
});

}  // namespace
}  // namespace bench

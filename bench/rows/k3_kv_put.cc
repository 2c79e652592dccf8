// K3: synced puts of many threads, which share commits, beside LMDB with a synced transaction for each.
#include "bench/core/scratch.h"
#include "bench/core/threads.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_hot.h"
#include "bench/peers/tern_kv.h"

namespace bench {
namespace {

constexpr const char* kKv = "tern, KV, grouped";
constexpr int kThreads = 16;

const Family family("K3", "KV puts of 16 threads", [](Context& context) {
  const Folder folder;
  const uint64_t count = context.pick<uint64_t>(2'000, 10'000, 10'000);
  const Records records(count);
  TernKv kv(folder.sub("kv"), roomy_hot(count), tern::Source::kHot);
  const std::unique_ptr<Peer> lmdb =
      peer_kind(kLmdb, context.settings()).make({folder.sub("lmdb"), count, true, &context.settings()});
  kv.load(records);
  lmdb->load(records);
  const double seconds = context.seconds(0.1, 1, 2);
  const std::string value(kValueBytes, 'v');
  Row& row = context.row("K3", "synced puts of 16 threads, " + count_text(count) + " keys",
                         "tern's KV, grouped ÷ LMDB, one synced transaction for each put");
  row.target = at_least(5);
  alternate(context.pick(1, 3, 5), row,
            {{kKv, "puts/s", true,
              [&] {
                return per_second(kThreads, seconds, [&](int thread, const std::atomic<bool>& stop) {
                  uint64_t done = 0;
                  for (; !stop.load(std::memory_order_relaxed); ++done)
                    kv.kv().put(records.key((done * kThreads + static_cast<uint64_t>(thread)) % count), value);
                  return done;
                });
              },
              "each acknowledged when it is synced"},
             {kLmdb, "puts/s", true,
              [&] {
                return per_second(1, seconds, [&](int, const std::atomic<bool>& stop) {
                  uint64_t done = 0;
                  for (; !stop.load(std::memory_order_relaxed); ++done) lmdb->update(records.key(done % count), value);
                  return done;
                });
              },
              "one thread: it has one writer at a time"}});
  row.settle_ratio(kKv, kLmdb);
});

}  // namespace
}  // namespace bench

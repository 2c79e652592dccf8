// The sync points: every step of the protocol between two others such that a death, a stop or somebody else's commit
// there could matter. A name that is not in this table does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tern::probes {

inline constexpr std::array kPoints = std::to_array<std::string_view>({
    // A read, in its order (cache/validity.h, engine/reader.cc).
    "read:begun",            // nothing loaded yet
    "read:state-loaded",     // between the wal state and expected
    "read:expected-loaded",  // between expected and seq
    "hot:word-loaded",       // the hot table's reader knows an address, and has not pinned it
    "hot:pinned",            // it has, and has loaded the word again
    "read:hot-void",         // a hot entry was found, and is no longer true
    "read:uncached",         // on its way past the cache
    "flight:joined",         // about to wait for another thread's fill, under the shard's lock
    "many:next",             // before each read of many
    "refresh:begun",         // the refresher has taken a key
    "refresh:done",          // and it is still known as under way
    "fill:label-taken",
    "fill:snapshot-taken",
    "fill:read",           // the statement has run
    "fill:before-insert",  // before the hot table
    "fill:before-offer",   // before the store's queue
    "fill:before-share",   // before the waiters of a single flight get it
    "compute:computed",    // a computed value: its function has returned
    "snapshot:begun",      // of a pooled connection

    // A commit and its publication (engine/writer.cc, engine/coherence.cc, cache/stamps.cc).
    "commit:before",
    "commit:after",
    "commit:published",  // before it is acknowledged
    "publish:locked",
    "publish:header-read",
    "publish:changes-known",
    "publish:before-all",
    "publish:before-stamp",  // before each
    "publish:stamps-out",
    "publish:seq-out",
    "publish:saved-disowned",  // within the saved state
    "publish:saved-copied",    // within the saved state, too
    "publish:before-expected",
    "publish:expected-out",

    // The guardian (sql/guardian.h, engine/coherence.cc).
    "keeper:round",
    "guardian:before-second",
    "guardian:second-begun",
    "guardian:published",
    "guardian:moved",
    "renew:let-go",
    "renew:opened",
    "renew:published",
    "join:opened",
    "join:asked",
    "join:published",
    "join:guarded",

    // The planned checkpoint, and the last one (engine/coherence_log.cc).
    "checkpoint:begun",
    "checkpoint:moved",  // within SQLite's checkpoint, each time that it waits
    "checkpoint:ended",
    "close:begun",
    "close:moved",
    "close:barred",  // the write lock is held
    "close:copied",
    "close:marked",  // the guardian still holds
    "close:let-go",
    "close:truncated",

    // Files (cache/stamps.cc, cache/store_write.cc).
    "stamps:folder-made",
    "stamps:draft-made",
    "stamps:draft-filled",
    "stamps:renamed",
    "stamps:mapped",
    "store:write-begun",
    "store:before-put",  // before each
    "store:before-commit",
    "store:committed",

    // A commit to the KV tier (cache/kv_stamps.cc), and a read of it (engine/kv_reader.cc).
    "kv:before-mark",  // before each slot becomes PENDING
    "kv:marked",       // all are, and kv_seq is not raised yet
    "kv:seq-raised",
    "kv:before-commit",
    "kv:committed",     // in LMDB, and synced
    "kv:before-stamp",  // before each
    "kv:stamped",
    "kv:settled",  // before it is acknowledged
    "kv:seq-loaded",
    "kv:many-next",  // before each key of many
    "kv:label-taken",
    "kv:snapshot-read",
});

constexpr size_t kNoPoint = kPoints.size();

constexpr size_t find_point(std::string_view name) noexcept {
  for (size_t i = 0; i < kPoints.size(); ++i) {
    if (kPoints[i] == name) return i;
  }
  return kNoPoint;
}

}  // namespace tern::probes

// tern_queue.h: writes that are queued, over QueuedWrites.

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "engine/c_api_flags.h"
#include "engine/c_api_handles.h"
#include "engine/c_api_kv.h"
#include "engine/c_api_options.h"
#include "engine/c_api_packed.h"
#include "engine/kv_limits.h"
#include "engine/kv_namespace.h"
#include "engine/queued_writes.h"
#include "sql/fork_guard.h"

using tern::Error;
using tern::ErrorCode;
using tern::internal::Access;
using tern::internal::fail_null;
using tern::internal::guarded;
using tern::internal::PackedCalls;
using tern::internal::QueuedWrite;
using tern::internal::QueuedWrites;
using tern::internal::text_of;

// Callers compiled against this version rely on the layout; fields are only ever added at the end.
static_assert(sizeof(tern_queue_options) == 24 && sizeof(tern_outcome) == 40);

struct tern_queue {
  tern_queue(tern_database& from, const QueuedWrites::Options& options)
      : owner(&from), writes(Access::engine(from.database), options), counted(from.queues_out) {}

  tern_database* const owner;
  QueuedWrites writes;
  tern::internal::CountedOut counted;
};

namespace {

// The program's function, and the results that it will be given: made before the write, after which nothing may fail.
class Callback final : public QueuedWrite::Told {
 public:
  Callback(tern_done done, void* user_data, size_t results)
      : done_(done), user_data_(user_data), made_(results), results_(results) {
    for (auto& result : made_) result = std::make_unique<tern_result>(tern::Rows());
  }

  void tell(QueuedWrite& write) noexcept override {
    tern_outcome outcome{};
    outcome.size = sizeof outcome;
    outcome.message = "";
    std::string message;
    if (write.error) {
      outcome.status = tern::internal::status_of_error(write.error, message);
      outcome.message = message.c_str();
    } else {
      for (size_t i = 0; i < results_.size(); ++i) {
        made_[i]->rows = std::move(write.rows[i]);
        results_[i] = made_[i].release();
      }
      outcome.results = results_.data();
      outcome.result_count = results_.size();
    }
    try {
      done_(user_data_, &outcome);
    } catch (...) {
      // It must not; there is nobody to tell.
    }
    for (tern_result* result : results_) tern_result_free(result);
  }

 private:
  const tern_done done_;
  void* const user_data_;
  std::vector<std::unique_ptr<tern_result>> made_;
  std::vector<tern_result*> results_;
};

std::unique_ptr<QueuedWrite::Told> callback_of(tern_done done, void* user_data, size_t results) {
  return done == nullptr ? nullptr : std::make_unique<Callback>(done, user_data, results);
}

void put_in(tern_queue& queue, PackedCalls&& bound, bool batch, tern_done done, void* user_data) {
  const size_t count = bound.calls.size();
  auto write =
      std::make_unique<QueuedWrite>(QueuedWrite{.what = QueuedWrite::Statements{.batch = batch,
                                                                                .kept = std::move(bound.kept),
                                                                                .keys = std::move(bound.keys),
                                                                                .calls = std::move(bound.calls)},
                                                .bytes = bound.bytes,
                                                .told = callback_of(done, user_data, count),
                                                .error = {},
                                                .rows = {}});
  queue.writes.put_in(std::move(write));
}

tern::internal::KvNamespaceImpl& namespace_of(const char* function, const tern_queue& queue, const tern_kv& kv) {
  tern::internal::KvNamespaceImpl& impl = Access::impl(kv.names);
  if (impl.engine != Access::engine(queue.owner->database))
    throw Error(ErrorCode::kMisuse, std::string(function) + ": the namespace was opened on another database");
  return impl;
}

QueuedWrites::Options options_of(const tern_queue_options* given) {
  QueuedWrites::Options options;
  if (given == nullptr) return options;
  const tern_queue_options known = tern::internal::known_part(*given, "options", "tern_queue_options");
  tern::internal::check_flags("tern_queue_open", known.flags, TERN_QUEUE_DRAINED);
  if (known.max_writes != 0) options.max_writes = known.max_writes;
  if (known.max_bytes != 0) options.max_bytes = known.max_bytes;
  if ((known.flags & TERN_QUEUE_DRAINED) != 0) options.tells = QueuedWrites::Tells::kDrain;
  return options;
}

}  // namespace

extern "C" {

tern_status tern_queue_open(tern_database* db, const tern_queue_options* options, tern_queue** out) {
  if (out == nullptr) return fail_null("tern_queue_open", "out");
  *out = nullptr;
  if (db == nullptr) return fail_null("tern_queue_open", "db");
  return guarded([&] { *out = new tern_queue(*db, options_of(options)); });
}

tern_status tern_queue_close(tern_queue* queue) {
  if (queue == nullptr || tern::sql::forked()) return TERN_OK;
  const tern_status failed = guarded([&] { queue->writes.close(); });
  if (failed == TERN_OK) delete queue;
  return failed;
}

tern_status tern_queue_query(tern_queue* queue, tern_statement* statement, const void* params, size_t params_len,
                             tern_done done, void* user_data) {
  if (queue == nullptr) return fail_null("tern_queue_query", "queue");
  if (statement == nullptr) return fail_null("tern_queue_query", "statement");
  if (params == nullptr && params_len > 0) return fail_null("tern_queue_query", "params");
  return guarded([&] {
    const tern_packed_call call{statement, params, params_len};
    PackedCalls bound = tern::internal::bind_packed("tern_queue_query", *queue->owner, {&call, 1}, false);
    if (bound.kept.front()->kind == tern::internal::StatementKind::kRead)
      throw Error(ErrorCode::kMisuse,
                  "tern_queue_query: the statement only reads, which a queue of writes does not do: use "
                  "tern_query_packed() or tern_query_pinned()");
    put_in(*queue, std::move(bound), false, done, user_data);
  });
}

tern_status tern_queue_batch(tern_queue* queue, const tern_packed_call* calls, size_t count, tern_done done,
                             void* user_data) {
  if (queue == nullptr) return fail_null("tern_queue_batch", "queue");
  if (calls == nullptr) return fail_null("tern_queue_batch", "calls");
  return guarded([&] {
    if (count == 0) throw Error(ErrorCode::kMisuse, "tern_queue_batch: count is 0; a batch has one call or more");
    put_in(*queue, tern::internal::bind_packed("tern_queue_batch", *queue->owner, {calls, count}, true), true, done,
           user_data);
  });
}

tern_status tern_queue_kv_put(tern_queue* queue, tern_kv* kv, const void* key, size_t key_len, const void* value,
                              size_t len, const tern_kv_put_options* options, tern_done done, void* user_data) {
  if (queue == nullptr) return fail_null("tern_queue_kv_put", "queue");
  if (kv == nullptr) return fail_null("tern_queue_kv_put", "kv");
  if (key == nullptr) return fail_null("tern_queue_kv_put", "key");
  if (value == nullptr && len > 0) return fail_null("tern_queue_kv_put", "value");
  return guarded([&] {
    tern::internal::KvNamespaceImpl& impl = namespace_of("tern_queue_kv_put", *queue, *kv);
    const std::string_view key_text = text_of(key, key_len), value_text = text_of(value, len);
    const tern::KvPutOptions put = tern::internal::put_options_of(options);
    tern::internal::check_kv_key(key_text, impl.limits);
    tern::internal::check_kv_value(key_text, value_text, impl.limits);
    tern::internal::check_kv_metadata(key_text, put.metadata, impl.limits);
    tern::internal::kv_expiry(put, impl.tier.now_ms(), impl.limits);
    queue->writes.put_in(
        std::make_unique<QueuedWrite>(QueuedWrite{.what = QueuedWrite::Put{.names = kv->names,
                                                                           .key = std::string(key_text),
                                                                           .value = std::string(value_text),
                                                                           .metadata = std::string(put.metadata),
                                                                           .ttl = put.ttl,
                                                                           .expires_at_ms = put.expires_at_ms},
                                                  .bytes = key_len + len + put.metadata.size(),
                                                  .told = callback_of(done, user_data, 0),
                                                  .error = {},
                                                  .rows = {}}));
  });
}

tern_status tern_queue_kv_delete(tern_queue* queue, tern_kv* kv, const void* key, size_t key_len, tern_done done,
                                 void* user_data) {
  if (queue == nullptr) return fail_null("tern_queue_kv_delete", "queue");
  if (kv == nullptr) return fail_null("tern_queue_kv_delete", "kv");
  if (key == nullptr) return fail_null("tern_queue_kv_delete", "key");
  return guarded([&] {
    const tern::internal::KvNamespaceImpl& impl = namespace_of("tern_queue_kv_delete", *queue, *kv);
    tern::internal::check_kv_key(text_of(key, key_len), impl.limits);
    queue->writes.put_in(std::make_unique<QueuedWrite>(
        QueuedWrite{.what = QueuedWrite::Remove{.names = kv->names, .key = std::string(text_of(key, key_len))},
                    .bytes = key_len,
                    .told = callback_of(done, user_data, 0),
                    .error = {},
                    .rows = {}}));
  });
}

int tern_queue_fd(tern_queue* queue) {
  if (queue == nullptr) {
    fail_null("tern_queue_fd", "queue");
    return -1;
  }
  const int descriptor = queue->writes.descriptor();
  if (descriptor < 0)
    tern::internal::fail(TERN_MISUSE, "tern_queue_fd: only a queue with TERN_QUEUE_DRAINED has a descriptor");
  return descriptor;
}

tern_status tern_queue_drain(tern_queue* queue, size_t max, size_t* drained) {
  if (queue == nullptr) return fail_null("tern_queue_drain", "queue");
  return guarded([&] {
    const size_t count = queue->writes.drain(max);
    if (drained != nullptr) *drained = count;
  });
}

tern_status tern_queue_flush(tern_queue* queue, int64_t timeout_ms) {
  if (queue == nullptr) return fail_null("tern_queue_flush", "queue");
  return guarded([&] {
    if (!queue->writes.flush(timeout_ms))
      throw Error(ErrorCode::kBusy,
                  "tern_queue_flush: the queue had not done its writes after " + std::to_string(timeout_ms) + " ms");
  });
}

}  // extern "C"

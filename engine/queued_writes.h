// Writes that a caller puts in and does not wait for: one thread does them in order and tells how they went. What
// tern_queue_open() gives out.
//
//   put_in() ─► waiting ─► the thread takes what may share a commit ─► done ─► told      (kThread)
//                                                                        └──► completed ─► drain() ─► told   (kDrain)
//
// A write holds its place, one of max_writes and its share of max_bytes, from put_in() until it has been told. What may
// share a commit: statements and batches that follow one another (Writer::run_each()), puts into one KV namespace, and
// removals from one. One that fails fails alone.
//
// Thread-safety: all functions, from any thread, but for close(), after which there is nobody left who may call. Told:
// once each, in the order of put_in(), unless several threads drain at once. Lifetime: it keeps the engine open. In the
// child of a fork() its thread does not exist, and it must be left alone, its destructor too. Errors: tern::Error;
// kWouldBlock when it is full. Cost: putting in takes a lock that is never held over a write, nor over who is told.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "engine/access.h"
#include "engine/engine.h"
#include "engine/writer.h"
#include "tern/kv.hpp"

namespace tern::internal {

// One write with all that it needs, and with its outcome once it is done.
struct QueuedWrite {
  struct Statements {
    bool batch = false;
    std::vector<std::shared_ptr<Prepared>> kept;
    std::vector<std::unique_ptr<cache::KeyBuilder>> keys;
    std::vector<WriterCall> calls;  // of the two above
  };
  // Checked by whoever puts it in: only the time of its expiry is reckoned anew (put_checked(), kv_namespace.h).
  struct Put {
    KvNamespace names;
    std::string key;
    std::string value;
    std::string metadata;
    std::chrono::milliseconds ttl;
    int64_t expires_at_ms;
  };
  struct Remove {
    KvNamespace names;
    std::string key;
  };
  // Who is told; must not throw.
  class Told {
   public:
    virtual ~Told() = default;
    virtual void tell(QueuedWrite& done) noexcept = 0;
  };

  std::variant<Statements, Put, Remove> what;
  size_t bytes = 0;            // of parameters, keys and values
  std::unique_ptr<Told> told;  // null: nobody

  std::exception_ptr error;  // of a tern::Error, or of no memory
  std::vector<Rows> rows;    // of Statements, where there is no error
};

class QueuedWrites {
 public:
  enum class Tells : uint8_t { kThread, kDrain };
  struct Options {
    size_t max_writes = 1024;
    uint64_t max_bytes = uint64_t{16} << 20;
    Tells tells = Tells::kThread;
  };

  QueuedWrites(std::shared_ptr<Engine> engine, const Options& options);
  ~QueuedWrites();
  QueuedWrites(const QueuedWrites&) = delete;
  QueuedWrites& operator=(const QueuedWrites&) = delete;

  void put_in(std::unique_ptr<QueuedWrite> write);
  // kDrain: readable while there is something to drain. Else -1.
  int descriptor() const noexcept { return signal_; }
  // kDrain: tells of at most so many (0: of all); how many.
  size_t drain(size_t max);
  // Until all that was in has been done, and told (kThread). Negative: for as long as that takes. False: it took
  // longer.
  bool flush(int64_t timeout_ms);
  // Does and tells what is in. kMisuse from within Told.
  void close();

 private:
  using List = std::list<std::unique_ptr<QueuedWrite>>;

  void run() noexcept;
  List take_group();
  void do_group(List& group) noexcept;
  void do_statements(List& group);
  void do_keys(List& group);
  void tell(QueuedWrite& write) noexcept;
  void raise_signal() noexcept;
  void refuse_within(const char* what) const;

  // Constant after construction.
  const std::shared_ptr<Engine> engine_;
  const Options options_;
  int signal_ = -1;

  std::mutex mutex_;
  std::condition_variable wake_;  // of the thread
  std::condition_variable done_changed_;
  // Guarded by mutex_. Lists, since nothing may fail for want of memory once a write is done.
  List waiting_;
  List completed_;
  size_t places_taken_ = 0;
  uint64_t bytes_taken_ = 0;
  uint64_t put_in_count_ = 0;
  uint64_t done_count_ = 0;
  bool closing_ = false;

  std::thread thread_;
};

}  // namespace tern::internal

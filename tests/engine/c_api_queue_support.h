// A queue of writes through tern_queue.h, and what its functions were told.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/engine/c_api_kv_support.h"
#include "tests/engine/c_api_packed_support.h"

namespace tern::test {

// What a function was told, by any thread.
class Journal {
 public:
  struct Entry {
    int64_t number;
    tern_status status;
    std::string message;
    int64_t changes;
    std::thread::id thread;
  };

  // What a queue calls with one of tickets().
  static void told(void* user_data, tern_outcome* outcome) {
    const auto* const ticket = static_cast<const std::pair<Journal*, int64_t>*>(user_data);
    const int64_t changes = outcome->result_count != 0 ? tern_result_changes(outcome->results[0]) : -1;
    const std::lock_guard lock(ticket->first->mutex_);
    ticket->first->entries_.push_back(
        {ticket->second, outcome->status, outcome->message, changes, std::this_thread::get_id()});
  }
  void* ticket(int64_t number) {
    const std::lock_guard lock(mutex_);
    return &tickets_.try_emplace(number, this, number).first->second;
  }
  std::vector<Entry> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  std::vector<int64_t> numbers() const {
    std::vector<int64_t> all;
    for (const Entry& entry : entries()) all.push_back(entry.number);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::map<int64_t, std::pair<Journal*, int64_t>> tickets_;
  std::vector<Entry> entries_;
};

struct Queue : CApiKv {
  void TearDown() override {
    close_queue();
    CApiKv::TearDown();
  }
  void open_queue(uint32_t flags = 0, uint32_t max_writes = 0, uint64_t max_bytes = 0) {
    const tern_queue_options options{sizeof options, max_writes, flags, max_bytes};
    ASSERT_EQ(tern_queue_open(db, &options, &queue), TERN_OK) << last_error();
    insert = prepare("INSERT INTO t VALUES (?, ?)");
  }
  void close_queue() { EXPECT_EQ(tern_queue_close(std::exchange(queue, nullptr)), TERN_OK) << last_error(); }
  tern_status put_in(int64_t number, tern_statement* statement, const Params& params = {}) {
    return tern_queue_query(queue, statement, params.bytes.data(), params.bytes.size(), Journal::told,
                            journal.ticket(number));
  }
  tern_status put_in(int64_t number) {
    return put_in(number, insert, Params().text(std::to_string(number)).integer(number));
  }
  void flush() { ASSERT_EQ(tern_queue_flush(queue, -1), TERN_OK) << last_error(); }
  // Keeps every write of the queue waiting.
  tern_transaction* hold_the_writer() {
    tern_transaction* transaction = nullptr;
    EXPECT_EQ(tern_begin_with(db, TERN_ANY_THREAD, &transaction), TERN_OK) << last_error();
    return transaction;
  }
  static std::vector<int64_t> up_to(int64_t count) {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < count; ++i) all.push_back(i);
    return all;
  }

  Journal journal;
  tern_queue* queue = nullptr;
  tern_statement* insert = nullptr;
};

}  // namespace tern::test

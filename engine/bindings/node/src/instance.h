// What the addon keeps for one JavaScript environment (the main thread, or a Worker): the handles that it has given out
// as numbers, and the buffers through which a synchronous call gets its parameters and gives its answer.
//
// Contract. Tables and buffers belong to the environment's thread. Handles are shared with the work that uses them, and
// close when the last of both has gone, on whichever thread that is: a statement or namespace before its database,
// which it holds. All are given up when the environment ends.
#pragma once

#include <node_api.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "failure.h"
#include <tern/tern.h>

namespace tern_node {

struct Database {
  explicit Database(tern_database* opened) noexcept : handle(opened) {}
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  tern_database* const handle;

  // The connection of D1's statements that are not answered by a cache. One piece of work at a time has it.
  std::mutex session_turn;
  tern_session* session = nullptr;     // guarded by session_turn; opened by the first that needs it
  tern_statement* counters = nullptr;  // guarded by session_turn; what the session has changed so far
};

struct Statement {
  Statement(std::shared_ptr<Database> from, tern_statement* prepared) noexcept
      : database(std::move(from)), handle(prepared) {}
  ~Statement() { tern_statement_free(handle); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  const std::shared_ptr<Database> database;
  tern_statement* const handle;
};

struct Namespace {
  Namespace(std::shared_ptr<Database> from, tern_kv* opened) noexcept : database(std::move(from)), handle(opened) {}
  ~Namespace() { tern_kv_free(handle); }
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  const std::shared_ptr<Database> database;
  tern_kv* const handle;
};

// Handles by number: the place in the table, and above it how often that place was given anew, so that a number which
// was dropped finds nothing (until the place has been given 4,096 times).
//
//   31 … 20     19 … 0
//   generation  place
template <typename Handle>
class Table {
 public:
  uint32_t add(std::shared_ptr<Handle> handle) {
    if (free_.empty()) {
      if (places_.size() > kPlaces) throw Failure::of_kind("too many", "tern: more than 1,048,576 handles are open");
      free_.reserve(places_.size() + 1);
      places_.push_back({std::move(handle), 0});
      return static_cast<uint32_t>(places_.size() - 1);
    }
    const uint32_t at = free_.back();
    free_.pop_back();
    places_[at].handle = std::move(handle);
    return places_[at].generation << kPlaceBits | at;
  }
  // Null where there is none of that number.
  Handle* find(uint32_t number) const noexcept {
    const uint32_t at = number & kPlaces;
    if (at >= places_.size() || places_[at].generation != number >> kPlaceBits) return nullptr;
    return places_[at].handle.get();
  }
  std::shared_ptr<Handle> get(uint32_t number) const {
    if (find(number) == nullptr) throw Failure::of_kind("closed", "tern: the database was closed");
    return places_[number & kPlaces].handle;
  }
  std::shared_ptr<Handle> drop(uint32_t number) noexcept {
    if (find(number) == nullptr) return nullptr;
    const uint32_t at = number & kPlaces;
    places_[at].generation = (places_[at].generation + 1) & kGenerations;
    free_.push_back(at);  // there is room for each place
    return std::move(places_[at].handle);
  }
  void drop_those_of(const Database* database) noexcept {
    for (uint32_t at = 0; at < places_.size(); ++at) {
      const Place& place = places_[at];
      if (place.handle != nullptr && place.handle->database.get() == database)
        drop(place.generation << kPlaceBits | at);
    }
  }

 private:
  static constexpr uint32_t kPlaceBits = 20;
  static constexpr uint32_t kPlaces = (1u << kPlaceBits) - 1;
  static constexpr uint32_t kGenerations = (1u << (32 - kPlaceBits)) - 1;

  struct Place {
    std::shared_ptr<Handle> handle;
    uint32_t generation = 0;
  };
  std::vector<Place> places_;
  std::vector<uint32_t> free_;
};

// Memory of a Buffer that JavaScript has given for good.
struct LentBuffer {
  napi_ref reference = nullptr;
  std::byte* data = nullptr;
  size_t size = 0;
};

struct Instance {
  Table<Database> databases;
  Table<Statement> statements;
  Table<Namespace> namespaces;
  LentBuffer params;  // what a synchronous call takes: packed parameters, a key
  LentBuffer result;  // what it gives: a packed result, a value
  LentBuffer info;    // what it gives beside: see kv.cc
};

Instance& instance_of(napi_env env);

// Each file's functions, by the names that JavaScript calls them by.
void add_database_functions(napi_env env, napi_value exports);
void add_statement_functions(napi_env env, napi_value exports);
void add_session_functions(napi_env env, napi_value exports);
void add_kv_functions(napi_env env, napi_value exports);
void add_compute_functions(napi_env env, napi_value exports);

void add_function(napi_env env, napi_value exports, const char* name, napi_callback function);

}  // namespace tern_node

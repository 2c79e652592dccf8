// What the host has added to SQLite in this process, for one database: extensions by option, functions and collations
// by registration. Every connection that runs the host's statements is given all of it.
//
// Thread-safety: all of it. The engine adds one object at a time. Errors: apply_to() throws sql::Error when an
// extension cannot be loaded.
//
// The generation tells answers that all processes may share from those that hang on what this one has registered. A
// statement's classification holds for the generation that was loaded before the connection was taken from the pool.
// Its partner: the engine adds the object, then renews the pool, then begin_generation(), then voids what is cached. So
//   (1) whoever loads the new generation and then takes a connection gets one that has the object;
//   (2) whoever has found an entry and then still loads the old generation found it before everything was voided: its
//       label is below stamp[ALL], and whatever became of it cannot be hit later.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/host_object.h"
#include "sql/connection.h"

namespace tern::internal {

class HostRegistry {
 public:
  explicit HostRegistry(std::vector<std::string> extensions) : extensions_(std::move(extensions)) {}
  HostRegistry(const HostRegistry&) = delete;
  HostRegistry& operator=(const HostRegistry&) = delete;

  // For a new connection.
  void apply_to(sql::Connection& connection) const;
  // The objects alone, for a connection that already has the extensions.
  void apply_objects_to(sql::Connection& connection) const;

  // In the place of what it replaces, if there is such.
  void add(std::shared_ptr<const HostObject> object);

  // Neither an extension nor an object so far. An object is here before any connection has it.
  bool has_nothing() const;

  // acquire, and release: the argument above.
  uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }
  void begin_generation() noexcept { generation_.fetch_add(1, std::memory_order_acq_rel); }

 private:
  const std::vector<std::string> extensions_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const HostObject>> objects_;  // guarded by mutex_
  std::atomic<uint64_t> generation_{1};
};

}  // namespace tern::internal

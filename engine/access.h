// The engine's way into the public handles: what makes them, and what they are made of. Not installed.
#pragma once

#include <array>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cache/body.h"
#include "cache/entry.h"
#include "cache/hot_ref.h"
#include "cache/key.h"
#include "cache/kv_record.h"
#include "engine/kv_page_pin.h"
#include "tern/compute.hpp"
#include "tern/database.hpp"
#include "tern/kv.hpp"
#include "tern/rows.hpp"
#include "tern/session.hpp"
#include "tern/statement.hpp"
#include "tern/transaction.hpp"

namespace tern::internal {

class Engine;
struct Prepared;

// What a Statement points to: the shared preparation, and the engine, or the session, that it keeps open.
class StatementImpl {
 public:
  StatementImpl(std::shared_ptr<Engine> engine_in, std::shared_ptr<Prepared> prepared_in)
      : engine(std::move(engine_in)), prepared(std::move(prepared_in)) {}
  StatementImpl(std::shared_ptr<SessionImpl> session_in, std::shared_ptr<Prepared> prepared_in)
      : session(std::move(session_in)), prepared(std::move(prepared_in)) {}

  // Where it runs. std::bad_alloc for a key that is not complete().
  Rows run(const cache::KeyBuilder& key) const;
  Rows run_past_cache(const cache::KeyBuilder& key) const;
  // Nothing where the hot tier alone cannot tell; a session's never can.
  std::optional<Rows> run_if_hot(const cache::KeyBuilder& key) const;
  // For each value the statement with it as its only argument.
  std::vector<Rows> read_many(std::span<const Value> values) const;

  // One of the two.
  const std::shared_ptr<Engine> engine;
  const std::shared_ptr<SessionImpl> session;
  const std::shared_ptr<Prepared> prepared;
};

class Access {
 public:
  static Rows rows(cache::EntryRef entry, Source source) {
    if (!entry) return {};
    const std::byte* const body = entry->body().data();
    return rows_of(body, source, entry.release());
  }
  static Rows rows(cache::HotRef entry, Source source) {
    const std::byte* const body = entry->body().data();
    return rows_of(body, source, reinterpret_cast<void*>(entry.release()));
  }
  static void set_effects(Rows& rows, int64_t changes, int64_t last_row_id) noexcept {
    rows.changes_ = changes;
    rows.last_row_id_ = last_row_id;
  }
  static void set_stale(Rows& rows, StaleReason reason, int64_t age_ms) noexcept {
    rows.freshness_ = {.fresh = false, .reason = reason, .age_ms = age_ms};
  }
  static const std::byte* body(const Rows& rows) noexcept { return rows.body_; }
  // The whole body, as encoded; that of a result without rows and columns where there is none.
  static constexpr size_t kEmptyBodyBytes = cache::BodyView::kEmptyBytes;
  static std::span<const std::byte> body_bytes(const Rows& rows) noexcept {
    static constexpr std::array<std::byte, kEmptyBodyBytes> kEmpty{};
    if (rows.body_ == nullptr) return kEmpty;
    return cache::BodyView::trusted(rows.body_).bytes();
  }

  static Statement statement(std::shared_ptr<StatementImpl> impl) { return Statement(std::move(impl)); }
  static const StatementImpl& impl(const Statement& statement) noexcept { return *statement.statement_; }
  static const StatementImpl& impl(const BoundStatement& bound) noexcept { return *bound.statement_; }

  static cache::KeyBuilder& key(BoundStatement& bound) noexcept {
    return *std::launder(reinterpret_cast<cache::KeyBuilder*>(bound.key_));
  }
  static const cache::KeyBuilder& key(const BoundStatement& bound) noexcept {
    return *std::launder(reinterpret_cast<const cache::KeyBuilder*>(bound.key_));
  }
  static constexpr size_t key_room() noexcept { return BoundStatement::kKeyBytes; }

  static Rows rows_of(const std::byte* body, Source source, void* pin) noexcept {
    Rows rows;
    rows.body_ = body;
    rows.rows_ = cache::BodyView::rows_of(body);
    rows.columns_ = cache::BodyView::columns_of(body);
    rows.source_ = source;
    rows.pin_ = Pin(pin);
    return rows;
  }

  // A value of the KV tier: the bytes of its record, and what keeps them.
  static Pinned pinned(std::span<const std::byte> record, cache::HotRef entry) noexcept {
    return pinned_by(record, Source::kHot, reinterpret_cast<void*>(entry.release()));
  }
  static Pinned pinned(std::span<const std::byte> record, cache::EntryRef entry) noexcept {
    return pinned_by(record, Source::kStore, entry.release());
  }
  static Pinned pinned(std::span<const std::byte> record, KvPagePin* page) noexcept {
    constexpr uintptr_t kPageBits = cache::HotRef::kSlotBit | cache::HotRef::kCopyBit;
    return pinned_by(record, Source::kStore, reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(page) | kPageBits));
  }
  static Pinned pinned_by(std::span<const std::byte> record, Source source, void* pin) noexcept {
    const size_t head = cache::kv_value_offset(record.data());
    return {record.data(), reinterpret_cast<const char*>(record.data()) + head, record.size() - head, source, Pin(pin)};
  }
  static KvNamespace kv(std::shared_ptr<KvNamespaceImpl> impl) noexcept { return KvNamespace(std::move(impl)); }
  static KvNamespaceImpl& impl(const KvNamespace& names) noexcept { return *names.impl_; }

  static Computed computed(cache::EntryRef entry, Source source, std::string why_not_cached = {}) {
    const std::span<const std::byte> bytes = entry->body();
    return computed_of(bytes, source, entry.release(), std::move(why_not_cached));
  }
  static void set_freshness(Computed& computed, const Freshness& freshness) noexcept {
    computed.freshness_ = freshness;
  }
  static Computed computed(cache::HotRef entry, Source source) {
    const std::span<const std::byte> bytes = entry->body();
    return computed_of(bytes, source, reinterpret_cast<void*>(entry.release()), {});
  }

  static Session session(std::shared_ptr<SessionImpl> impl) { return Session(std::move(impl)); }

  static Computed computed_of(std::span<const std::byte> bytes, Source source, void* pin, std::string why_not_cached) {
    Computed computed;
    computed.data_ = bytes.data();
    computed.size_ = bytes.size();
    computed.source_ = source;
    computed.pin_ = Pin(pin);
    computed.why_not_cached_ = std::move(why_not_cached);
    return computed;
  }

  static const std::shared_ptr<Engine>& engine(const Database& database) noexcept { return database.engine_; }

  static Engine* engine(const Transaction& transaction) noexcept { return static_cast<Engine*>(transaction.engine_); }
  // The handle that Database::transaction() lends to its function; end() makes every later use an error.
  static Transaction transaction(Engine* engine) noexcept { return Transaction(engine); }
  static void end(Transaction& transaction) noexcept { transaction.engine_ = nullptr; }
};

}  // namespace tern::internal

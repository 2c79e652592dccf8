#include "engine/engine.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "engine/access.h"
#include "engine/dependencies.h"
#include "engine/explainer.h"
#include "engine/host_call.h"
#include "engine/policy.h"
#include "engine/session.h"
#include "engine/statement_kind.h"
#include "engine/translate.h"
#include "engine/whole_run.h"
#include "sql/fork_guard.h"
#include "sql/library.h"

namespace tern::internal {
namespace {

// Auxiliary connections (anchor, guardians, checkpoints) read next to nothing.
constexpr int64_t kSmallPageCacheBytes = 64 << 10;
constexpr int64_t kFlushMs = 500;
constexpr const char* kWrites = "it writes, runs a PRAGMA, or reads within a transaction";

sql::ConnectionOptions connection_options(const std::string& path, const Options& options) {
  sql::ConnectionOptions connection;
  // Connections are opened as they are needed, and the program's working folder may be another one by then.
  std::error_code ignored;
  connection.path = std::filesystem::absolute(path, ignored).string();
  if (connection.path.empty()) connection.path = path;
  connection.mode = options.mode == OpenMode::kCreate ? sql::OpenMode::kCreate : sql::OpenMode::kReadWrite;
  connection.synchronous =
      options.synchronous == Synchronous::kFull ? sql::Synchronous::kFull : sql::Synchronous::kNormal;
  connection.busy_timeout_ms = options.busy_timeout_ms;
  connection.page_cache_bytes = int64_t{options.page_cache_kib} << 10;
  connection.convert_to_wal = options.convert_to_wal;
  connection.accept_wal_reset_bug = options.accept_unsafe_sqlite;
  connection.d1_rules = options.sql_rules == SqlRules::kD1;
  return connection;
}

// Stores of stamps files that are no more: nobody will ever read them again.
void remove_old_stores(const std::filesystem::path& folder, const std::string& current) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("cache-") && name != current) std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Engine::Engine(std::string path, const Options& options)
    : path_(std::move(path)),
      busy_timeout_ms_(options.busy_timeout_ms),
      default_policy_(options.policy),
      time_(options.clock != nullptr ? *options.clock : cache::system_clock()),
      kv_durability_(options.kv_durability),
      kv_map_bytes_(options.kv_map_bytes),
      max_entry_bytes_(options.max_entry_bytes),
      kv_clock_(options.clock),
      host_(options.extensions) {
  check_policy(default_policy_);
  sql::ConnectionOptions connection = connection_options(path_, options);
  file_ = connection.path;
  sql::initialize({.accept_wal_reset_bug = options.accept_unsafe_sqlite});
  if (read_only_ = sql::why_read_only(connection.path); !read_only_.empty()) {
    connection.read_only = true;
    connection.mode = sql::OpenMode::kRead;
  }
  sql::Connection write_connection = sql::Connection::open(connection);
  // All that is opened from here on is checked to be of these files. SQLite makes the two others with the first read.
  if (write_connection.begin_read()) write_connection.end_transaction();
  files_ = std::make_unique<sql::FileWatch>(connection.path);
  if (write_connection.has_moved())
    throw Error(ErrorCode::kIo, "cannot open database " + path_ + ": it was replaced while it was opened; try again");
  host_.apply_to(write_connection);
  connection.mode = sql::OpenMode::kRead;
  connection.convert_to_wal = false;

  if (!read_only_.empty()) {
    // SQLite alone answers: it may have no index in shared memory to be looked at (a private one, or none at all), and
    // there is nowhere to keep stamps. Who can write there keeps the log short.
    cache_off_ = "the database is read-only: " + read_only_;
  } else if (options.cache) {
    open_cache(connection, options);
  } else {
    cache_off_ = "switched off by Options::cache";
  }
  // Without a housekeeper nobody else would keep the log short.
  if (!coherence_) write_connection.execute("PRAGMA wal_autocheckpoint=1000");

  sql::ReadPoolOptions pool;
  pool.connection = connection;
  pool.max_connections = static_cast<size_t>(std::max(1, options.max_read_connections));
  pool.wait_ms = options.busy_timeout_ms;
  pool.on_open = [this](sql::Connection& opened) { host_.apply_to(opened); };
  pool.files = files_.get();
  readers_ = std::make_unique<sql::ReadPool>(pool, coherence_ ? &coherence_->wal() : nullptr);
  writer_ = std::make_unique<Writer>(std::move(write_connection), coherence_.get(), counters_, options.busy_timeout_ms,
                                     options.busy_retries);
  reader_ = std::make_unique<Reader>(Tiers{
      .coherence = coherence_.get(),
      .hot = hot_.get(),
      .store = store_.get(),
      .store_writer = store_writer_.get(),
      .time = &time_,
      .readers = readers_.get(),
      .counters = &counters_,
      .host = &host_,
      .kv = &kv_there_,
      .max_entry_bytes = options.max_entry_bytes,
      .pages_recordable = sql::initialize({.accept_wal_reset_bug = true}).pages_recordable,
  });
  computer_ = std::make_unique<Computer>(reader_->tiers());
  if (coherence_) {
    housekeeper_ =
        std::make_unique<Housekeeper>(*coherence_, *readers_, *files_, store_.get(), [this] { reader_->note_time(); });
  }
}

void Engine::open_cache(const sql::ConnectionOptions& connection, const Options& options) {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) {
    cache_off_ = "the database file cannot be examined";
    return;
  }
  CoherenceOptions coherence;
  coherence.connection = connection;
  coherence.connection.page_cache_bytes = kSmallPageCacheBytes;
  coherence.checkpoint_frames = options.checkpoint_frames;
  coherence.max_log_bytes = options.max_log_bytes;
  coherence.stamps.folder = file_ + "-tern";
  coherence.stamps.device = status.st_dev;
  coherence.stamps.inode = status.st_ino;
  coherence.stamps.slots_wanted =
      static_cast<uint64_t>(status.st_size) / static_cast<uint64_t>(std::max<blksize_t>(status.st_blksize, 512));
  coherence.stamps.file_mode = status.st_mode & 0666;
  coherence.stamps.owner = status.st_uid;
  coherence.stamps.group = status.st_gid;
  coherence.stamps.time_base_ms = time_.base_ms();
  coherence_ = Coherence::open(coherence, counters_, cache_off_);
  if (!coherence_) return;
  time_.set_base(coherence_->stamps().time_base_ms());
  hot_ = std::make_unique<cache::HotTable>(options.hot_bytes);
  hot_->keep_while([this](const cache::HotEntry& entry) {
    return !entry.expired(time_.now_ms()) && cache::slots_unchanged(entry, coherence_->stamps());
  });
  open_store(coherence.stamps, options.store_bytes);
}

void Engine::open_store(const cache::StampsOptions& place, uint64_t store_bytes) {
  if (store_bytes == 0) {
    store_off_ = "switched off by Options::store_bytes";
    return;
  }
  const std::string name = "cache-" + coherence_->stamps().uuid();
  remove_old_stores(place.folder, name);
  cache::StoreOptions options;
  options.folder = place.folder / name;
  options.map_bytes = store_bytes;
  options.file_mode = place.file_mode;
  options.owner = place.owner;
  options.group = place.group;
  store_ = cache::Store::open(options, store_off_);
  if (!store_) return;
  auto still_valid = [this](const cache::EntryView& entry) {
    return !entry.expired(time_.now_ms()) && cache::still_true(entry, coherence_->stamps(), coherence_->observe());
  };
  store_writer_ = std::make_unique<cache::StoreWriter>(*store_, still_valid, cache::system_clock());
}

Engine::~Engine() {
  kv_.reset();
  housekeeper_.reset();
  if (reader_) reader_->stop();
  if (store_writer_) {
    store_writer_->flush(kFlushMs);
    store_writer_->stop();
  }
  if (readers_) readers_->release_all();
  // What lies at its path now is not to be touched on behalf of a file that is no more.
  if (coherence_ && files_->look()) coherence_->final_checkpoint();
}

void Engine::check_process() {
  if (sql::forked())
    throw Error(ErrorCode::kMisuse,
                "this process was forked while a database was open, and SQLite cannot be used in it: fork before "
                "opening, or exec");
}

void Engine::check_closely() const {
  check_process();
  if (!coherence_) files_->look_if_due();
  if (files_->lost()) translated([this] { files_->demand(); });
}

std::shared_ptr<Prepared> Engine::make_prepared(std::string_view sql) {
  if (const std::string why = refusal(sql); !why.empty()) throw Error(ErrorCode::kUnsupported, why);
  // Before the connection is taken: host_registry.h.
  const uint64_t generation = host_.generation();
  // Within a transaction the schema may hold what no other connection can see yet.
  if (writer_->turn_is_mine()) return examine(sql, writer_->statements(), generation);
  // Many pragmas take effect while SQLite prepares them: never on a connection whose answers are shared.
  if (is_pragma(sql)) {
    sql::Connection scratch = sql::Connection::open(readers_->connection_options());
    if (!files_->look()) files_->demand();
    host_.apply_to(scratch);
    sql::StatementCache statements(scratch);
    return examine(sql, statements, generation);
  }
  auto lease = readers_->acquire();
  lease.snapshot();  // so that it is known which schema the classification is about
  return examine(sql, lease.statements(), generation);
}

std::shared_ptr<Prepared> Engine::prepare(std::string_view sql, const Policy* policy) {
  check_usable();
  HostCall::refuse_inside();
  const Dependencies::RefusesOnError on_error;
  if (policy != nullptr) check_policy(*policy);
  const Policy& wanted = policy != nullptr ? *policy : default_policy_;
  if (wanted == Policy{}) return translated([&] { return statements_.get(sql, [&] { return make_prepared(sql); }); });
  return translated([&] {
    // No text that begins like this compiles, so the names of statements without a policy are others.
    const std::string name = '\x01' + encode(wanted) + '\x01' + std::string(sql);
    return statements_.get(name, [&] {
      auto made = make_prepared(sql);
      if (made->kind == StatementKind::kRead) {
        adopt_policy(*made, wanted);
      } else if (policy != nullptr) {
        throw Error(ErrorCode::kMisuse,
                    "a policy is for a statement that reads, and this one does not: " + made->sql.substr(0, 200));
      }
      return made;
    });
  });
}

Rows Engine::run(Prepared& prepared, const cache::KeyBuilder& key) {
  check_usable();
  if (prepared.kind == StatementKind::kRead) return reader_->read(prepared, key);
  Dependencies::refuse_current(kWrites);
  if (prepared.kind == StatementKind::kWrite) demand_writable();
  return translated([&] { return writer_->run(prepared, key); });
}

std::optional<Rows> Engine::run_if_hot(Prepared& prepared, const cache::KeyBuilder& key) {
  if (prepared.kind != StatementKind::kRead) return std::nullopt;
  // Without a cache check_usable() looks at the files.
  if (coherence_ == nullptr) {
    check_process();
    return std::nullopt;
  }
  check_usable();
  return reader_->read_if_hot(prepared, key);
}

Rows Engine::run_past_cache(Prepared& prepared, const cache::KeyBuilder& key) {
  if (prepared.kind != StatementKind::kRead) return run(prepared, key);
  check_usable();
  return reader_->read_past_cache(prepared, key);
}

Computed Engine::get_or_compute(std::string_view key, const ComputeOptions& options, ComputeFunction function) {
  check_usable();
  if (!writer_->turn_is_mine()) return computer_->get_or_compute(key, options, function);
  // Whom this thread waited for may himself wait for the turn.
  ComputeOptions at_once = options;
  at_once.patience = {};
  return computer_->get_or_compute(key, at_once, function);
}

std::vector<Rows> Engine::read_many(Prepared& prepared, std::span<const Value> values) {
  check_usable();
  if (prepared.kind != StatementKind::kRead)
    throw Error(ErrorCode::kMisuse,
                "all_many() and first_many() read; to write many rows use batch() or transaction()");
  return reader_->read_many(prepared, values);
}

Explanation Engine::explain(Prepared& prepared, const cache::KeyBuilder& key) {
  check_usable();
  Explanation explanation;
  if (prepared.kind == StatementKind::kRead) {
    std::vector<uint32_t> pages;
    explanation = reader_->explain(prepared, key, pages);
    translated([&] {
      explain_pages(explanation, pages, prepared, coherence_ ? &coherence_->stamps() : nullptr,
                    sql::Connection::open(readers_->connection_options()));
    });
    return explanation;
  }
  explanation.reason = prepared.kind == StatementKind::kPragma ? "PRAGMA reads or sets the state of a connection"
                                                               : "it writes; explain does not run it";
  return explanation;
}

std::shared_ptr<SessionImpl> Engine::open_session() {
  const Dependencies::RefusesOnError on_error;
  check_usable();
  HostCall::refuse_inside();
  return translated([&] {
    sql::ConnectionOptions options = readers_->connection_options();
    options.mode = sql::OpenMode::kReadWrite;
    sql::Connection connection = sql::Connection::open(options);
    if (!files_->look()) files_->demand();
    return std::make_shared<SessionImpl>(shared_from_this(), std::move(connection));
  });
}

// In this order: the argument stands in host_registry.h.
void Engine::adopt(std::shared_ptr<const HostObject> object) {
  check_usable();
  // Before the lock: whoever has it may be waiting for the turn that this thread holds up.
  HostCall::refuse_inside();
  if (writer_->turn_is_mine())
    throw Error(ErrorCode::kMisuse, "functions and collations are registered outside of transaction()");
  const std::lock_guard one_at_a_time(adoption_);
  const bool replaces = translated([&] { return writer_->adopt(*object); });
  host_.add(std::move(object));
  readers_->renew_connections();
  host_.begin_generation();
  // Answers that used what stood under this name, SQLite's own included. A new name can have been in none.
  if (!replaces || !coherence_ || coherence_->void_everything(busy_timeout_ms_)) return;
  throw Error(
      ErrorCode::kBusy,
      "registered, but answers that are cached could not be voided, since another process does not let the stamp "
      "lock go; register it again");
}

void Engine::demand_writable() const {
  if (!read_only_.empty())
    throw Error(ErrorCode::kReadOnly, "cannot write database " + path_ + ": " + read_only_ +
                                          "; change the mode or owner, or write where the file may be written");
}

Writer& Engine::writer() {
  Dependencies::refuse_current(kWrites);
  check_usable();
  demand_writable();
  return *writer_;
}

}  // namespace tern::internal

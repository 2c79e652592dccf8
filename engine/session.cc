#include "engine/session.h"

#include <sqlite3.h>

#include <string>

#include "engine/dependencies.h"
#include "engine/engine.h"
#include "engine/host_call.h"
#include "engine/result_reader.h"
#include "engine/statement_kind.h"
#include "engine/translate.h"
#include "engine/user_sql.h"
#include "engine/whole_run.h"
#include "sql/error.h"
#include "sql/fork_guard.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

constexpr int kPublishPatienceMs = 1;
constexpr int kAttachedCheckpointFrames = 1000;  // SQLite's own default

// The engine plans the checkpoints of its own file; those of attached ones are nobody's but the session's.
int checkpoint_attached(void*, sqlite3* db, const char* name, int frames) {
  if (frames >= kAttachedCheckpointFrames && std::string_view(name) != "main")
    sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

}  // namespace

class SessionImpl::Use {
 public:
  explicit Use(SessionImpl& session) : session_(session) {
    Dependencies::refuse_current("it uses a session");
    Engine::check_process();
    if (session.engine_ != nullptr) session.engine_->check_usable();
    HostCall::refuse_inside();
    // acquire: pairs with the release below.
    if (session.in_use_.exchange(true, std::memory_order_acquire))
      throw Error(ErrorCode::kMisuse, "a session belongs to one thread, and another is using this one right now");
  }
  ~Use() { session_.in_use_.store(false, std::memory_order_release); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  SessionImpl& session_;
};

SessionImpl::SessionImpl(std::shared_ptr<Engine> engine, sql::Connection connection)
    : engine_(std::move(engine)), connection_(std::move(connection)), statements_(connection_) {
  if (engine_ != nullptr) {
    host_generation_ = engine_->host().generation();
    engine_->host().apply_to(connection_);
  }
  // Without a cache there is nobody to plan anything.
  if (engine_ != nullptr && engine_->coherence() == nullptr) {
    connection_.execute("PRAGMA wal_autocheckpoint=1000");
  } else {
    sqlite3_wal_hook(connection_.handle(), checkpoint_attached, nullptr);
  }
}

SessionImpl::~SessionImpl() {
  if (sql::forked()) return;
  connection_.end_transaction();
  // Connections of tern leave the log at their end, and nobody else would see to that of an attached file.
  sqlite3* const db = connection_.handle();
  for (int i = 2; const char* const name = sqlite3_db_name(db, i); ++i)
    sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

uint64_t SessionImpl::state() const noexcept {
  return engine_ == nullptr || engine_->coherence() == nullptr ? 0 : engine_->coherence()->wal().state();
}

// Within a transaction nothing has been committed yet; another's commit is published as well by whoever meets it.
void SessionImpl::publish(uint64_t state_before) noexcept {
  if (state() == state_before || connection_.in_transaction()) return;
  engine_->counters().add(Counter::kOwnCommits);
  engine_->coherence()->try_publish(kPublishPatienceMs, true);
}

// What was registered on the database since the last call.
void SessionImpl::take_up_host_objects() {
  if (engine_ == nullptr || engine_->host().generation() == host_generation_) return;
  host_generation_ = engine_->host().generation();
  engine_->host().apply_objects_to(connection_);
  statements_.forget_functions();
}

std::shared_ptr<Prepared> SessionImpl::prepare(std::string_view sql) {
  const Use use(*this);
  if (const std::string why = refusal(sql, Place::kSession); !why.empty()) throw Error(ErrorCode::kUnsupported, why);
  return translated([&] {
    take_up_host_objects();
    return examine(sql, statements_, host_generation_);
  });
}

Rows SessionImpl::run(const Prepared& prepared, const cache::KeyBuilder& key) {
  const Use use(*this);
  return translated([&] {
    take_up_host_objects();
    const uint64_t before = state();
    Rows rows = run_whole(connection_, statements_, prepared, key);
    publish(before);
    return rows;
  });
}

int64_t SessionImpl::exec(std::string_view script) {
  const Use use(*this);
  return translated([&] {
    take_up_host_objects();
    int64_t ran = 0;
    while (!is_blank(script)) {
      if (const std::string why = refusal(script, Place::kSession); !why.empty())
        throw Error(ErrorCode::kUnsupported, why);
      const uint64_t before = state();
      size_t consumed = 0;
      auto statement = prepare_of_user(connection_, script, consumed);
      if (!statement) break;
      statement->check_parameter_count(0);
      while (statement->step()) {
      }
      publish(before);
      ++ran;
      script.remove_prefix(consumed);
    }
    return ran;
  });
}

void SessionImpl::step(const char* sql) {
  const Use use(*this);
  translated([&] {
    const uint64_t before = state();
    auto lent = statements_.get(sql);
    lent.statement().step();
    publish(before);
  });
}

void SessionImpl::bracket(const char* begin, const std::function<void()>& work) {
  if (in_transaction())
    throw Error(ErrorCode::kMisuse, "this session is in a transaction already; SAVEPOINT nests within one");
  step(begin);
  try {
    work();
    if (!in_transaction())
      throw Error(ErrorCode::kMisuse, "the transaction was ended within: by a statement that failed, or by COMMIT");
    step("COMMIT");
  } catch (...) {
    const Use use(*this);
    connection_.end_transaction();
    throw;
  }
}

void SessionImpl::transaction(const std::function<void()>& work) { bracket("BEGIN IMMEDIATE", work); }

void SessionImpl::snapshot(const std::function<void()>& work) {
  if (in_transaction())
    throw Error(ErrorCode::kMisuse, "this session is in a transaction already, and its reads are from one state");
  struct Writable {
    sql::Connection& connection;
    ~Writable() {
      try {
        connection.execute("PRAGMA query_only=0");
      } catch (const std::exception&) {
        // It stays as it is: the next write says that the database is read-only.
      }
    }
  };
  {
    const Use use(*this);
    translated([&] { connection_.execute("PRAGMA query_only=1"); });
  }
  const Writable at_the_end{connection_};
  bracket("BEGIN", [&] {
    step("SELECT 1 FROM sqlite_schema LIMIT 1");  // BEGIN alone takes no snapshot yet
    work();
  });
}

std::vector<Rows> SessionImpl::read_many(const Prepared& prepared, std::span<const Value> values) {
  std::vector<Rows> answers;
  answers.reserve(values.size());
  const auto read_all = [&] {
    for (const Value& value : values) {
      answers.push_back(run(prepared, key_of(prepared.stored->fingerprint(), value)));
    }
  };
  if (in_transaction()) {
    read_all();
  } else {
    snapshot(read_all);
  }
  return answers;
}

bool SessionImpl::in_transaction() {
  const Use use(*this);
  return connection_.in_transaction();
}

}  // namespace tern::internal

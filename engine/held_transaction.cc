#include "engine/held_transaction.h"

#include <new>

#include "engine/dependencies.h"
#include "engine/host_call.h"
#include "engine/translate.h"
#include "sql/fork_guard.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

constexpr auto kNothing = [] {};

}  // namespace

// One call: the turn is this thread's while it lasts.
class HeldTransaction::Use {
 public:
  // kEnd: also where the files were replaced, which whoever ends it says once it has ended.
  enum class To : uint8_t { kGoOn, kEnd };
  explicit Use(HeldTransaction& of, To to = To::kGoOn) : of_(of) {
    Dependencies::refuse_current("it uses a transaction");
    if (to == To::kGoOn) {
      of.engine_->check_usable();
    } else {
      of.engine_->check_process();
    }
    HostCall::refuse_inside();
    // acquire: pairs with the release below.
    if (of.in_use_.exchange(true, std::memory_order_acquire))
      throw Error(ErrorCode::kMisuse,
                  "another thread is using this transaction right now; it takes one call at a time");
    try {
      check();
    } catch (...) {
      of.in_use_.store(false, std::memory_order_release);
      throw;
    }
    of.writer_.take_up();
  }
  ~Use() {
    // Once it has ended the turn may be another thread's already.
    if (of_.threads_ == Threads::kAny && !of_.ended_) of_.writer_.put_down();
    of_.in_use_.store(false, std::memory_order_release);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  void check() const {
    if (of_.ended_)
      throw Error(ErrorCode::kMisuse, "this transaction has ended: it was committed or rolled back; begin another one");
    if (of_.threads_ == Threads::kOne && !of_.writer_.turn_is_mine())
      throw Error(ErrorCode::kMisuse,
                  "a transaction belongs to the thread that began it; TERN_ANY_THREAD lets others use it");
  }

  HeldTransaction& of_;
};

HeldTransaction::HeldTransaction(std::shared_ptr<Engine> engine, Threads threads)
    : engine_(std::move(engine)), threads_(threads), writer_(engine_->writer()), unit_(kNothing) {
  translated([&] {
    writer_.take_turn(unit_);
    try {
      state_before_ = writer_.begin_within();
    } catch (...) {
      writer_.leave_turn();
      throw;
    }
  });
  if (threads_ == Threads::kAny) writer_.put_down();
}

HeldTransaction::~HeldTransaction() {
  if (ended_ || sql::forked()) return;
  writer_.take_up();
  end();
}

void HeldTransaction::end() noexcept {
  writer_.roll_back_within();
  ended_ = true;
  writer_.leave_turn();
}

void HeldTransaction::demand_open() const {
  if (!writer_.transaction_open())
    throw Error(
        ErrorCode::kMisuse,
        "this transaction was rolled back by a statement that failed in it, and takes no more: begin another one");
}

Statement HeldTransaction::prepare(std::string_view sql) {
  const Use use(*this);
  demand_open();
  return Access::statement(std::make_shared<StatementImpl>(engine_, engine_->prepare(sql)));
}

Rows HeldTransaction::run(const Statement& statement, const cache::KeyBuilder& key) {
  const Use use(*this);
  demand_open();
  if (Access::impl(statement).engine != engine_)
    throw Error(ErrorCode::kMisuse, "this statement was prepared on another database, or on a session");
  if (!key.complete()) throw std::bad_alloc();
  return translated([&] { return writer_.run_within(*Access::impl(statement).prepared, key); });
}

int64_t HeldTransaction::exec(std::string_view script) {
  const Use use(*this);
  demand_open();
  return translated([&] { return writer_.exec_within(script); });
}

void HeldTransaction::commit() {
  const Use use(*this, Use::To::kEnd);
  struct End {
    HeldTransaction& of;
    ~End() { of.end(); }  // rolls back what could not be committed
  } const at_the_end{*this};
  engine_->check_usable();
  demand_open();
  translated([&] { writer_.commit_within(state_before_); });
}

void HeldTransaction::rollback() {
  const Use use(*this, Use::To::kEnd);
  end();
  engine_->check_usable();
}

}  // namespace tern::internal

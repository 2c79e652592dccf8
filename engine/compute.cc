#include "tern/compute.hpp"

#include <new>

#include "engine/computer.h"
#include "engine/dependencies.h"
#include "engine/engine.h"
#include "engine/marks.h"
#include "engine/policy.h"
#include "tern/database.hpp"

namespace tern {

using internal::Dependencies;

Computed Database::get_or_run(std::string_view key, const ComputeOptions& options, internal::ComputeFunction function) {
  // The function may assign to the very handle that it was called through; a hit does not pay for that.
  struct Kept {
    const std::shared_ptr<internal::Engine>& handle;
    internal::ComputeFunction function;
    std::shared_ptr<internal::Engine> engine;
  } kept{engine_, function, nullptr};
  return engine_->get_or_compute(key, options, {&kept, [](void* erased, Computation& computation) {
                                                  Kept& call = *static_cast<Kept*>(erased);
                                                  call.engine = call.handle;
                                                  return call.function.call(call.function.function, computation);
                                                }});
}

void Computation::depend_on(const BoundStatement& query) {
  const Dependencies::Scope on(*dependencies_);
  query.all();
}

void Computation::depend_on_table(std::string_view table) {
  const Dependencies::Scope on(*dependencies_);
  computer_->depend_on_table(**dependencies_, table);
}

void Computation::depend_on_tag(std::string_view tag) {
  internal::check_tag(tag);
  const uint32_t mark = internal::mark_of_tag(tag);
  (*dependencies_)->add_slots({&mark, 1});
}

void Computation::do_not_cache(std::string_view why) {
  (*dependencies_)->refuse(why.empty() ? "its function says so" : why);
}

void Computation::expire_in(std::chrono::milliseconds ttl) { computer_->expire_in(**dependencies_, ttl); }

Computation::OnThisThread::OnThisThread(Computation& computation) {
  static_assert(sizeof(Dependencies::Scope) <= sizeof scope_ && alignof(Dependencies::Scope) <= 8);
  new (scope_) Dependencies::Scope(*computation.dependencies_);
}

Computation::OnThisThread::~OnThisThread() { std::launder(reinterpret_cast<Dependencies::Scope*>(scope_))->~Scope(); }

}  // namespace tern

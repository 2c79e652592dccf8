#include "work.h"

#include <exception>

#include "failure.h"
#include "napi_tools.h"

namespace tern_node {
namespace {

struct Started {
  std::unique_ptr<Work> work;
  std::exception_ptr error;
  napi_deferred deferred = nullptr;
  napi_async_work handle = nullptr;
};

void execute(napi_env, void* data) noexcept {
  auto& started = *static_cast<Started*>(data);
  try {
    started.work->run();
  } catch (...) {
    started.error = std::current_exception();
  }
}

// An error of JavaScript for `error`; one that is pending is taken.
napi_value error_of(napi_env env, const std::exception_ptr& error) noexcept {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) {
    try {
      std::rethrow_exception(error);
    } catch (...) {
      throw_current(env);
    }
  }
  napi_value made = nullptr;
  napi_get_and_clear_last_exception(env, &made);
  return made;
}

void complete(napi_env env, napi_status status, void* data) noexcept {
  const std::unique_ptr<Started> started(static_cast<Started*>(data));
  // The environment ends, and nobody waits any more.
  if (status == napi_cancelled) return;
  napi_value value = nullptr;
  if (started->error == nullptr) {
    try {
      value = started->work->give(env);
    } catch (...) {
      started->error = std::current_exception();
    }
  }
  if (started->error == nullptr) {
    napi_resolve_deferred(env, started->deferred, value);
  } else {
    napi_reject_deferred(env, started->deferred, error_of(env, started->error));
  }
  napi_delete_async_work(env, started->handle);
}

}  // namespace

napi_value start(napi_env env, std::unique_ptr<Work> work) {
  auto started = std::make_unique<Started>();
  started->work = std::move(work);
  napi_value promise = nullptr;
  check(napi_create_promise(env, &started->deferred, &promise), "a promise");
  check(napi_create_async_work(env, nullptr, string(env, "tern"), execute, complete, started.get(), &started->handle),
        "work");
  check(napi_queue_async_work(env, started->handle), "work");
  static_cast<void>(started.release());  // complete() takes it
  return promise;
}

}  // namespace tern_node

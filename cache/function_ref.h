// A borrowed callable: two words, no allocation, for predicates that a callee calls before it
// returns.
//
// Lifetime: never stored beyond the call that it was passed to. The callable must not throw where
// the callee is noexcept.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace tern::cache {

template <typename Signature>
class FunctionRef;

template <typename Result, typename... Args>
class FunctionRef<Result(Args...)> {
 public:
  template <typename Callable>
  requires(!std::is_same_v<std::remove_cvref_t<Callable>, FunctionRef> &&
           std::is_object_v<std::remove_reference_t<Callable>> && std::is_invocable_r_v<Result, Callable&, Args...>)
      FunctionRef(Callable&& callable)
  noexcept  // implicit, as a reference is
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Args... args) -> Result {
          return (*static_cast<std::remove_reference_t<Callable>*>(object))(std::forward<Args>(args)...);
        }) {}

  Result operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  Result (*call_)(void*, Args...);
};

}  // namespace tern::cache

#ifndef KENNEL_FUNCTION_REF_HPP
#define KENNEL_FUNCTION_REF_HPP

#include "kennel/version.hpp"

#include <memory>
#include <type_traits>
#include <utility>

KENNEL_NAMESPACE_BEGIN

template <class Signature>
class FunctionRef;

/// Refers to a callable without owning it, in two words; it must not outlive the callable.
template <class Result, class... Args>
class FunctionRef<Result(Args...)> {
public:
    template <class Function>
        requires(!std::is_same_v<std::remove_cvref_t<Function>, FunctionRef> &&
                 std::is_invocable_r_v<Result, Function&, Args...>)
    FunctionRef(Function&& function) noexcept // NOLINT(*-explicit-*): a parameter type
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
          call_([](void* object, Args... args) -> Result {
              using Target = std::remove_reference_t<Function>;
              return static_cast<Result>((*static_cast<Target*>(object))(std::forward<Args>(args)...));
          }) {}

    Result operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

private:
    void* object_;
    Result (*call_)(void*, Args...);
};

KENNEL_NAMESPACE_END

#endif

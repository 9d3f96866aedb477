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
    /// Refers to `function`.
    template <class Function>
        requires(!std::is_same_v<std::remove_cvref_t<Function>, FunctionRef> &&
                 std::is_invocable_r_v<Result, Function&, Args...>)
    FunctionRef(Function&& function) noexcept // NOLINT(*-explicit-*): a parameter type
        : object_(address_of(function)), call_([](void* object, Args... args) -> Result {
              using Target = std::remove_reference_t<Function>;
              if constexpr (std::is_function_v<Target>)
                  return static_cast<Result>(reinterpret_cast<Target*>(object)(std::forward<Args>(args)...));
              else return static_cast<Result>((*static_cast<Target*>(object))(std::forward<Args>(args)...));
          }) {}

    /// Calls what it refers to.
    Result operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

private:
    template <class Target>
    static void* address_of(Target& target) noexcept {
        if constexpr (std::is_function_v<Target>)
            return reinterpret_cast<void*>(std::addressof(target)); // POSIX promises that it fits and comes back
        else return const_cast<void*>(static_cast<const void*>(std::addressof(target)));
    }

    void* object_;
    Result (*call_)(void*, Args...);
};

KENNEL_NAMESPACE_END

#endif

#ifndef KENNEL_FUNCTION_SIGNATURE_HPP
#define KENNEL_FUNCTION_SIGNATURE_HPP

#include "kennel/creation.hpp"
#include "kennel/version.hpp"

#include <string_view>
#include <type_traits>

KENNEL_NAMESPACE_BEGIN
namespace detail {

template <class... Types>
struct TypeList {};

/// Stands for a value that there cannot be, so that whoever refuses it has a type to name. It converts to everything,
/// so that nothing but that is an error.
struct Refused {
    template <class Type>
    operator Type() const; // NOLINT(*-explicit-*)
};
struct NoValue : Refused {};             ///< of a callable that returns nothing
struct NotCallable : Refused {};         ///< of what cannot be called as a creator
struct NotCallableWithKeys : Refused {}; ///< of what cannot be called as a creator of many values
struct NotMany : Refused {};             ///< of a callable that returns something else than many values

template <class Result>
using value_of_t = std::conditional_t<std::is_void_v<Result>, NoValue, std::decay_t<Result>>;

/// What there is to know of a callable: result, the object it is a member of (`void` if none), declared parameters.
template <class ResultType, class ObjectType, class... Params>
struct Shape {
    using Result = value_of_t<ResultType>;
    using Object = ObjectType;
    using Parameters = TypeList<Params...>;
    static constexpr bool takes_creation = false;
};

/// A first parameter `Creation&` is not an argument: it is handed in, and it is not part of the key.
template <class ResultType, class ObjectType, class... Params>
struct Shape<ResultType, ObjectType, Creation&, Params...> : Shape<ResultType, ObjectType, Params...> {
    static constexpr bool takes_creation = true;
};

template <class Function>
struct ShapeOf;

template <class Result, class... Params>
struct ShapeOf<Result(Params...)> : Shape<Result, void, Params...> {};
template <class Result, class... Params>
struct ShapeOf<Result (*)(Params...)> : Shape<Result, void, Params...> {};
template <class Result, class... Params>
struct ShapeOf<Result (*)(Params...) noexcept> : Shape<Result, void, Params...> {};
template <class Result, class Class, class... Params>
struct ShapeOf<Result (Class::*)(Params...)> : Shape<Result, Class, Params...> {};
template <class Result, class Class, class... Params>
struct ShapeOf<Result (Class::*)(Params...) const> : Shape<Result, const Class, Params...> {};
template <class Result, class Class, class... Params>
struct ShapeOf<Result (Class::*)(Params...) noexcept> : Shape<Result, Class, Params...> {};
template <class Result, class Class, class... Params>
struct ShapeOf<Result (Class::*)(Params...) const noexcept> : Shape<Result, const Class, Params...> {};

/// The shape of the call operator, whose object is the callable itself.
template <class Member>
struct CallOperator;
template <class Result, class Class, class... Params>
struct CallOperator<Result (Class::*)(Params...)> : Shape<Result, void, Params...> {};
template <class Result, class Class, class... Params>
struct CallOperator<Result (Class::*)(Params...) const> : Shape<Result, void, Params...> {};
template <class Result, class Class, class... Params>
struct CallOperator<Result (Class::*)(Params...) noexcept> : Shape<Result, void, Params...> {};
template <class Result, class Class, class... Params>
struct CallOperator<Result (Class::*)(Params...) const noexcept> : Shape<Result, void, Params...> {};

template <class Function>
concept HasOneCallOperator = requires { &Function::operator(); };

template <HasOneCallOperator Function>
struct ShapeOf<Function> : CallOperator<decltype(&Function::operator())> {};

template <class Signature, class Function>
using Described = std::conditional_t<std::is_void_v<Signature>, Function, Signature>;

/// Whether the signature of a callable can be seen, or was given.
template <class Signature, class Function>
inline constexpr bool has_shape = requires { typename ShapeOf<Described<Signature, Function>>::Result; };

/// The shape by the signature if one was given, else as seen; a stand-in when neither is possible.
template <class Signature, class Function>
struct ShapeFor
    : std::conditional_t<has_shape<Signature, Function>, ShapeOf<Described<Signature, Function>>, Shape<int, void>> {};

/// What a function of many keys returns: a vector in the order of the keys it was given, or a map of those that there
/// are.
template <class Result>
inline constexpr bool is_keyed = requires { typename Result::mapped_type; };

template <class Result>
inline constexpr bool is_many_in_order = requires(const Result& result) {
    typename Result::value_type;
    result.begin();
    result.size();
} && !std::is_convertible_v<Result, std::string_view>;

/// What one of many values is; what stands for a value that there cannot be stays.
template <class Result>
struct ManyValues {
    using type = std::conditional_t<std::is_base_of_v<Refused, Result>, Result, NotMany>;
};
template <class Result>
    requires(is_keyed<Result>)
struct ManyValues<Result> {
    using type = typename Result::mapped_type;
};
template <class Result>
    requires(is_many_in_order<Result> && !is_keyed<Result>)
struct ManyValues<Result> {
    using type = typename Result::value_type;
};

template <class Function>
using multi_value_t = typename ManyValues<typename ShapeFor<void, Function>::Result>::type;

template <class Signature, class Function>
using function_value_t = typename ShapeFor<Signature, Function>::Result;

} // namespace detail
KENNEL_NAMESPACE_END

#endif

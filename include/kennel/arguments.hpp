#ifndef KENNEL_ARGUMENTS_HPP
#define KENNEL_ARGUMENTS_HPP

#include "kennel/argument_value.hpp"
#include "kennel/detail/edit_distance.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// The arguments of a backend or proxy by name, as given to `configure`.
using Arguments = std::map<std::string, ArgumentValue, std::less<>>;

/// Reads the arguments of one backend: each by its type, and in the end none that nobody asked for.
template <class Lazy>
class BasicArgumentReader {
public:
    /// `owner` names the backend in error messages. Both must outlive the reader.
    BasicArgumentReader(const Arguments& arguments, std::string_view owner) : arguments_(arguments), owner_(owner) {}

    /// The argument as a `Type`, or nothing when it is absent or null. Throws `ValidationError` when it is something
    /// else.
    ///
    /// `Type` is `bool`, an integer, `double`, `std::string`, `TimeSpan`, `std::vector<std::string>`, or the type of an
    /// object that was handed over as `ArgumentValue::object`, or just so, if that is a `std::function`.
    template <class Type>
    [[nodiscard]] std::optional<Type> get(std::string_view name) {
        known_.emplace_back(name);
        const auto found = arguments_.find(name);
        if (found == arguments_.end() || found->second.is_null()) return std::nullopt;
        if (std::optional<Type> value = found->second.template as<Type>()) return value;
        throw ValidationError(detail::joined({owner_, ": argument '", name, "' is ", found->second.text(),
                                              "; it must be ", ArgumentValue::expectation<Type>()}));
    }

    /// Whether the argument is there, of whatever type, and not null.
    [[nodiscard]] bool has(std::string_view name) {
        known_.emplace_back(name);
        const auto found = arguments_.find(name);
        return found != arguments_.end() && !found->second.is_null();
    }

    /// The argument as a `Type`, or `fallback` when it is absent or null. Throws as the other `get`.
    template <class Type>
    [[nodiscard]] Type get(std::string_view name, Type fallback) {
        std::optional<Type> value = get<Type>(name);
        return value ? *std::move(value) : std::move(fallback);
    }

    /// Throws `ValidationError` for the first argument that was never asked for: says which one is perhaps meant, and
    /// lists those that were asked for. A `remark` follows the list.
    void reject_unknown(std::string_view remark = {}) const {
        for (const auto& [name, value] : arguments_) {
            bool is_known = false;
            for (const auto& known : known_) is_known = is_known || known == name;
            if (!is_known)
                throw ValidationError(detail::joined(
                    {owner_, ": unknown argument '", name, "' (", suggestion(name), list(), remark, ")"}));
        }
    }

    /// Refuses the value of an argument: throws `ValidationError` with `why`.
    [[noreturn]] void refuse(std::string_view name, std::string_view why) const {
        throw ValidationError(detail::joined({owner_, ": argument '", name, "' ", why}));
    }

private:
    /// The known name that is most like `name`, if there is one that is only a slip or two away.
    [[nodiscard]] std::string suggestion(std::string_view name) const {
        std::size_t least = name.size() < 5 ? 2 : 3; // in a short name, two slips make another word
        std::string_view nearest;
        for (const std::string_view known : known_) {
            const std::size_t distance = detail::edit_distance(name, known, 2);
            if (distance >= least) continue;
            least = distance;
            nearest = known;
        }
        return nearest.empty() ? "" : detail::joined({"perhaps '", nearest, "' is meant; "});
    }

    [[nodiscard]] std::string list() const {
        if (known_.empty()) return "it takes none";
        std::string names = "known: ";
        for (auto name = known_.begin(); name != known_.end(); ++name)
            if (std::find(known_.begin(), name, *name) == name)
                names.append(name == known_.begin() ? "" : ", ").append(*name);
        return names;
    }

    const detail::Late<Arguments, Lazy>& arguments_;
    std::string owner_;
    std::vector<detail::Late<std::string, Lazy>> known_;
};

/// Reads the arguments of one backend; see `BasicArgumentReader`.
using ArgumentReader = BasicArgumentReader<void>;

KENNEL_NAMESPACE_END

#endif

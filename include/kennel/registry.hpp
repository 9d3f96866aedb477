#ifndef KENNEL_REGISTRY_HPP
#define KENNEL_REGISTRY_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/errors.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Another name of what is registered, or would be, as `name`.
struct PluginAlias {
    std::string_view alias;
    std::string_view name;
};

/// What has a name, but is registered only when somebody does something about it, such as including its header.
struct ShippedPlugin {
    std::string_view name;
    std::string_view remedy; ///< what to do
};

/// What a registry knows of names besides those that are registered.
struct KnownPlugins {
    std::span<const PluginAlias> aliases{};
    std::span<const ShippedPlugin> shipped{};
    std::string_view remedy{}; ///< what to do about any other name
};

/// Factories by name: thread-safe, and a name is given once.
template <class Factory>
class Registry {
public:
    /// `kind` names what is registered, in error messages. What `known` refers to must outlive the registry.
    explicit Registry(std::string kind, KnownPlugins known = {}) : kind_(std::move(kind)), known_(known) {}

    /// Throws `ValidationError` when the name is empty, taken, or an alias of another.
    void add(std::string name, Factory factory) {
        const std::lock_guard lock(mutex_);
        if (name.empty()) throw ValidationError(detail::joined({"a ", kind_, " needs a name that is not empty"}));
        if (const std::string_view other = resolved(name); other != name)
            throw ValidationError(detail::joined({"no ", kind_, " can be registered as '", name,
                                                  "', which is another name of the ", kind_, " '", other, "'"}));
        if (!factories_.try_emplace(name, std::move(factory)).second)
            throw ValidationError(detail::joined({"there is a ", kind_, " named '", name, "' already"}));
    }

    /// Adds `name`, or does nothing when there is one: for headers that register themselves.
    bool add_once(std::string name, Factory factory) {
        const std::lock_guard lock(mutex_);
        return factories_.try_emplace(std::move(name), std::move(factory)).second;
    }

    /// The factory of that name or alias. Throws `PluginNotFound`, which says what to do and lists the names there are.
    [[nodiscard]] Factory find(std::string_view name) const {
        const std::lock_guard lock(mutex_);
        if (const auto found = factories_.find(resolved(name)); found != factories_.end()) return found->second;
        throw PluginNotFound(not_found(name));
    }

private:
    [[nodiscard]] std::string_view resolved(std::string_view name) const {
        for (const PluginAlias& alias : known_.aliases)
            if (alias.alias == name) return alias.name;
        return name;
    }

    [[nodiscard]] std::string not_found(std::string_view given) const {
        const std::string_view name = resolved(given);
        const std::string_view meant = remedy_for(name).empty() ? similar_to(name) : std::string_view();
        std::string text = detail::joined({"there is no ", kind_, " named '", name, "'"});
        if (name != given) text += detail::joined({", which '", given, "' stands for"});
        if (!meant.empty()) text += detail::joined({" (perhaps '", meant, "' is meant)"});
        std::string_view remedy = remedy_for(meant.empty() ? name : meant);
        if (remedy.empty() && meant.empty()) remedy = known_.remedy;
        if (!remedy.empty()) text += detail::joined({": ", remedy});
        return text + detail::joined({"; registered: ", names()});
    }

    /// What to do so that this name is registered; empty when it is, or when that is not known.
    [[nodiscard]] std::string_view remedy_for(std::string_view name) const {
        if (factories_.contains(name)) return {};
        for (const ShippedPlugin& plugin : known_.shipped)
            if (plugin.name == name) return plugin.remedy;
        return {};
    }

    /// A name that is so much like the given one that it may be meant; empty when there is none.
    [[nodiscard]] std::string_view similar_to(std::string_view name) const {
        for (const auto& [registered, factory] : factories_)
            if (is_like(name, registered)) return registered;
        for (const PluginAlias& alias : known_.aliases)
            if (is_like(name, alias.alias)) return alias.name;
        for (const ShippedPlugin& plugin : known_.shipped)
            if (is_like(name, plugin.name)) return plugin.name;
        return {};
    }

    [[nodiscard]] static bool is_like(std::string_view one, std::string_view other) {
        return is_one_slip_apart(one, other) || is_one_slip_apart(last_part(one), last_part(other));
    }

    /// What stands behind the last dot.
    [[nodiscard]] static std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

    /// Whether the names differ, apart from upper and lower case, by a letter too many, too few or wrong, or by two
    /// next to each other that have changed places.
    [[nodiscard]] static bool is_one_slip_apart(std::string_view one, std::string_view other) {
        std::size_t common = 0;
        for (; !one.empty() && !other.empty() && is_same(one.front(), other.front()); ++common) {
            one.remove_prefix(1);
            other.remove_prefix(1);
        }
        for (; !one.empty() && !other.empty() && is_same(one.back(), other.back()); ++common) {
            one.remove_suffix(1);
            other.remove_suffix(1);
        }
        if (common < 2) return false;
        if (one.size() == 2 && other.size() == 2) return is_same(one[0], other[1]) && is_same(one[1], other[0]);
        return one.size() <= 1 && other.size() <= 1;
    }

    [[nodiscard]] static bool is_same(char one, char other) { return lower(one) == lower(other); }
    [[nodiscard]] static char lower(char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    }

    [[nodiscard]] std::string names() const {
        std::string text;
        for (const auto& [name, factory] : factories_) text.append(text.empty() ? "" : ", ").append(name);
        return text.empty() ? "none" : text;
    }

    std::string kind_;
    KnownPlugins known_;
    mutable std::mutex mutex_;
    std::map<std::string, Factory, std::less<>> factories_;
};

KENNEL_NAMESPACE_END

#endif

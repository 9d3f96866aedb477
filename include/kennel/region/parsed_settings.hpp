#ifndef KENNEL_REGION_PARSED_SETTINGS_HPP
#define KENNEL_REGION_PARSED_SETTINGS_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/detail/stripped.hpp"
#include "kennel/region_options.hpp"
#include "kennel/settings.hpp"

#include <string>
#include <string_view>
#include <typeinfo>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What `configure` takes, read from settings.
template <class Lazy>
struct BasicParsedSettings {
    std::string place; ///< where the settings are from, for error messages
    std::string backend;
    BasicConfigureOptions<Lazy> options;
};

using ParsedSettings = BasicParsedSettings<void>;

/// One of a few words, as the value that it stands for.
template <class Choice>
struct Word {
    std::string_view text;
    Choice choice;
};

template <class Choice, std::size_t Count, class Reader>
[[nodiscard]] Choice choose(Reader& reader, std::string_view name, const Word<Choice> (&words)[Count],
                            Choice fallback) {
    const auto text = reader.template get<std::string>(name);
    if (!text) return fallback;
    std::string known;
    for (const Word<Choice>& word : words) {
        if (word.text == *text) return word.choice;
        known.append(known.empty() ? "'" : ", '").append(word.text).append("'");
    }
    reader.refuse(name, joined({"is '", *text, "', which is none of ", known}));
}

/// The names in a list, or in a text with commas between them.
template <class Texts>
[[nodiscard]] Texts split_names(const Texts& texts) {
    Texts names;
    for (const auto& text : texts) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::size_t comma = rest.find(',');
            const std::string_view name = stripped(rest.substr(0, comma));
            rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
            if (!name.empty()) names.emplace_back(name);
        }
    }
    return names;
}

/// The setting as dogpile takes it: text without the blanks around it, or null when that is the text which says so.
template <class Value>
[[nodiscard]] Value cleaned(const Value& setting) {
    const auto text = setting.template as<std::string>();
    if (!text) return setting;
    const std::string_view bare = stripped(*text);
    return bare == "None" ? Value() : Value(bare);
}

template <class Error>
[[noreturn]] void rethrow_from(std::string_view place, const Error& error) {
    if (place.empty() || typeid(error) != typeid(Error)) throw;
    throw Error(joined({place, ": ", error.what()}));
}

/// Where arguments are from that are given in code: a region, if it has a name.
[[nodiscard]] inline std::string place_of(std::string_view region) {
    return region.empty() ? std::string() : joined({"region '", region, "'"});
}

/// Does something with settings. What is wrong with them is said together with where they are from.
template <class Action>
void use_settings_of(std::string_view place, Action&& action) {
    try {
        action();
    } catch (const PluginNotFound& error) {
        rethrow_from(place, error);
    } catch (const ValidationError& error) {
        rethrow_from(place, error);
    }
}

/// `region` is the name of the region, for error messages.
template <class Lazy = void>
[[nodiscard]] BasicParsedSettings<Lazy> parse_settings(const Late<Settings, Lazy>& settings, std::string_view prefix,
                                                       std::string_view region = {}) {
    constexpr std::string_view arguments_prefix = "arguments.";
    BasicParsedSettings<Lazy> parsed;
    parsed.place = joined({"settings '", prefix, "*'"});
    if (!region.empty()) parsed.place += joined({" of region '", region, "'"});
    Late<Arguments, Lazy> own;
    for (auto setting = settings.lower_bound(prefix); setting != settings.end() && setting->first.starts_with(prefix);
         ++setting) {
        const std::string_view name = std::string_view(setting->first).substr(prefix.size());
        if (name.starts_with(arguments_prefix))
            parsed.options.arguments[std::string(name.substr(arguments_prefix.size()))] = cleaned(setting->second);
        else own[std::string(name)] = cleaned(setting->second);
    }
    auto& options = parsed.options;
    if (own.empty() && options.arguments.empty())
        throw ValidationError(joined({parsed.place, ": no setting begins with '", prefix, "'"}));
    if (!own.empty() && own.begin()->first.starts_with('.'))
        throw ValidationError(joined({parsed.place, ": the prefix lacks its dot: write '", prefix, ".'"}));
    Late<ArgumentReader, Lazy> reader(own, parsed.place);
    const auto backend = reader.template get<std::string>("backend");
    options.expiration_time = reader.template get<TimeSpan>("expiration_time");
    options.replace_existing_backend = reader.get("replace_existing_backend", false);
    options.stale_time = reader.get("stale_time", options.stale_time);
    options.lock_timeout = reader.template get<TimeSpan>("lock_timeout");
    options.soft_timeout = reader.template get<TimeSpan>("soft_timeout");
    options.on_lock_timeout = choose(reader, "on_lock_timeout",
                                     {Word<OnLockTimeout>{"throw_error", OnLockTimeout::throw_error},
                                      Word<OnLockTimeout>{"create_alone", OnLockTimeout::create_alone},
                                      Word<OnLockTimeout>{"serve_stale", OnLockTimeout::serve_stale}},
                                     options.on_lock_timeout);
    const Word<OnFailure> on_failure[] = {{"degrade", OnFailure::degrade}, {"throw_error", OnFailure::throw_error}};
    options.on_read_failure = choose(reader, "on_read_failure", on_failure, options.on_read_failure);
    options.on_write_failure = choose(reader, "on_write_failure", on_failure, options.on_write_failure);
    const auto proxies = split_names(reader.template get<std::vector<std::string>>("wrap", {}));
    reader.reject_unknown(joined({"; what the backend takes begins with '", prefix, arguments_prefix, "'"}));
    if (!backend) reader.refuse("backend", "is missing: it names the backend, for example 'memory'");
    parsed.backend = *backend;
    use_settings_of(parsed.place, [&] {
        for (const auto& name : proxies) options.wrap.push_back(proxy_registry<Lazy>().find(name)({}));
    });
    return parsed;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif

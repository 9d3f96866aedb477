#ifndef KENNEL_REGION_PARSED_SETTINGS_HPP
#define KENNEL_REGION_PARSED_SETTINGS_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/region_options.hpp"
#include "kennel/settings.hpp"

#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// What `configure` takes, read from settings.
template <class Lazy>
struct BasicParsedSettings {
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
            std::string_view name = rest.substr(0, comma);
            rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
            while (name.starts_with(' ')) name.remove_prefix(1);
            while (name.ends_with(' ')) name.remove_suffix(1);
            if (!name.empty()) names.emplace_back(name);
        }
    }
    return names;
}

/// The setting, or null when it is the text with which dogpile's settings say that.
template <class Value>
[[nodiscard]] Value none_as_null(const Value& setting) {
    return setting.template as<std::string>() == "None" ? Value() : setting;
}

template <class Lazy = void>
[[nodiscard]] BasicParsedSettings<Lazy> parse_settings(const Late<Settings, Lazy>& settings, std::string_view prefix) {
    constexpr std::string_view arguments_prefix = "arguments.";
    BasicParsedSettings<Lazy> parsed;
    Late<Arguments, Lazy> own;
    for (auto setting = settings.lower_bound(prefix);
         setting != settings.end() && setting->first.starts_with(prefix); ++setting) {
        const std::string_view name = std::string_view(setting->first).substr(prefix.size());
        if (name.starts_with(arguments_prefix))
            parsed.options.arguments[std::string(name.substr(arguments_prefix.size()))] = none_as_null(setting->second);
        else
            own[std::string(name)] = none_as_null(setting->second);
    }
    Late<ArgumentReader, Lazy> reader(own, joined({"settings '", prefix, "*'"}));
    const auto backend = reader.template get<std::string>("backend");
    if (!backend) reader.refuse("backend", "is missing: it names the backend, for example 'memory'");
    parsed.backend = *backend;
    auto& options = parsed.options;
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
    for (const auto& name : split_names(reader.template get<std::vector<std::string>>("wrap", {})))
        options.wrap.push_back(proxy_registry<Lazy>().find(name)({}));
    reader.reject_unknown();
    return parsed;
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif

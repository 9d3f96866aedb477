#ifndef KENNEL_CONFIG_TOML_HPP
#define KENNEL_CONFIG_TOML_HPP

#include "kennel/errors.hpp"
#include "kennel/settings.hpp"

#include <toml++/toml.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// Turns a TOML document into settings; `path` is for error messages.
class TomlFlattener {
public:
    explicit TomlFlattener(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] std::string position(const toml::source_position& at) const {
        if (!at) return path_;
        return path_ + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
    }

    void add_table(const std::string& prefix, const toml::table& table) { // NOLINT(*-no-recursion)
        for (const auto& [key, node] : table) {
            const std::string name = prefix + std::string(key.str());
            if (const toml::table* const nested = node.as_table()) add_table(name + '.', *nested);
            else if (!settings_.emplace(name, value_of(name, node)).second) refuse(name, node, "is there twice");
        }
    }

    [[nodiscard]] Settings take() && { return std::move(settings_); }

private:
    [[noreturn]] void refuse(const std::string& name, const toml::node& node, const char* why) const {
        throw ValidationError(position(node.source().begin) + ": '" + name + "' " + why);
    }

    [[nodiscard]] ArgumentValue value_of(const std::string& name, const toml::node& node) const {
        if (const auto* const text = node.as_string()) return text->get();
        if (const auto* const number = node.as_integer()) return number->get();
        if (const auto* const number = node.as_floating_point()) return number->get();
        if (const auto* const flag = node.as_boolean()) return flag->get();
        if (const toml::array* const list = node.as_array()) return texts_of(name, *list);
        refuse(name, node, "is a date or time, which no setting is: write a length of time as \"2h5m\"");
    }

    [[nodiscard]] std::vector<std::string> texts_of(const std::string& name, const toml::array& list) const {
        std::vector<std::string> texts;
        for (const toml::node& element : list) {
            const auto* const text = element.as_string();
            if (text == nullptr) refuse(name, element, "is a list of something else than text");
            texts.push_back(text->get());
        }
        return texts;
    }

    std::string path_;
    Settings settings_;
};

} // namespace detail

/// Reads the settings in a TOML file; those in tables get dotted names (`cache.users.backend`).
///
/// Text, numbers, bools and lists of text are kept. Throws `ValidationError`, which names the file,
/// line and column, when the file cannot be read, is not TOML, or contains anything else.
[[nodiscard]] inline Settings load_toml(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) throw ValidationError(path + ": is a directory, not a file");
    detail::TomlFlattener flattener(path);
    try {
        flattener.add_table("", toml::parse_file(path));
    } catch (const toml::parse_error& error) {
        throw ValidationError(flattener.position(error.source().begin) + ": " + std::string(error.description()));
    }
    return std::move(flattener).take();
}

KENNEL_NAMESPACE_END

#endif

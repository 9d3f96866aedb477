#ifndef KENNEL_SERIALIZERS_JSON_JSON_TREE_HPP
#define KENNEL_SERIALIZERS_JSON_JSON_TREE_HPP

#include "kennel/errors.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// How deeply arrays and objects may be nested in a JSON payload.
inline constexpr std::size_t max_json_depth = 64;

namespace detail {

using JsonTree = nlohmann::json;

[[noreturn]] inline void refuse_json(const char* why) {
    throw CantDeserializeException(std::string("the JSON is not such a value: ") + why);
}

inline const JsonTree& require_json_array(const JsonTree& tree) {
    if (!tree.is_array()) refuse_json("it is no array");
    return tree;
}

inline const JsonTree& require_json_array(const JsonTree& tree, std::size_t size) {
    if (require_json_array(tree).size() != size) refuse_json("an array has another size");
    return tree;
}

/// Refuses what nlohmann/json would write as something else, or could write but not read again.
inline void check_json(const JsonTree& tree, std::size_t depth = 0) {
    if (tree.is_number_float() && !std::isfinite(tree.get<double>()))
        throw SerializationError("JSON has no form for infinite numbers and those that are none (NaN)");
    if (tree.is_binary() || tree.is_discarded())
        throw SerializationError("JSON has no form for binary and discarded values");
    if (!tree.is_structured()) return;
    if (depth == max_json_depth) throw SerializationError("the JSON is nested more than 64 levels deep");
    for (const JsonTree& child : tree) check_json(child, depth + 1);
}

/// Whether brackets outside of text are nested too deeply. Text that is no JSON may get either answer.
inline bool is_json_too_deep(std::string_view text) noexcept {
    std::size_t depth = 0;
    bool is_in_string = false;
    for (std::size_t index = 0; index < text.size(); ++index) {
        const char letter = text[index];
        if (letter == '"') is_in_string = !is_in_string;
        if (letter == '\\') ++index;
        if (is_in_string) continue;
        if (letter == '[' || letter == '{') ++depth;
        if ((letter == ']' || letter == '}') && depth != 0) --depth;
        if (depth > max_json_depth) return true;
    }
    return false;
}

inline JsonTree parse_json(std::string_view text) {
    if (is_json_too_deep(text)) refuse_json("it is nested more than 64 levels deep");
    JsonTree tree = JsonTree::parse(text, nullptr, false);
    if (tree.is_discarded()) refuse_json("it is no JSON");
    return tree;
}

} // namespace detail

KENNEL_NAMESPACE_END

#endif

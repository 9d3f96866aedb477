#ifndef KENNEL_DETAIL_JSON_SCANNER_HPP
#define KENNEL_DETAIL_JSON_SCANNER_HPP

#include "kennel/detail/json_string.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// Reads JSON from front to back without keeping any of it; as in Python, `NaN` and `Infinity` are
/// numbers.
///
/// Each member skips blanks, and then either reads what it is named after and answers true, or
/// answers false; then the text is not what was hoped for, and the scanner is of no further use.
class JsonScanner {
public:
    explicit JsonScanner(std::string_view json) noexcept : rest_(json) {}

    /// The next character that is not blank; NUL at the end.
    [[nodiscard]] char peek() noexcept {
        const std::size_t blanks = rest_.find_first_not_of(" \t\n\r");
        rest_.remove_prefix(blanks == std::string_view::npos ? rest_.size() : blanks);
        return rest_.empty() ? '\0' : rest_.front();
    }

    [[nodiscard]] bool at_end() noexcept { return peek() == '\0' && rest_.empty(); }

    [[nodiscard]] bool take(char symbol) noexcept {
        if (peek() != symbol || rest_.empty()) return false;
        rest_.remove_prefix(1);
        return true;
    }

    [[nodiscard]] bool take_word(std::string_view word) noexcept {
        static_cast<void>(peek());
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    [[nodiscard]] bool take_string(std::string& text) {
        text.clear();
        if (!take('"')) return false;
        while (!rest_.empty()) {
            const char symbol = rest_.front();
            rest_.remove_prefix(1);
            if (symbol == '"') return true;
            if (static_cast<unsigned char>(symbol) < 0x20) return false;
            if (symbol != '\\') text += symbol;
            else if (!take_escape(text)) return false;
        }
        return false;
    }

    /// A number too large or too small for a double is taken and comes as NaN.
    [[nodiscard]] bool take_number(double& number) noexcept {
        using Limits = std::numeric_limits<double>;
        if (take_word("NaN")) return number = Limits::quiet_NaN(), true;
        if (take_word("Infinity")) return number = Limits::infinity(), true;
        if (take_word("-Infinity")) return number = -Limits::infinity(), true;
        const std::size_t length = number_length();
        if (length == 0) return false;
        const auto result = std::from_chars(rest_.data(), rest_.data() + length, number);
        if (result.ec != std::errc()) number = Limits::quiet_NaN();
        rest_.remove_prefix(length);
        return true;
    }

    /// Any value whatever, as long as it nests no deeper than `depth`.
    [[nodiscard]] bool take_value(int depth = 64) { // NOLINT(*-no-recursion): it has a bottom
        double number = 0;
        std::string text;
        switch (peek()) {
        case '"': return take_string(text);
        case '[':
        case '{': return depth > 0 && take_nested(depth - 1);
        case 't': return take_word("true");
        case 'f': return take_word("false");
        case 'n': return take_word("null");
        default: return take_number(number);
        }
    }

private:
    [[nodiscard]] bool take_nested(int depth) { // NOLINT(*-no-recursion)
        const bool is_object = peek() == '{';
        const char end = is_object ? '}' : ']';
        rest_.remove_prefix(1);
        if (take(end)) return true;
        std::string name;
        do {
            if (is_object && !(take_string(name) && take(':'))) return false;
            if (!take_value(depth)) return false;
        } while (take(','));
        return take(end);
    }

    [[nodiscard]] bool take_escape(std::string& text) {
        if (rest_.empty()) return false;
        const char symbol = rest_.front();
        rest_.remove_prefix(1);
        constexpr std::string_view symbols = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        const std::size_t index = symbols.find(symbol);
        if (index != std::string_view::npos) {
            text += meanings[index];
            return true;
        }
        std::uint32_t code = 0;
        if (symbol != 'u' || !take_unit(code)) return false;
        const bool is_high = code >= first_high_surrogate && code < first_low_surrogate;
        if (is_high && rest_.starts_with("\\u")) {
            const std::string_view before = rest_;
            rest_.remove_prefix(2);
            std::uint32_t low = 0;
            if (!take_unit(low)) return false;
            if (low >= first_low_surrogate && low < after_surrogates)
                code = 0x10000 + ((code & 0x3ffU) << 10U) + (low & 0x3ffU);
            else rest_ = before;
        }
        append_code_point(text, code);
        return true;
    }

    [[nodiscard]] bool take_unit(std::uint32_t& unit) noexcept {
        if (rest_.size() < 4) return false;
        const auto result = std::from_chars(rest_.data(), rest_.data() + 4, unit, 16);
        if (result.ec != std::errc() || result.ptr != rest_.data() + 4) return false;
        rest_.remove_prefix(4);
        return true;
    }

    /// How long the number is that the text begins with; 0 when it begins with none.
    [[nodiscard]] std::size_t number_length() noexcept {
        static_cast<void>(peek());
        std::size_t at = 0;
        const auto is = [&](std::string_view symbols) {
            return at < rest_.size() && symbols.find(rest_[at]) != std::string_view::npos;
        };
        const auto digits = [&] {
            const std::size_t begin = at;
            while (is("0123456789")) ++at;
            return at - begin;
        };
        if (is("-")) ++at;
        const bool has_leading_zero = is("0");
        const std::size_t whole = digits();
        if (whole == 0 || (has_leading_zero && whole > 1)) return 0;
        if (is(".") && (++at, digits() == 0)) return 0;
        if (is("eE")) {
            ++at;
            if (is("+-")) ++at;
            if (digits() == 0) return 0;
        }
        return at;
    }

    std::string_view rest_;
};

} // namespace detail

KENNEL_NAMESPACE_END

#endif

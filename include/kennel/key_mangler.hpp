#ifndef KENNEL_KEY_MANGLER_HPP
#define KENNEL_KEY_MANGLER_HPP

#include "kennel/detail/sha1.hpp"
#include "kennel/errors.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN

/// Turns the key that the program uses into the one that the backend sees; it may be called from many threads at once.
/// Two keys that it makes one share an entry.
using KeyMangler = std::function<std::string(std::string_view key)>;

/// The key's SHA-1 digest in 40 lower-case hexadecimal digits, as dogpile makes it. It shortens keys; it protects
/// nothing.
[[nodiscard]] inline std::string sha1_mangle_key(std::string_view key) { return detail::Sha1::hex_of(key); }

/// Hands keys of `length` characters and more to `mangler` and leaves shorter ones as they are.
///
/// As in Python a character is a Unicode code point, so a key in UTF-8 may have more bytes. Throws `ValidationError`
/// when `mangler` is empty.
template <class Lazy = void>
[[nodiscard]] KeyMangler length_conditional_mangler(std::size_t length, KeyMangler mangler) {
    if (!mangler) throw ValidationError("length_conditional_mangler needs a mangler for the long keys");
    return [length, mangler = std::move(mangler)](std::string_view key) {
        std::size_t characters = 0;
        for (const char byte : key) characters += (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U ? 1 : 0;
        return characters >= length ? mangler(key) : std::string(key);
    };
}

/// Puts `prefix` before every key, for several programs in one store.
template <class Lazy = void>
[[nodiscard]] KeyMangler prefix_mangler(std::string prefix) {
    return [prefix = std::move(prefix)](std::string_view key) {
        std::string mangled;
        mangled.reserve(prefix.size() + key.size());
        return mangled.append(prefix).append(key);
    };
}

KENNEL_NAMESPACE_END

#endif

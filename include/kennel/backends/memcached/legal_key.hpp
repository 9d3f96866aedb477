#ifndef KENNEL_BACKENDS_MEMCACHED_LEGAL_KEY_HPP
#define KENNEL_BACKENDS_MEMCACHED_LEGAL_KEY_HPP

#include "kennel/detail/sha1.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A key as a memcached server takes it: 1 to 250 printable ASCII characters without a blank.
///
/// A key that is so already stays as it is, up to 245 characters, which leaves room for the prefix of its lock. Any
/// other one becomes "%e:" with its bytes escaped as in a URL or, if that is too long, "%h:" with a digest and its
/// length. A key that looks like one of those is escaped too, so no two keys become one, but for those that meet in
/// 320 bits of digest.
class LegalKey {
public:
    static constexpr std::size_t longest = 245;             ///< for an entry
    static constexpr std::size_t longest_of_a_server = 250; ///< for whatever is sent

    explicit LegalKey(std::string_view key) {
        if (is_legal(key)) [[likely]]
            text_ = key;
        else translate(key);
    }
    LegalKey(const LegalKey&) = delete;
    LegalKey& operator=(const LegalKey&) = delete;

    /// The legal form; it may refer to the key itself, and does not outlive this.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

    /// Whether a server takes all these bytes in a key.
    [[nodiscard]] static bool is_printable(std::string_view text) noexcept {
        bool is_printable = true;
        for (const char byte : text) is_printable &= byte > ' ' && byte < '\x7f';
        return is_printable;
    }

    /// Whether the key stays as it is.
    [[nodiscard]] static bool is_legal(std::string_view key) noexcept {
        return !key.empty() && key.size() <= longest && is_printable(key) && !key.starts_with(escaped_mark) &&
               !key.starts_with(digest_mark);
    }

private:
    static constexpr std::string_view escaped_mark = "%e:";
    static constexpr std::string_view digest_mark = "%h:";

    [[gnu::cold]] void translate(std::string_view key) {
        if (!escape(key)) digest(key);
    }

    /// False when there is no room for it.
    [[nodiscard]] bool escape(std::string_view key) noexcept {
        std::size_t length = 0;
        const auto append = [&](std::string_view bytes) {
            if (bytes.size() > longest - length) return false;
            std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(length));
            length += bytes.size();
            return true;
        };
        if (!append(escaped_mark)) return false;
        for (const char byte : key) {
            const auto code = static_cast<unsigned char>(byte);
            const char escaped[] = {'%', "0123456789abcdef"[code >> 4U], "0123456789abcdef"[code & 15U]};
            const bool is_plain = byte > ' ' && byte < '\x7f' && byte != '%';
            if (!append(is_plain ? std::string_view(&byte, 1) : std::string_view(escaped, 3))) return false;
        }
        text_ = std::string_view(buffer_.data(), length);
        return true;
    }

    /// Two digests with different beginnings: who makes two keys that meet in one SHA-1 does not make them meet in
    /// both.
    void digest(std::string_view key) {
        const std::string again = std::string("again ").append(key);
        const std::string text = std::string(digest_mark)
                                     .append(Sha1::hex_of(key))
                                     .append(Sha1::hex_of(again))
                                     .append(":")
                                     .append(std::to_string(key.size()));
        std::copy(text.begin(), text.end(), buffer_.begin());
        text_ = std::string_view(buffer_.data(), text.size());
    }

    std::string_view text_;
    std::array<char, longest> buffer_; ///< not initialized: seldom needed
};

/// The legal forms of several keys.
class LegalKeys {
public:
    /// `key_at(index)` gives the keys, which this may refer to.
    template <class KeyAt>
    LegalKeys(std::size_t count, const KeyAt& key_at) {
        texts_.reserve(count);
        for (std::size_t index = 0; index != count; ++index) {
            const std::string_view key = key_at(index);
            texts_.push_back(LegalKey::is_legal(key) ? key : translated_.emplace_back(key).text());
        }
    }

    [[nodiscard]] std::span<const std::string_view> texts() const noexcept { return texts_; }

private:
    std::list<LegalKey> translated_;
    std::vector<std::string_view> texts_;
};

/// The key of the lock of an entry: the prefix and the entry's legal key, as dogpile has it. With a prefix that leaves
/// no room for that key, its digest takes its place.
[[nodiscard]] inline std::string lock_key_of(std::string_view prefix, std::string_view key) {
    const LegalKey legal(key);
    std::string lock_key = std::string(prefix).append(legal.text());
    if (lock_key.size() <= LegalKey::longest_of_a_server) return lock_key;
    return std::string(prefix).append(LegalKey(std::string(legal.text()).append(300, '.')).text());
}

} // namespace detail
KENNEL_NAMESPACE_END

#endif

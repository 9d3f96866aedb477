#ifndef KENNEL_CODEC_SIGNATURE_HPP
#define KENNEL_CODEC_SIGNATURE_HPP

#include "kennel/codec/encodable.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Collects the text that says what the bytes of a type mean, such as `map<text,list<i32>>`.
///
/// Types with equal signatures have the same form on every platform. Types with names of their own are spelled out
/// once; where they occur again there is only a reference, so recursive types have signatures too.
class Signature {
public:
    /// Appends `word` and, in angle brackets, the signatures of the types that it is made of.
    template <class... Parts>
    void add(std::string_view word) {
        text_ += word;
        if constexpr (sizeof...(Parts) != 0) {
            char before = '<';
            ((text_ += before, before = ',', add_type<Parts>()), ...);
            text_ += '>';
        }
    }

    /// The same for a list of types.
    template <class... Parts>
    void add(std::string_view word, CodecParts<Parts...>) {
        add<Parts...>(word);
    }

    /// The text so far.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// The signature of `Type`.
    template <Encodable Type>
    [[nodiscard]] static std::string of() {
        Signature signature;
        signature.add_type<Type>();
        return std::move(signature.text_);
    }

private:
    template <class Type>
    void add_type() {
        if constexpr (!detail::HasParts<Type>) {
            if (is_known(typeid(Type), named_)) return;
        }
        if constexpr (requires(Signature& signature) { Codec<Type>::describe(signature); })
            Codec<Type>::describe(*this);
        else add(typeid(Type).name());
    }

    template <class Names>
    bool is_known(const std::type_info& type, Names& named) {
        for (std::size_t index = 0; index != named.size(); ++index) {
            if (*named[index] != type) continue;
            text_.append("again ").append(std::to_string(index));
            return true;
        }
        named.push_back(&type);
        return false;
    }

    std::string text_;
    std::vector<const std::type_info*> named_; ///< the types that have been spelled out, in order
};

namespace detail {

[[nodiscard]] inline std::uint64_t fnv1a_64(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : text) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3;
    }
    return hash;
}

} // namespace detail

/// The number that every value of `Type` in the default form begins with: the FNV-1a hash of the type's signature.
template <Encodable Type>
[[nodiscard]] std::uint64_t fingerprint_of() {
    static const std::uint64_t fingerprint = detail::fnv1a_64(Signature::of<Type>());
    return fingerprint;
}

KENNEL_NAMESPACE_END

#endif

#ifndef KENNEL_MANGLERS_SHA256_HPP
#define KENNEL_MANGLERS_SHA256_HPP

#include "kennel/detail/hex.hpp"
#include "kennel/errors.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// The key's SHA-256 digest in 64 lower-case hexadecimal digits: a `KeyMangler` for keys that strangers choose, because
/// nobody can make two of them meet. Link `kennel::crypto`. Throws `DogpileCacheException` when OpenSSL refuses.
[[nodiscard]] inline std::string sha256_mangle_key(std::string_view key) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw DogpileCacheException("sha256_mangle_key: OpenSSL did not compute the digest");
    return detail::hex(std::span(digest).first(size));
}

KENNEL_NAMESPACE_END

#endif

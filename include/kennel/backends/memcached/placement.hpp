#ifndef KENNEL_BACKENDS_MEMCACHED_PLACEMENT_HPP
#define KENNEL_BACKENDS_MEMCACHED_PLACEMENT_HPP

#include "kennel/backends/memcached/memcached_settings.hpp"

#include <libmemcached/memcached.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Says which server has a key, as libmemcached does it and so pylibmc. It never talks to a server, and may be asked
/// from many threads at once: libmemcached changes nothing while it looks, unless it is told to eject servers.
class MemcachedPlacement {
public:
    /// Throws `ValidationError` when libmemcached does not take the settings.
    explicit MemcachedPlacement(const MemcachedSettings& settings)
        : is_one_(settings.servers.size() == 1), memcached_(memcached_create(nullptr), &memcached_free) {
        if (memcached_ == nullptr) throw std::bad_alloc();
        set(MEMCACHED_BEHAVIOR_HASH, hash_of(settings.hash));
        if (settings.distribution == MemcachedDistribution::ketama) set(MEMCACHED_BEHAVIOR_KETAMA, 1);
        if (settings.distribution == MemcachedDistribution::ketama_weighted) set(MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
        for (const MemcachedAddress& server : settings.servers) add(server);
    }

    /// The position of the server among those of the settings.
    [[nodiscard]] std::size_t server_of(std::string_view key) const noexcept {
        return is_one_ ? 0 : memcached_generate_hash(memcached_.get(), key.data(), key.size());
    }

private:
    void set(memcached_behavior_t behavior, std::uint64_t value) {
        const memcached_return_t result = memcached_behavior_set(memcached_.get(), behavior, value);
        if (result != MEMCACHED_SUCCESS)
            throw ValidationError(
                joined({"memcached: libmemcached refuses a setting: ", memcached_strerror(memcached_.get(), result)}));
    }

    void add(const MemcachedAddress& server) {
        const memcached_return_t result = server.is_unix()
                                              ? memcached_server_add_unix_socket(memcached_.get(), server.host.c_str())
                                              : memcached_server_add(memcached_.get(), server.host.c_str(),
                                                                     server.port);
        if (result != MEMCACHED_SUCCESS)
            throw ValidationError(joined({"memcached: libmemcached does not take the server ", server.text(), ": ",
                                          memcached_strerror(memcached_.get(), result)}));
    }

    [[nodiscard]] static std::uint64_t hash_of(std::string_view name) {
        struct Hash {
            std::string_view name;
            memcached_hash_t hash;
        };
        constexpr Hash hashes[] = {
            {"md5", MEMCACHED_HASH_MD5},         {"crc", MEMCACHED_HASH_CRC},
            {"fnv1_64", MEMCACHED_HASH_FNV1_64}, {"fnv1a_64", MEMCACHED_HASH_FNV1A_64},
            {"fnv1_32", MEMCACHED_HASH_FNV1_32}, {"fnv1a_32", MEMCACHED_HASH_FNV1A_32},
            {"murmur", MEMCACHED_HASH_MURMUR},   {"jenkins", MEMCACHED_HASH_JENKINS},
        };
        for (const Hash& known : hashes)
            if (known.name == name) return known.hash;
        return MEMCACHED_HASH_DEFAULT;
    }

    bool is_one_;
    std::unique_ptr<memcached_st, decltype(&memcached_free)> memcached_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

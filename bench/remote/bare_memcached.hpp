#pragma once

#include <libmemcached/memcached.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

/// What one writes by hand with libmemcached.
class BareMemcached {
public:
    explicit BareMemcached(const std::string& socket) : client_(memcached_create(nullptr), &memcached_free) {
        memcached_behavior_set(client_.get(), MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
        if (memcached_failed(memcached_server_add_unix_socket(client_.get(), socket.c_str())))
            throw std::runtime_error("libmemcached refuses the socket");
    }

    void set(std::string_view key, std::string_view value) {
        check(memcached_set(client_.get(), key.data(), key.size(), value.data(), value.size(), 90'000, 0));
    }
    [[nodiscard]] std::string get(std::string_view key) {
        std::size_t size = 0;
        std::uint32_t flags = 0;
        memcached_return_t result = MEMCACHED_SUCCESS;
        const std::unique_ptr<char, decltype(&std::free)> value(
            memcached_get(client_.get(), key.data(), key.size(), &size, &flags, &result), &std::free);
        check(result);
        return {value.get(), size};
    }

private:
    void check(memcached_return_t result) const {
        if (memcached_failed(result)) throw std::runtime_error(memcached_strerror(client_.get(), result));
    }

    std::unique_ptr<memcached_st, decltype(&memcached_free)> client_;
};

} // namespace bench

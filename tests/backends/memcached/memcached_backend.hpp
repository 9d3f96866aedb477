#ifndef KENNEL_TESTS_BACKENDS_MEMCACHED_MEMCACHED_BACKEND_HPP
#define KENNEL_TESTS_BACKENDS_MEMCACHED_MEMCACHED_BACKEND_HPP

#include "kennel/backends/memcached.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/memcached_server.hpp"

#include <sys/wait.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// A backend for that server.
[[nodiscard]] inline std::shared_ptr<kennel::MemcachedBackend> memcached_backend(const std::string& url,
                                                                                 kennel::Arguments arguments = {}) {
    arguments.emplace("url", url);
    return kennel::testing_support::new_backend<kennel::MemcachedBackend>(arguments);
}

/// An entry that was created long ago, so that its envelope is always the same.
[[nodiscard]] inline kennel::CachedValue entry_of(std::string_view text) {
    return {kennel::Payload::bytes(text), {.created = kennel::WallTime(std::chrono::milliseconds(1'795'243'567'500))}};
}

/// The envelope of `entry_of(text)`.
[[nodiscard]] inline std::string envelope_of(std::string_view text) {
    return std::string(R"({"ct": 1795243567.5, "v": 2}|)").append(text);
}

inline void put(kennel::CacheBackend& backend, std::string_view key, std::string_view text) {
    backend.set(key, entry_of(text));
}

/// The text of an entry, if there is one.
[[nodiscard]] inline std::optional<std::string> text_of(kennel::CacheBackend& backend, std::string_view key) {
    std::optional<std::string> text;
    backend.visit(key, [&](const kennel::CachedValue& value) { text = std::string(value.payload.as_bytes()); });
    return text;
}

/// What a server answers to `get`.
[[nodiscard]] inline std::string item_reply(std::string_view key, std::string_view value, int flags = 0) {
    return std::string("VALUE ")
        .append(key)
        .append(" ")
        .append(std::to_string(flags))
        .append(" ")
        .append(std::to_string(value.size()))
        .append("\r\n")
        .append(value)
        .append("\r\n");
}

/// Halts the server, and waits until it has stopped.
inline void suspend(MemcachedServer& server) {
    server.process().suspend();
    siginfo_t stopped{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(server.pid()), &stopped, WSTOPPED) == 0);
}

} // namespace test

#endif

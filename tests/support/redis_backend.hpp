#ifndef KENNEL_TESTS_SUPPORT_REDIS_BACKEND_HPP
#define KENNEL_TESTS_SUPPORT_REDIS_BACKEND_HPP

#include "kennel/backends/redis.hpp"
#include "kennel/kennel.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/redis_server.hpp"
#include "support/unless_halted.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test::redis {

/// A backend without a region; `socket_timeout` is short unless it is among the arguments.
[[nodiscard]] inline std::shared_ptr<kennel::RedisBackend> new_backend(const std::string& url,
                                                                       kennel::Arguments arguments = {}) {
    arguments.emplace("url", url);
    return kennel::testing_support::new_backend<kennel::RedisBackend>(arguments);
}

/// A region on "redis".
[[nodiscard]] inline kennel::CacheRegion<> new_region(const std::string& url, const kennel::Arguments& arguments = {},
                                                      kennel::ConfigureOptions options = {}) {
    kennel::CacheRegion<> region;
    options.arguments = arguments;
    options.arguments.emplace("url", url);
    region.configure("redis", options);
    return region;
}

/// The arguments of a region that keeps its locks in the server.
[[nodiscard]] inline kennel::Arguments locking(kennel::Arguments others = {}) {
    others.emplace("distributed_lock", true);
    return others;
}

/// An entry that was created long ago, so that its envelope is always the same.
[[nodiscard]] inline kennel::CachedValue entry(std::string_view text) {
    return {kennel::Payload::bytes(text), {.created = kennel::WallTime(std::chrono::milliseconds(1'795'243'567'500))}};
}

/// The bytes of that entry.
[[nodiscard]] inline std::string envelope(std::string_view text) {
    return std::string(R"({"ct": 1795243567.5, "v": 2}|)").append(text);
}

/// The text of an entry, if there is one.
[[nodiscard]] inline std::optional<std::string> text_of(kennel::CacheBackend& backend, std::string_view key) {
    std::optional<std::string> text;
    backend.visit(key, [&](const kennel::CachedValue& value) { text = std::string(value.payload.as_bytes()); });
    return text;
}

/// The texts of entries in the order of their keys.
[[nodiscard]] inline std::vector<std::optional<std::string>> texts_of(kennel::CacheBackend& backend,
                                                                      const std::vector<std::string_view>& keys) {
    std::vector<std::optional<std::string>> texts(keys.size());
    backend.get_multi(keys, [&](std::size_t index, const kennel::CachedValue& value) {
        texts[index] = std::string(value.payload.as_bytes());
    });
    return texts;
}

/// Entries that show whether replies meet their own requests: each text tells its key, and their lengths differ.
class KnownEntries {
public:
    explicit KnownEntries(RedisServer& server) {
        for (std::size_t number = 0; number != count; ++number)
            server.command({"SET", key(number), envelope(text(number))});
    }

    /// How many of so many reads do not give what is stored under their key.
    [[nodiscard]] static int wrong_reads(kennel::CacheBackend& backend, int reads = 1000) {
        int wrong = 0;
        for (int read = 0; read != reads; ++read) {
            const std::size_t number = static_cast<std::size_t>(read * 7) % count;
            const auto found = unless_halted([&] { return text_of(backend, key(number)); },
                                             [&] { return come_back(backend); });
            if (found != text(number)) ++wrong;
        }
        return wrong;
    }

    /// Waits until reads work again after a failure.
    [[nodiscard]] static bool come_back(kennel::CacheBackend& backend) {
        return wait_until([&] {
            try {
                return text_of(backend, key(0)) == text(0);
            } catch (const kennel::BackendError&) {
                return false;
            }
        });
    }

    [[nodiscard]] static std::string key(std::size_t number) { return "known:" + std::to_string(number); }
    [[nodiscard]] static std::string text(std::size_t number) {
        const std::size_t length = number == 3 ? 20'000 : number * 11; // one is received in another way
        return '<' + std::to_string(number) + '>' + std::string(length, static_cast<char>('a' + number));
    }

private:
    static constexpr std::size_t count = 16;
};

/// How long something takes.
template <class Action>
[[nodiscard]] std::chrono::steady_clock::duration time_of(const Action& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::steady_clock::now() - start;
}

/// Whether something throws an `Exception`, no sooner than a fifth before and not long after `limit`.
template <class Exception = kennel::BackendError, class Action>
[[nodiscard]] bool fails_in_time(std::chrono::milliseconds limit, const Action& action) {
    bool has_failed = false;
    const auto took = time_of([&] {
        try {
            action();
        } catch (const Exception&) {
            has_failed = true;
        }
    });
    INFO("it took " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
    CHECK(took >= limit * 4 / 5);
    CHECK(took < limit * 3 + std::chrono::seconds(1));
    return has_failed;
}

} // namespace test::redis

#endif

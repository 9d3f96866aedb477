#ifndef KENNEL_TESTS_SUPPORT_MEMORY_BACKEND_HPP
#define KENNEL_TESTS_SUPPORT_MEMORY_BACKEND_HPP

#include "kennel/backends/memory.hpp"
#include "kennel/cache_backend.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace test {

inline std::string key_of(std::size_t number) { return "key " + std::to_string(number); }

template <class Type>
void store(kennel::CacheBackend& backend, std::string_view key, const Type& value,
           kennel::TimeSpan useful_for = kennel::unlimited) {
    backend.set(key, {kennel::Payload::borrowed_object(value), {.useful_for = useful_for}});
}

inline void store_bytes(kennel::CacheBackend& backend, std::string_view key, std::string_view bytes) {
    backend.set(key, {kennel::Payload::borrowed_bytes(bytes), {}});
}

/// The value of a key; nothing when there is none, or one of another type.
template <class Type = int>
[[nodiscard]] std::optional<Type> found(kennel::CacheBackend& backend, std::string_view key) {
    const auto entry = backend.get(key);
    const Type* const value = entry ? entry->payload.get_if<Type>() : nullptr;
    return value != nullptr ? std::optional<Type>(*value) : std::nullopt;
}

[[nodiscard]] inline std::optional<std::string> found_bytes(kennel::CacheBackend& backend, std::string_view key) {
    const auto entry = backend.get(key);
    return entry ? std::optional<std::string>(entry->payload.as_bytes()) : std::nullopt;
}

[[nodiscard]] inline bool has(kennel::CacheBackend& backend, std::string_view key) {
    return backend.get(key).has_value();
}

/// How many of the keys from 0 to `key_count` have a value.
[[nodiscard]] inline std::size_t count_found(kennel::CacheBackend& backend, std::size_t key_count) {
    std::size_t count = 0;
    for (std::size_t number = 0; number != key_count; ++number) count += has(backend, key_of(number)) ? 1U : 0U;
    return count;
}

/// How many entries an iteration comes upon.
template <class Backend>
[[nodiscard]] std::size_t count_iterated(const Backend& backend) {
    std::size_t count = 0;
    backend.for_each([&](std::string_view, const kennel::CachedValue&) { ++count; });
    return count;
}

/// Numbers that look random and are the same for the same seed.
class Dice {
public:
    explicit Dice(std::uint64_t seed = 1) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}

    std::size_t roll(std::size_t sides) {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::size_t>(state_ >> 33U) % sides;
    }

private:
    std::uint64_t state_;
};

/// The seed of a random test: another one in every run, or that of the environment variable KENNEL_TEST_SEED, which
/// repeats a run.
[[nodiscard]] inline std::uint64_t seed_of_run() {
    static const std::uint64_t seed = [] {
        const char* const given = std::getenv("KENNEL_TEST_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 10) : std::uint64_t{std::random_device()()};
    }();
    return seed;
}

/// So many rounds where the compiler has optimised, a tenth where it has not, or watches every access.
[[nodiscard]] constexpr std::size_t rounds(std::size_t count) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr bool is_slow = true;
#elif defined(__has_feature)
    constexpr bool is_slow = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
    constexpr bool is_slow = false;
#endif
    return is_slow ? count / 10 + 1 : count;
}

/// What a removal listener was told about a number.
struct Removal {
    std::string key;
    int number;
    kennel::RemovalCause cause;

    friend auto operator<=>(const Removal&, const Removal&) = default;
};

/// Notes what is removed; its listener may be called by many threads.
class Removals {
public:
    [[nodiscard]] kennel::RemovalListener listener() {
        return [this](std::string_view key, const kennel::CachedValue& value, kennel::RemovalCause cause) {
            const int* const number = value.payload.get_if<int>();
            const std::lock_guard lock(mutex_);
            all_.push_back({std::string(key), number != nullptr ? *number : -1, cause});
        };
    }

    [[nodiscard]] std::vector<Removal> all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

    [[nodiscard]] std::size_t count(kennel::RemovalCause cause) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(
            std::count_if(all_.begin(), all_.end(), [&](const Removal& removal) { return removal.cause == cause; }));
    }

private:
    mutable std::mutex mutex_;
    std::vector<Removal> all_;
};

} // namespace test

#endif

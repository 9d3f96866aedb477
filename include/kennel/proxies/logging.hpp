#ifndef KENNEL_PROXIES_LOGGING_HPP
#define KENNEL_PROXIES_LOGGING_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/event.hpp"

#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

namespace detail {

inline void append_printable(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\') out += '\\';
        if (byte >= 0x20 && byte != 0x7f) {
            out += character;
        } else {
            out += "\\x";
            out += digits[byte / 16];
            out += digits[byte % 16];
        }
    }
}

} // namespace detail

/// Writes a line about each operation: what it was, its keys, how it ended and how long it took; never a value.
///
/// For example `get "user:5" hit in 0.000012 s`. Keys are in quotes, with control characters as `\x0a`; a long list of
/// them is cut in the middle. Registered for configuration files as "logging".
class LoggingProxy final : public ProxyBackend {
public:
    /// Takes a line without its end. It is called on the thread of the operation, when that is over, by many threads at
    /// once; what it throws is ignored.
    using Sink = std::function<void(std::string_view line)>;

    /// Gives lines to `sink` and reads times on `clock`.
    explicit LoggingProxy(Sink sink = write_to_stderr, std::shared_ptr<const Clock> clock = SystemClock::shared())
        : sink_(std::move(sink)), clock_(std::move(clock)) {}

    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        std::optional<CachedValue> found;
        logged("get", {&key, 1}, [&] {
            found = proxied().get(key);
            return found ? "hit" : "miss";
        });
        return found;
    }

    void set(std::string_view key, const CachedValue& value) override {
        logged("set", {&key, 1}, [&] { return proxied().set(key, value), "done"; });
    }

    void erase(std::string_view key) override {
        logged("erase", {&key, 1}, [&] { return proxied().erase(key), "done"; });
    }

    /// Is logged as "get".
    bool visit(std::string_view key, Reader reader) override {
        bool was_found = false;
        logged("get", {&key, 1}, [&] {
            was_found = proxied().visit(key, reader);
            return was_found ? "hit" : "miss";
        });
        return was_found;
    }

    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        logged("get_multi", keys, [&] {
            std::size_t hits = 0;
            proxied().get_multi(keys, [&](std::size_t index, const CachedValue& value) {
                ++hits;
                reader(index, value);
            });
            return std::to_string(hits) + " of " + std::to_string(keys.size()) + " hit";
        });
    }

    void set_multi(std::span<const BackendEntry> entries) override {
        std::vector<std::string_view> keys;
        for (const BackendEntry& entry : entries) keys.push_back(entry.key);
        logged("set_multi", keys, [&] { return proxied().set_multi(entries), "done"; });
    }

    void erase_multi(std::span<const std::string_view> keys) override {
        logged("erase_multi", keys, [&] { return proxied().erase_multi(keys), "done"; });
    }

    /// Writes the line to the standard error stream.
    static void write_to_stderr(std::string_view line) { std::fputs((std::string(line) + '\n').c_str(), stderr); }

private:
    template <class Operation>
    void logged(std::string_view name, std::span<const std::string_view> keys, Operation&& operation) const {
        const SteadyTime start = clock_->steady_now();
        try {
            write(name, keys, operation(), start);
        } catch (...) {
            write(name, keys, "failed", start);
            throw;
        }
    }

    void write(std::string_view name, std::span<const std::string_view> keys, std::string_view outcome,
               SteadyTime start) const noexcept {
        try {
            const TimeSpan elapsed = elapsed_since(start, clock_->steady_now());
            std::string line = std::string(name) + ' ' + quoted(keys);
            line.append(outcome).append(" in ").append(std::to_string(elapsed.seconds())).append(" s");
            sink_(line);
        } catch (...) { // NOLINT(*-empty-catch): a log that fails is no reason for the operation to fail
        }
    }

    [[nodiscard]] static std::string quoted(std::span<const std::string_view> keys) {
        std::string text;
        for (const std::string_view key : keys) {
            text += text.empty() ? "\"" : ", \"";
            detail::append_printable(text, key);
            text += '"';
        }
        return text.empty() ? text : detail::abridged(text) + ' ';
    }

    Sink sink_;
    std::shared_ptr<const Clock> clock_;
};

namespace detail {
inline const bool logging_is_registered = self_register_proxy<LoggingProxy>("logging");
}

KENNEL_NAMESPACE_END

#endif

#pragma once

#include "requests.hpp"
#include "timing.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace bench {

enum class Work {
    read,  ///< look-ups of keys that are all there
    mix,   ///< the same with one write in twenty
    hot,   ///< look-ups of one key
    churn, ///< look-ups of more keys than there is room for; what is not there is stored
};

/// A cache that is measured, of whatever class: only whole measurements are virtual calls.
class Contestant {
public:
    Contestant() = default;
    Contestant(const Contestant&) = delete;
    Contestant& operator=(const Contestant&) = delete;
    virtual ~Contestant() = default;

    /// Stores the keys from zero to `count`.
    virtual void fill(std::size_t count) = 0;

    [[nodiscard]] virtual Tally run(Work work, std::span<const Request> requests, int threads, Window window) = 0;

    /// How many entries there are.
    [[nodiscard]] virtual std::size_t size() const = 0;

    /// How much memory it says that it takes; zero when it says nothing.
    [[nodiscard]] virtual std::size_t bytes() const { return 0; }
};

/// Which part a cache has in the comparison.
struct Role {
    bool is_ours = false;
    bool evicts = false;
    bool is_synchronised = true;
    bool reads = true;  ///< takes part in look-ups
    bool writes = true; ///< takes part in the mix
};

/// A cache that can be made.
struct Entrant {
    std::string name;
    Role role;
    std::function<std::unique_ptr<Contestant>(std::size_t capacity)> make;

    [[nodiscard]] bool takes_part_in(Work work, int threads) const noexcept {
        if (threads > 1 && !role.is_synchronised) return false;
        if (work == Work::churn) return role.evicts;
        return role.reads && (work != Work::mix || role.writes);
    }
};

/// `Cache` has `bool read(key, Value&)`, `void write(key, const Value&)`, `size()`, and perhaps
/// `bool read_or_create(request, Value&)` and `bytes()`.
template <class Cache, class Value>
class ContestantOf final : public Contestant {
public:
    template <class... Arguments>
    explicit ContestantOf(Arguments&&... arguments) : cache_(std::forward<Arguments>(arguments)...) {}

    void fill(std::size_t count) override {
        for (std::uint32_t number = 0; number != count; ++number)
            cache_.write(request_of(number).key(), Value::of(number));
    }

    [[nodiscard]] Tally run(Work work, std::span<const Request> requests, int threads, Window window) override {
        const auto run = [&](const auto& step) {
            const Tally tally = repeat_together<Value>(threads, requests, batch_, window, step);
            batch_ += tally.batches;
            return tally;
        };
        const auto read = [this](const Request& request, Value& value) { return cache_.read(request.key(), value); };
        const auto write = [this](const Request& request, Value& value) {
            value = Value::of(request.number);
            cache_.write(request.key(), value);
        };
        switch (work) {
        case Work::mix:
            return run([&](const Request& request, Value& value) {
                if (!request.is_write) return read(request, value);
                write(request, value);
                return true;
            });
        case Work::churn:
            return run([&](const Request& request, Value& value) {
                if constexpr (requires { cache_.read_or_create(request, value); }) {
                    return cache_.read_or_create(request, value);
                } else {
                    if (read(request, value)) return true;
                    write(request, value);
                    return false;
                }
            });
        default: return run(read);
        }
    }

    [[nodiscard]] std::size_t size() const override { return cache_.size(); }
    [[nodiscard]] std::size_t bytes() const override {
        if constexpr (requires { cache_.bytes(); }) return cache_.bytes();
        else return 0;
    }

private:
    Cache cache_;
    std::size_t batch_ = 0; ///< with which the next measurement begins, for requests of a moment ago would be hits
};

template <class Cache, class Value>
[[nodiscard]] Entrant entrant(std::string name, Role role) {
    return {std::move(name), role,
            [](std::size_t capacity) { return std::make_unique<ContestantOf<Cache, Value>>(capacity); }};
}

} // namespace bench

#ifndef KENNEL_FLIGHT_TABLE_HPP
#define KENNEL_FLIGHT_TABLE_HPP

#include "kennel/detail/late.hpp"
#include "kennel/flight.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// The flights under way, by key: the first who boards a key leads its flight, the others join it.
///
/// All members may be called from any thread; none runs foreign code under a lock of the table.
template <class Lazy>
class BasicFlightTable {
    using Flight = BasicFlight<Lazy>;

public:
    /// A flight, and whether the caller leads it.
    struct Boarding {
        std::shared_ptr<Flight> flight;
        bool is_leader;
    };

    /// The flight of `key`, a new one if there is none. A leader must `land` it, on every path.
    [[nodiscard]] Boarding board(std::string_view key) {
        Shard& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        if (const auto found = shard.flights.find(key); found != shard.flights.end()) return {found->second, false};
        auto flight = std::make_shared<Flight>();
        if (shard.is_closed(key)) flight->supersede();
        shard.flights.emplace(std::string(key), flight);
        return {std::move(flight), true};
    }

    /// A flight of `key` that nobody can join; its leader must `land` it, too.
    [[nodiscard]] std::shared_ptr<Flight> board_alone(std::string_view key) {
        Shard& shard = shard_of(key);
        auto flight = std::make_shared<Flight>();
        const std::lock_guard lock(shard.mutex);
        if (shard.is_closed(key)) flight->supersede();
        shard.lone_flights.emplace(std::string(key), flight);
        return flight;
    }

    /// Takes the flight off the table and lands it, so that the next who boards the key starts anew.
    void land(std::string_view key, const std::shared_ptr<Flight>& flight, Landing landing) noexcept {
        {
            Shard& shard = shard_of(key);
            const std::lock_guard lock(shard.mutex);
            for (Flights* const flights : {&shard.flights, &shard.lone_flights}) {
                const auto [first, last] = flights->equal_range(key);
                auto found = first;
                while (found != last && found->second != flight) ++found;
                if (found != last) flights->erase(found);
            }
        }
        flight->land(std::move(landing));
    }

    /// Whether somebody creates a value of `key`.
    [[nodiscard]] bool contains(std::string_view key) const {
        const Shard& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        return shard.flights.contains(key) || shard.lone_flights.contains(key);
    }

    /// Takes the flights of `key` off the table: nobody joins them any more and they commit nothing.
    void supersede(std::string_view key) {
        supersede(shard_of(key), key, [] {});
    }

    /// Supersedes flights while something is done to the entries of their keys.
    ///
    /// Who boards such a key meanwhile may have looked at the store before that was done: the flight can be joined, but
    /// it commits nothing, and it is off the table at the end.
    class Closure {
    public:
        /// Of all keys.
        explicit Closure(BasicFlightTable& table) : table_(table), is_total_(true) { table_.close_all(); }

        /// Of these keys, which must live as long.
        Closure(BasicFlightTable& table, std::span<const std::string_view> keys) : Closure(table, keys, Nothing{}) {
            for (; count_ != keys.size(); ++count_) table_.close(keys[count_]);
        }

        Closure(const Closure&) = delete;
        Closure& operator=(const Closure&) = delete;
        ~Closure() {
            while (count_ != 0) table_.reopen(keys_[--count_]);
            if (is_total_) table_.reopen_all();
        }

    private:
        struct Nothing {};

        /// Closes nothing yet; from here on the destructor runs, whatever throws.
        Closure(BasicFlightTable& table, std::span<const std::string_view> keys, Nothing /*closed*/)
            : table_(table), keys_(keys) {}

        BasicFlightTable& table_;
        std::span<const std::string_view> keys_{};
        std::size_t count_ = 0; ///< of the keys that are closed
        bool is_total_ = false;
    };

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Flights = std::unordered_multimap<std::string, std::shared_ptr<Flight>, Hash, std::equal_to<>>;

    struct alignas(64) Shard {
        mutable std::mutex mutex;
        Flights flights; ///< one for a key
        Flights lone_flights;
        std::vector<detail::Late<std::string_view, Lazy>> closed_keys; ///< those that are being written; few
        int total_closures = 0;

        [[nodiscard]] bool is_closed(std::string_view key) const {
            if (total_closures != 0) return true;
            for (const std::string_view closed : closed_keys)
                if (closed == key) return true;
            return false;
        }

        void reopen(std::string_view key) noexcept {
            // Its own one: the text of another closure of the same key lives elsewhere, and for another time. Who has
            // closed last is likely to reopen first.
            auto closed = closed_keys.rbegin();
            while (closed->data() != key.data() || closed->size() != key.size()) ++closed;
            *closed = closed_keys.back();
            closed_keys.pop_back();
        }

        void take_off(std::string_view key) noexcept {
            for (Flights* const taken : {&flights, &lone_flights}) {
                if (taken->empty()) continue;
                const auto [first, last] = taken->equal_range(key);
                taken->erase(first, last);
            }
        }
    };

    /// Calls `mark` under the lock when nothing can fail any more but it.
    template <class Mark>
    static void supersede(Shard& shard, std::string_view key, const Mark& mark) {
        std::vector<std::shared_ptr<Flight>> superseded;
        {
            const std::lock_guard lock(shard.mutex);
            for (Flights* const flights : {&shard.flights, &shard.lone_flights}) {
                if (flights->empty()) continue;
                const auto [first, last] = flights->equal_range(key);
                for (auto flight = first; flight != last; ++flight) superseded.push_back(flight->second);
            }
            mark();
            shard.take_off(key);
        }
        for (const auto& flight : superseded) flight->supersede();
    }

    void close(std::string_view key) {
        Shard& shard = shard_of(key);
        supersede(shard, key, [&] { shard.closed_keys.push_back(key); });
    }

    void reopen(std::string_view key) noexcept {
        Shard& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        shard.reopen(key);
        shard.take_off(key);
    }

    void close_all() {
        for (Shard& shard : shards_) {
            Flights flights;
            Flights lone_flights;
            {
                const std::lock_guard lock(shard.mutex);
                ++shard.total_closures;
                flights.swap(shard.flights);
                lone_flights.swap(shard.lone_flights);
            }
            for (const auto& [key, flight] : flights) flight->supersede();
            for (const auto& [key, flight] : lone_flights) flight->supersede();
        }
    }

    void reopen_all() noexcept {
        for (Shard& shard : shards_) {
            const std::lock_guard lock(shard.mutex);
            --shard.total_closures;
            shard.flights.clear();
            shard.lone_flights.clear();
        }
    }

    [[nodiscard]] Shard& shard_of(std::string_view key) { return shards_[Hash{}(key) / 7 % shards_.size()]; }
    [[nodiscard]] const Shard& shard_of(std::string_view key) const {
        return shards_[Hash{}(key) / 7 % shards_.size()];
    }

    std::array<Shard, 16> shards_;
};

/// The flights under way; see `BasicFlightTable`.
using FlightTable = BasicFlightTable<void>;

KENNEL_NAMESPACE_END

#endif

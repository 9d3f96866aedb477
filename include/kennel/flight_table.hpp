#ifndef KENNEL_FLIGHT_TABLE_HPP
#define KENNEL_FLIGHT_TABLE_HPP

#include "kennel/flight.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
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
    struct Boarding {
        std::shared_ptr<Flight> flight;
        bool is_leader;
    };

    /// The flight of `key`, a new one if there is none. A leader must `land` it, on every path.
    [[nodiscard]] Boarding board(std::string_view key) {
        Shard& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        if (const auto found = shard.flights.find(key); found != shard.flights.end())
            return {found->second, false};
        auto flight = std::make_shared<Flight>();
        shard.flights.emplace(std::string(key), flight);
        return {std::move(flight), true};
    }

    /// A flight of `key` that nobody can join; its leader must `land` it, too.
    [[nodiscard]] std::shared_ptr<Flight> board_alone(std::string_view key) {
        Shard& shard = shard_of(key);
        auto flight = std::make_shared<Flight>();
        const std::lock_guard lock(shard.mutex);
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
                const auto found =
                    std::find_if(first, last, [&](const auto& pair) { return pair.second == flight; });
                if (found != last) flights->erase(found);
            }
        }
        flight->land(std::move(landing));
    }

    [[nodiscard]] bool contains(std::string_view key) const {
        const Shard& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        return shard.flights.contains(key) || shard.lone_flights.contains(key);
    }

    /// Takes the flights of `key` off the table: nobody joins them any more and they commit nothing.
    void supersede(std::string_view key) {
        Shard& shard = shard_of(key);
        std::vector<std::shared_ptr<Flight>> superseded;
        {
            const std::lock_guard lock(shard.mutex);
            for (Flights* const flights : {&shard.flights, &shard.lone_flights}) {
                const auto [first, last] = flights->equal_range(key);
                for (auto flight = first; flight != last; ++flight) superseded.push_back(flight->second);
                flights->erase(first, last);
            }
        }
        for (const auto& flight : superseded) flight->supersede();
    }

    /// The same for all flights under way.
    void supersede_all() {
        for (Shard& shard : shards_) {
            Flights flights;
            {
                const std::lock_guard lock(shard.mutex);
                flights.swap(shard.flights);
                flights.merge(shard.lone_flights);
            }
            for (const auto& [key, flight] : flights) flight->supersede();
        }
    }

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Flights = std::unordered_multimap<std::string, std::shared_ptr<Flight>, Hash, std::equal_to<>>;

    struct alignas(64) Shard {
        mutable std::mutex mutex;
        Flights flights; ///< one for a key
        Flights lone_flights;
    };

    [[nodiscard]] Shard& shard_of(std::string_view key) {
        return shards_[Hash{}(key) / 7 % shards_.size()];
    }
    [[nodiscard]] const Shard& shard_of(std::string_view key) const {
        return shards_[Hash{}(key) / 7 % shards_.size()];
    }

    std::array<Shard, 16> shards_;
};

using FlightTable = BasicFlightTable<void>;

KENNEL_NAMESPACE_END

#endif

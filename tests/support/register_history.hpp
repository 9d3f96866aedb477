#ifndef KENNEL_TESTS_SUPPORT_REGISTER_HISTORY_HPP
#define KENNEL_TESTS_SUPPORT_REGISTER_HISTORY_HPP

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// One operation of a thread on the entry of a key, with the moments of its call and its return.
struct RegisterOperation {
    enum class Kind : std::uint8_t { write, erase, read, miss };

    Kind kind;
    std::uint64_t value; ///< written or read; no value is written twice
    std::uint64_t called;
    std::uint64_t returned;
};

/// Whether operations that overlap in time could have been done one after the other, each at some moment between its
/// call and its return, on an entry that is empty at first.
///
/// For values that are written once this is decided as by P. Gibbons and E. Korach ("Testing shared memories", 1997):
/// the operations on a value that was certainly there from one moment to a later one leave no room for any other in
/// between. A miss must lie after an erase, or the beginning, that no write has certainly undone; where entries may be
/// evicted it may lie anywhere.
class RegisterHistory {
public:
    using Operations = std::vector<RegisterOperation>;
    using Kind = RegisterOperation::Kind;

    explicit RegisterHistory(Operations operations) : operations_(std::move(operations)) {}

    /// What is wrong; empty when nothing is.
    [[nodiscard]] std::string flaw(bool may_evict) const {
        const std::optional<std::vector<Zone>> zones = zones_of_values();
        if (!zones) return "a value was read that was not written until then";
        std::vector<Zone> certain; // in which a value was certainly there
        for (const Zone& zone : *zones)
            if (zone.first_return < zone.last_call) certain.push_back(zone);
        std::sort(certain.begin(), certain.end(),
                  [](const Zone& left, const Zone& right) { return left.first_return < right.first_return; });
        for (std::size_t at = 1; at < certain.size(); ++at)
            if (certain[at].first_return < certain[at - 1].last_call) return "an overwritten value has come back";
        for (const Zone& zone : *zones)
            if (zone.last_call < zone.first_return && is_inside(certain, zone.last_call, zone.first_return))
                return "a value was there before and after another one";
        for (const RegisterOperation& operation : operations_) {
            const bool is_miss = operation.kind == Kind::miss && !may_evict;
            if ((operation.kind == Kind::erase || is_miss) && is_inside(certain, operation.called, operation.returned))
                return is_miss ? "a value was missed that was there before and after" : "an erased value has come back";
        }
        return may_evict || misses_are_explained() ? "" : "a miss, although nothing was erased since the last write";
    }

private:
    /// Of all operations with one value.
    struct Zone {
        std::uint64_t first_return = UINT64_MAX;
        std::uint64_t last_call = 0;
    };

    [[nodiscard]] std::optional<std::vector<Zone>> zones_of_values() const {
        struct Value {
            Zone zone{};
            std::uint64_t written = UINT64_MAX;
            std::uint64_t first_read = UINT64_MAX;
        };
        std::map<std::uint64_t, Value> values;
        for (const RegisterOperation& operation : operations_) {
            if (operation.kind == Kind::erase || operation.kind == Kind::miss) continue;
            Value& value = values[operation.value];
            value.zone.first_return = (std::min)(value.zone.first_return, operation.returned);
            value.zone.last_call = (std::max)(value.zone.last_call, operation.called);
            if (operation.kind == Kind::write) value.written = operation.called;
            else value.first_read = (std::min)(value.first_read, operation.returned);
        }
        std::vector<Zone> zones;
        for (const auto& [number, value] : values) {
            if (value.written == UINT64_MAX || value.first_read < value.written) return std::nullopt;
            zones.push_back(value.zone);
        }
        return zones;
    }

    /// Whether one of the zones, which do not overlap and are in order, contains all from `begin` to `end`.
    [[nodiscard]] static bool is_inside(const std::vector<Zone>& zones, std::uint64_t begin, std::uint64_t end) {
        const auto after = std::upper_bound(
            zones.begin(), zones.end(), begin,
            [](std::uint64_t moment, const Zone& zone) { return moment < zone.first_return; });
        return after != zones.begin() && end < std::prev(after)->last_call;
    }

    [[nodiscard]] bool misses_are_explained() const {
        struct Step {
            std::uint64_t at;
            std::uint64_t best;
        };
        std::vector<Step> writes;         // by the return: the latest call until then
        std::vector<Step> erases{{0, 0}}; // by the call: the latest return of those until then
        for (const RegisterOperation& operation : operations_) {
            if (operation.kind == Kind::write) writes.push_back({operation.returned, operation.called});
            if (operation.kind == Kind::erase) erases.push_back({operation.called, operation.returned});
        }
        for (std::vector<Step>* const steps : {&writes, &erases}) {
            std::sort(steps->begin(), steps->end(),
                      [](const Step& left, const Step& right) { return left.at < right.at; });
            for (std::size_t at = 1; at < steps->size(); ++at)
                (*steps)[at].best = (std::max)((*steps)[at].best, (*steps)[at - 1].best);
        }
        const auto best_before = [](const std::vector<Step>& steps, std::uint64_t moment) {
            const auto after = std::lower_bound(steps.begin(), steps.end(), moment,
                                                [](const Step& step, std::uint64_t at) { return step.at < at; });
            return after != steps.begin() ? std::prev(after)->best : std::uint64_t{0};
        };
        return std::all_of(operations_.begin(), operations_.end(), [&](const RegisterOperation& miss) {
            return miss.kind != Kind::miss || best_before(erases, miss.returned) >= best_before(writes, miss.called);
        });
    }

    Operations operations_;
};

} // namespace test

#endif

#pragma once

#include "contestant.hpp"
#include "footprint.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

[[nodiscard]] inline double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// What is compared with each other.
struct Setting {
    Work work;
    std::size_t entries;
    std::size_t value_size;

    friend auto operator<=>(const Setting&, const Setting&) = default;
};

/// What one cache has done in one setting.
struct Row {
    Setting setting;
    std::string cache;
    Role role;
    std::map<int, std::vector<double>> times; ///< by the number of threads: nanoseconds for an operation, in each run
    std::uint64_t operations = 0;
    std::uint64_t hits = 0;
    std::uint64_t wrong = 0; ///< values of other keys
    std::optional<Footprint> footprint;

    /// The median; zero when it was not measured.
    [[nodiscard]] double nanoseconds(int threads) const {
        const auto found = times.find(threads);
        return found != times.end() ? median(found->second) : 0;
    }

    /// How many times the operations of one thread these make; zero when that was not measured.
    [[nodiscard]] double speed_up(int threads) const {
        const double many = nanoseconds(threads);
        return many > 0 ? threads * nanoseconds(1) / many : 0;
    }

    [[nodiscard]] double hit_ratio() const {
        return operations > 0 ? static_cast<double>(hits) / static_cast<double>(operations) : 0;
    }
};

/// All rows, one work after the other.
class Results {
public:
    /// The row of that name, which is made if there is none yet.
    Row& row(const Setting& setting, const std::string& cache, const Role& role) {
        const auto place = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
            return row.setting > setting || (row.setting == setting && row.cache == cache);
        });
        if (place != rows_.end() && place->setting == setting) return *place;
        return *rows_.insert(place,
                             Row{.setting = setting, .cache = cache, .role = role, .times = {}, .footprint = {}});
    }

    [[nodiscard]] const std::list<Row>& rows() const noexcept { return rows_; }

    /// The row of that name; null when there is none.
    [[nodiscard]] const Row* find(const Setting& setting, const std::string& cache) const {
        for (const Row& row : rows_)
            if (row.setting == setting && row.cache == cache) return &row;
        return nullptr;
    }

    /// The shortest time of those rows for which `filter` holds; zero when there is none.
    template <class Filter>
    [[nodiscard]] double shortest(const Setting& setting, int threads, const Filter& filter) const {
        double shortest = 0;
        for (const Row& row : rows_) {
            if (!(row.setting == setting) || !filter(row.role)) continue;
            const double time = row.nanoseconds(threads);
            if (time > 0 && (shortest <= 0 || time < shortest)) shortest = time;
        }
        return shortest;
    }

private:
    std::list<Row> rows_;
};

} // namespace bench

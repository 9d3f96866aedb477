#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace bench {

/// A hash of texts by which standard containers are searched without making a string. It is not noexcept, for then
/// libstdc++ keeps the hashes in the map, as it does for texts without being told.
struct TextHash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// Any hash map with the interface of the standard one, without a lock.
template <class Map>
class Unsynchronised {
public:
    using Value = typename Map::mapped_type;

    explicit Unsynchronised(std::size_t capacity) { map_.reserve(capacity); }

    [[nodiscard]] bool read(std::string_view key, Value& value) const {
        const auto found = map_.find(key);
        if (found == map_.end()) return false;
        value = found->second;
        return true;
    }

    void write(std::string_view key, const Value& value) {
        const auto found = map_.find(key);
        if (found != map_.end()) found->second = value;
        else map_.emplace(std::string(key), value);
    }

    [[nodiscard]] std::size_t size() const { return map_.size(); }

private:
    Map map_;
};

} // namespace bench

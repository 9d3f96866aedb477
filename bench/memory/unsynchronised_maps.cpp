#include "boost_text_hash.hpp"
#include "caches.hpp"
#include "plain_map.hpp"

#ifdef KENNEL_BENCH_HAS_ABSL
#include <absl/container/flat_hash_map.h>
#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>
#endif
#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
#include <boost/unordered/unordered_flat_map.hpp>
#endif

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#ifdef KENNEL_BENCH_HAS_ABSL
namespace {

/// Abseil's own hash, for look-ups by views of the standard.
struct AbslTextHash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
        return absl::Hash<absl::string_view>()(absl::string_view(text.data(), text.size()));
    }
};

} // namespace
#endif

template <class Value>
void bench::add_unsynchronised([[maybe_unused]] std::vector<Entrant>& entrants) {
    [[maybe_unused]] constexpr Role limit{.is_synchronised = false};
#ifdef KENNEL_BENCH_HAS_ABSL
    using AbslMap = absl::flat_hash_map<std::string, Value, AbslTextHash, std::equal_to<>>;
    entrants.push_back(entrant<Unsynchronised<AbslMap>, Value>("limit: absl::flat_hash_map", limit));
#endif
#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
    using BoostMap = boost::unordered_flat_map<std::string, Value, BoostTextHash, std::equal_to<>>;
    entrants.push_back(entrant<Unsynchronised<BoostMap>, Value>("limit: boost::unordered_flat_map", limit));
#endif
}

template void bench::add_unsynchronised<bench::Value<8>>(std::vector<Entrant>&);
template void bench::add_unsynchronised<bench::Value<256>>(std::vector<Entrant>&);

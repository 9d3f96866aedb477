#include "caches.hpp"
#include "expiration.hpp"

#include <kennel/kennel.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace {

using namespace bench;

/// Kennel's memory backend alone, whose entries expire.
template <class Value>
class KennelBackend {
public:
    explicit KennelBackend(std::size_t capacity) : backend_(settings(capacity)) {}

    [[nodiscard]] bool read(std::string_view key, Value& value) {
        return backend_.visit(key, [&](const kennel::CachedValue& found) { value = *found.payload.get_if<Value>(); });
    }
    void write(std::string_view key, const Value& value) {
        backend_.set(key, {kennel::Payload::borrowed_object(value), {}});
    }
    [[nodiscard]] std::size_t size() const { return backend_.size(); }
    [[nodiscard]] std::size_t bytes() const { return backend_.statistics().bytes; }

private:
    [[nodiscard]] static kennel::MemorySettings settings(std::size_t capacity) {
        kennel::MemorySettings settings;
        settings.max_entries = capacity;
        settings.time_to_live = expiration;
        return settings;
    }

    kennel::MemoryBackend backend_;
};

} // namespace

template <class Value>
void bench::add_kennel_backend(std::vector<Entrant>& entrants) {
    entrants.push_back(entrant<KennelBackend<Value>, Value>(yardstick, {.is_ours = true, .evicts = true}));
}

template void bench::add_kennel_backend<bench::Value<8>>(std::vector<Entrant>&);
template void bench::add_kennel_backend<bench::Value<256>>(std::vector<Entrant>&);

// For docs/backends.md and docs/proxies.md.

#include <kennel/kennel.hpp>
#include <kennel/proxies/retry_delete.hpp>

#include "expect.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;

// [arguments]
/// Keeps at most `max_entries` entries and then refuses new ones.
class FrugalBackend final : public kennel::CacheBackend {
public:
    explicit FrugalBackend(const kennel::Arguments& arguments) {
        kennel::ArgumentReader reader(arguments, "backend 'frugal'");
        max_entries_ = reader.get<std::size_t>("max_entries", 100);
        if (max_entries_ == 0) reader.refuse("max_entries", "is 0: it must be above zero");
        reader.reject_unknown();
    }

    std::optional<kennel::CachedValue> get(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        return found != entries_.end() ? std::optional(found->second) : std::nullopt;
    }
    void set(std::string_view key, const kennel::CachedValue& value) override {
        const std::lock_guard lock(mutex_);
        if (entries_.size() >= max_entries_ && !entries_.contains(key))
            throw kennel::BackendError("it is full");
        entries_.insert_or_assign(std::string(key), value); // copies a payload that is only lent
    }
    void erase(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        if (const auto found = entries_.find(key); found != entries_.end()) entries_.erase(found);
    }

private:
    std::size_t max_entries_;
    std::mutex mutex_;
    std::map<std::string, kennel::CachedValue, std::less<>> entries_;
};
// [/arguments]

// [bytes_proxy]
/// Puts a checksum behind the bytes of every value; what does not fit it is as good as not there.
class ChecksumProxy final : public kennel::ProxyBackend {
public:
    std::optional<kennel::CachedValue> get(std::string_view key) override {
        std::optional<kennel::CachedValue> found = proxied().get(key);
        if (!found || !found->payload.is_bytes()) return std::nullopt;
        const std::string_view stored = found->payload.as_bytes();
        if (stored.empty() || stored.back() != checksum(stored.substr(0, stored.size() - 1)))
            return std::nullopt;
        found->payload = kennel::Payload::bytes(stored.substr(0, stored.size() - 1));
        return found;
    }
    void set(std::string_view key, const kennel::CachedValue& value) override {
        std::string bytes(value.payload.as_bytes());
        bytes += checksum(bytes);
        proxied().set(key, {kennel::Payload::borrowed_bytes(bytes), value.metadata});
    }

    /// The region then serializes, also in front of a backend that keeps objects.
    kennel::PayloadForm payload_form() const override { return kennel::PayloadForm::bytes; }

private:
    static char checksum(std::string_view bytes) {
        unsigned sum = 0;
        for (const char byte : bytes) sum = sum * 31 + static_cast<unsigned char>(byte);
        return static_cast<char>(sum % 128);
    }
};
// [/bytes_proxy]

int main() {
    // [register]
    kennel::register_backend<FrugalBackend>("frugal");
    kennel::register_proxy<ChecksumProxy>("checksum"); // for configuration files

    kennel::CacheRegion region;
    region.configure(
        "frugal", {.arguments = {{"max_entries", 2}}, .wrap = {std::make_shared<ChecksumProxy>()}});
    // [/register]
    region.set("a", 1);
    region.set("b", 2);
    expect(region.get<int>("a") == 1, "what is stored is found");
    bool is_full = false;
    try {
        region.set("c", 3);
    } catch (const kennel::BackendError&) {
        is_full = true;
    }
    expect(is_full, "a third entry is refused");
    expect(region.get_or_create("c", [] { return 3; }) == 3,
           "a creation's value goes to its caller all the same");
    expect(region.statistics().writes_failed == 2, "and the failure is counted");

    // [memory]
    kennel::CacheRegion small;
    small.configure("memory", {.arguments = {{"max_entries", 100}, {"time_to_live", 5min}}});
    // [/memory]
    small.set("key", 1);

    // [size]
    const auto memory = std::dynamic_pointer_cast<kennel::MemoryBackend>(small.actual_backend());
    const std::size_t entry_count = memory != nullptr ? memory->size() : 0; // null: another backend
    // [/size]
    expect(entry_count == 1, "a memory backend counts its entries");

    // [factory]
    const auto shared_store = kennel::make_backend("memory", {.arguments = {}});
    kennel::register_backend(
        "shared", [shared_store](const kennel::BackendContext&) { return shared_store; });
    // [/factory]
    kennel::CacheRegion first, second;
    first.configure("shared");
    second.configure("shared");
    first.set("key", 1);
    expect(second.get<int>("key") == 1, "two regions have one store");

    // [anew]
    const kennel::ConfigureOptions options{
        .wrap = {
            kennel::WrappedProxy::of<kennel::RetryDeleteProxy>(kennel::Arguments{{"tries", 5}}),
            kennel::WrappedProxy::of<ChecksumProxy>()}};
    kennel::CacheRegion users, orders;
    users.configure("memory", options);
    orders.configure("memory", options); // has proxies of its own
    // [/anew]
    users.set("key", 1);
    expect(users.get<int>("key") == 1 && !orders.get<int>("key"),
           "one set of options is for many regions");
    expect(users.backend() != orders.backend(), "each has proxies of its own");
}

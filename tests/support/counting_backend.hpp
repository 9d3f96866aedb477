#ifndef KENNEL_TESTS_SUPPORT_COUNTING_BACKEND_HPP
#define KENNEL_TESTS_SUPPORT_COUNTING_BACKEND_HPP

#include "kennel/proxy_backend.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace kennel::testing_support {

/// Counts the calls of each member and passes them on as they are.
class CountingProxy : public ProxyBackend {
public:
    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        ++gets;
        return proxied().get(key);
    }
    void set(std::string_view key, const CachedValue& value) override {
        ++sets;
        proxied().set(key, value);
    }
    void erase(std::string_view key) override {
        ++erases;
        proxied().erase(key);
    }
    bool visit(std::string_view key, Reader reader) override {
        ++visits;
        return proxied().visit(key, reader);
    }
    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        ++get_multis;
        proxied().get_multi(keys, reader);
    }
    void set_multi(std::span<const BackendEntry> entries) override {
        ++set_multis;
        proxied().set_multi(entries);
    }
    void erase_multi(std::span<const std::string_view> keys) override {
        ++erase_multis;
        proxied().erase_multi(keys);
    }
    [[nodiscard]] std::shared_ptr<CacheMutex> get_mutex(std::string_view key) override {
        ++get_mutexes;
        return proxied().get_mutex(key);
    }

    std::atomic<int> gets = 0;
    std::atomic<int> sets = 0;
    std::atomic<int> erases = 0;
    std::atomic<int> visits = 0;
    std::atomic<int> get_multis = 0;
    std::atomic<int> set_multis = 0;
    std::atomic<int> erase_multis = 0;
    std::atomic<int> get_mutexes = 0;
};

} // namespace kennel::testing_support

#endif

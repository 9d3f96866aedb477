#ifndef KENNEL_TESTS_SUPPORT_PREFIXED_KEYS_HPP
#define KENNEL_TESTS_SUPPORT_PREFIXED_KEYS_HPP

#include "kennel/proxy_backend.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// Puts a prefix before every key, so that regions on one server do not see each other's entries.
class PrefixedKeys final : public kennel::ProxyBackend {
public:
    explicit PrefixedKeys(std::string prefix) : prefix_(std::move(prefix)) {}

    [[nodiscard]] std::optional<kennel::CachedValue> get(std::string_view key) override {
        return proxied().get(prefixed(key));
    }
    bool visit(std::string_view key, Reader reader) override { return proxied().visit(prefixed(key), reader); }
    void set(std::string_view key, const kennel::CachedValue& value) override { proxied().set(prefixed(key), value); }
    void erase(std::string_view key) override { proxied().erase(prefixed(key)); }

    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        const std::vector<std::string> all = prefixed(keys);
        proxied().get_multi(std::vector<std::string_view>(all.begin(), all.end()), reader);
    }
    void erase_multi(std::span<const std::string_view> keys) override {
        const std::vector<std::string> all = prefixed(keys);
        proxied().erase_multi(std::vector<std::string_view>(all.begin(), all.end()));
    }
    void set_multi(std::span<const kennel::BackendEntry> entries) override {
        std::vector<std::string> keys;
        for (const kennel::BackendEntry& entry : entries) keys.push_back(prefixed(entry.key));
        std::vector<kennel::BackendEntry> all(entries.begin(), entries.end());
        for (std::size_t index = 0; index != all.size(); ++index) all[index].key = keys[index];
        proxied().set_multi(all);
    }
    [[nodiscard]] std::shared_ptr<kennel::CacheMutex> get_mutex(std::string_view key) override {
        return proxied().get_mutex(prefixed(key));
    }

private:
    [[nodiscard]] std::string prefixed(std::string_view key) const { return prefix_ + std::string(key); }
    [[nodiscard]] std::vector<std::string> prefixed(std::span<const std::string_view> keys) const {
        std::vector<std::string> all;
        for (const std::string_view key : keys) all.push_back(prefixed(key));
        return all;
    }

    std::string prefix_;
};

} // namespace test

#endif

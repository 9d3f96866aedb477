#ifndef KENNEL_TESTS_SUPPORT_FAILING_BACKEND_HPP
#define KENNEL_TESTS_SUPPORT_FAILING_BACKEND_HPP

#include "kennel/proxy_backend.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace kennel::testing_support {

/// A store that can be switched off in parts: what fails throws `BackendError`, and the backend behind is not asked.
class FailingProxy : public ProxyBackend {
public:
    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        fail_if(reads_fail, "the store cannot be read");
        return proxied().get(key);
    }
    bool visit(std::string_view key, Reader reader) override {
        fail_if(reads_fail, "the store cannot be read");
        return proxied().visit(key, reader);
    }
    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        fail_if(reads_fail, "the store cannot be read");
        proxied().get_multi(keys, reader);
    }
    void set(std::string_view key, const CachedValue& value) override {
        fail_if(writes_fail, "the store cannot be written");
        proxied().set(key, value);
    }
    void set_multi(std::span<const BackendEntry> entries) override {
        fail_if(writes_fail, "the store cannot be written");
        proxied().set_multi(entries);
    }
    void erase(std::string_view key) override {
        fail_if(writes_fail, "the store cannot be written");
        proxied().erase(key);
    }
    void erase_multi(std::span<const std::string_view> keys) override {
        fail_if(writes_fail, "the store cannot be written");
        proxied().erase_multi(keys);
    }
    [[nodiscard]] std::shared_ptr<CacheMutex> get_mutex(std::string_view key) override {
        fail_if(locks_fail, "the store cannot be locked");
        return proxied().get_mutex(key);
    }

    std::atomic<bool> reads_fail = false;
    std::atomic<bool> writes_fail = false;
    std::atomic<bool> locks_fail = false;

private:
    static void fail_if(const std::atomic<bool>& is_switched_off, const char* text) {
        if (is_switched_off) throw BackendError(text);
    }
};

} // namespace kennel::testing_support

#endif

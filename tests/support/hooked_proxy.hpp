#ifndef KENNEL_TESTS_SUPPORT_HOOKED_PROXY_HPP
#define KENNEL_TESTS_SUPPORT_HOOKED_PROXY_HPP

#include "kennel/proxy_backend.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace test {

/// Runs code of the test before and after what the backend behind does. The hooks are set before there are other
/// threads.
class HookedProxy final : public kennel::ProxyBackend {
public:
    using Hook = std::function<void(std::string_view key)>;

    [[nodiscard]] std::optional<kennel::CachedValue> get(std::string_view key) override {
        call(before_get, key);
        auto found = proxied().get(key);
        call(after_get, key);
        return found;
    }
    void set(std::string_view key, const kennel::CachedValue& value) override {
        call(before_set, key);
        proxied().set(key, value);
        call(after_set, key);
    }
    void erase(std::string_view key) override {
        call(before_erase, key);
        proxied().erase(key);
        call(after_erase, key);
    }

    Hook before_get{};
    Hook after_get{};
    Hook before_set{};
    Hook after_set{};
    Hook before_erase{};
    Hook after_erase{};

private:
    static void call(const Hook& hook, std::string_view key) {
        if (hook) hook(key);
    }
};

} // namespace test

#endif

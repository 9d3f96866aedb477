// A backend of your own needs three functions, and a suite of checks says whether it keeps what backends promise.

#include <kennel/kennel.hpp>
#include <kennel/testing/backend_contract.hpp>

#include "expect.hpp"

#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

// [backend]
class DictionaryBackend final : public kennel::CacheBackend {
public:
    std::optional<kennel::CachedValue> get(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        return found != entries_.end() ? std::optional(found->second) : std::nullopt;
    }
    void set(std::string_view key, const kennel::CachedValue& value) override {
        const std::lock_guard lock(mutex_);
        entries_.insert_or_assign(std::string(key), value);
    }
    void erase(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        entries_.erase(std::string(key));
    }

private:
    std::mutex mutex_;
    std::map<std::string, kennel::CachedValue, std::less<>> entries_;
};
// [/backend]

int main() {
    // [register]
    kennel::register_backend<DictionaryBackend>("dictionary");

    kennel::CacheRegion region;
    region.configure("dictionary");
    // [/register]
    region.set("greeting", "hello");
    std::cout << region.get<std::string>("greeting").value() << '\n';

    // In a test suite of yours, each check would be a test.
    // [contract]
    int broken = 0;
    for (const auto& check :
         kennel::backend_contract([] { return std::make_shared<DictionaryBackend>(); })) {
        try {
            check.run();
            std::cout << "kept: " << check.name << '\n';
        } catch (const std::exception& error) {
            std::cout << "BROKEN: " << check.name << " (" << error.what() << ")\n";
            ++broken;
        }
    }
    // [/contract]
    expect(broken == 0, "DictionaryBackend keeps every promise of a backend");
}

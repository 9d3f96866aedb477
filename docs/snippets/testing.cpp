// For docs/testing.md.

#include <kennel/backends/memory.hpp>
#include <kennel/kennel.hpp>
#include <kennel/testing/backend_contract.hpp>
#include <kennel/testing/manual_clock.hpp>
#include <kennel/testing/mutex_contract.hpp>
#include <kennel/testing/serializer_contract.hpp>
#include <kennel/thread_mutex.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

// [global]
kennel::CacheRegion<>& user_cache() {
    static kennel::CacheRegion<> region{{.name = "users"}};
    return region;
}

void set_up_user_cache() {
    user_cache().configure("memory", {.expiration_time = 1h, .replace_existing_backend = true});
}
// [/global]

int main() {
    // [clock]
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    kennel::CacheRegion region{{.clock = clock}};
    region.configure("memory", {.expiration_time = 1h});

    region.set("key", 1);
    clock->advance(59min);
    expect(region.get<int>("key") == 1, "it is fresh for an hour");
    clock->advance(2min);
    expect(!region.get<int>("key"), "and not for longer");
    // [/clock]

    // [contracts]
    const auto backend = kennel::backend_contract(
        [] { return kennel::make_backend("memory", {.arguments = {{"max_entries", 1000}}}); });

    std::map<std::string, std::shared_ptr<kennel::CacheMutex>, std::less<>> mutexes;
    const auto mutex = kennel::mutex_contract([&mutexes](std::string_view key) {
        auto& mutex_of_key = mutexes[std::string(key)];
        if (mutex_of_key == nullptr) mutex_of_key = std::make_shared<kennel::ThreadMutex>();
        return mutex_of_key;
    });

    const auto serializer = kennel::serializer_contract(kennel::DefaultSerializer());

    for (const auto* const contract : {&backend, &mutex, &serializer})
        for (const kennel::ContractCheck& check : *contract)
            check.run(); // throws when it is not kept
    // [/contracts]
    std::cout << backend.size() << " + " << mutex.size() << " + " << serializer.size()
              << " promises kept\n";

    // [reset]
    set_up_user_cache(); // at the beginning of each test: an empty store, and
    user_cache().reset_statistics();
    // [/reset]
    user_cache().set("key", 1);
    set_up_user_cache();
    expect(!user_cache().get<int>("key"), "a region that is configured anew is empty");
}

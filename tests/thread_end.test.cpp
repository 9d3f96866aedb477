#include "kennel/kennel.hpp"
#include "support/catch.hpp"

#include <optional>
#include <thread>

namespace {

kennel::CacheRegion<>& region() {
    static kennel::CacheRegion<> region;
    return region;
}

/// Uses the region when the thread's other thread_local objects are gone.
struct LastUser {
    int value = 0;
    ~LastUser() {
        result = region().get_or_create("key", [this] { return value; });
        (void)region().get_or_create("other", [] { return region().get_or_create("key", [] { return 0; }); });
    }
    static inline std::optional<int> result;
};

} // namespace

TEST_CASE("a region can be used while its thread ends") {
    if (!region().is_configured()) region().configure("memory", {.expiration_time = std::chrono::seconds(0)});
    for (int number = 1; number != 4; ++number) {
        std::thread([number] {
            thread_local LastUser user; // made before, and so destroyed after, whatever the region makes for the thread
            user.value = number;
            (void)region().get_or_create("key", [] { return 0; });
        }).join();
        CHECK(LastUser::result == number);
    }
}

// For docs/regions.md.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <optional>
#include <string>

using namespace std::chrono_literals;

// [declare]
kennel::CacheRegion users{{.name = "users", .key_mangler = kennel::prefix_mangler("shop:")}};
// [/declare]

// [request]
/// Keeps what one request has seen, of the values that all requests share in `users`.
struct Request {
    kennel::CacheRegion<> cache = kennel::CacheRegion({.name = "request"}).configure("memory");

    std::string name_of(int id) const {
        const std::string key = "name:" + std::to_string(id);
        return cache.get_or_create(key, [&] {
            return users.get_or_create(key, [&] { return "User " + std::to_string(id); });
        });
    }
};
// [/request]

int main() {
    expect(!users.is_configured(), "a region may be declared before it is configured");

    // [configure]
    users.configure("memory", {
                                  .expiration_time = 1h,
                                  .arguments = {{"max_entries", 10'000}},
                                  .stale_time = 10min,
                                  .lock_timeout = 5s,
                                  .on_lock_timeout = kennel::OnLockTimeout::create_alone,
                              });
    // [/configure]

    // [replace]
    users.configure("null",
                    {.replace_existing_backend = true}); // for example to switch caching off
    // [/replace]
    users.set("user:5", "Ada");
    expect(!users.get<std::string>("user:5"), "the null backend keeps nothing");
    users.configure("memory", {.expiration_time = 1h, .replace_existing_backend = true});

    // [types]
    users.set("user:5:name", "Ada"); // text is kept as std::string
    users.set("user:5:visits", 7);
    const auto name = users.get<std::string>("user:5:name");
    const auto visits = users.get<int>("user:5:visits");
    const auto wrong = users.get<double>("user:5:visits"); // an int is no double: a miss
    // [/types]
    expect(name == "Ada" && visits == 7 && !wrong, "a value has one type");

    // [look_up]
    const kennel::Lookup<int> lookup = users.look_up<int>("user:5:visits");
    if (lookup.is_hit()) std::cout << lookup.value() << '\n';
    std::cout << to_string(lookup) << '\n'; // "hit from memory, 0.000012 s old": never the value
    // [/look_up]
    expect(lookup.backend() == "memory", "a look-up names its backend");

    // [set_options]
    users.set("session:1", "guest", {.time_to_live = 10s, .tags = {"sessions"}});
    // [/set_options]
    expect(users.backend()->get("shop:session:1")->metadata.tags.names().front() == "sessions",
           "tags are kept");

    // [set_multi]
    users.set_multi({{"user:6:name", "Grace"}, {"user:6:visits", 12}});
    // [/set_multi]
    expect(users.get<std::string>("user:6:name") == "Grace" &&
               users.get<int>("user:6:visits") == 12,
           "a list may hold values of many types");

    const Request request;
    const std::string in_request = request.name_of(5);
    users.erase("name:5");
    expect(in_request == "User 5" && request.name_of(5) == "User 5",
           "a request keeps what it has seen");
    expect(!users.get<std::string>("name:5") && !Request().cache.get<std::string>("name:5"),
           "and nobody else has it");

    // [ignore_expiration]
    const auto old = users.get<std::string>("user:5:name", {.ignore_expiration = true});
    const auto recent = users.get<std::string>("user:5:name", {.expiration_time = 30s});
    // [/ignore_expiration]
    expect(old && recent, "an entry that was just stored is recent");
}

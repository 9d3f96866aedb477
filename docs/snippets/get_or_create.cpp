// For docs/get_or_create.md.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

int main() {
    kennel::CacheRegion users{{.name = "users"}};
    users.configure("memory", {.expiration_time = 1h});

    // [options]
    const auto find_name = [] { return std::string("Ada"); };
    const std::string name = users.get_or_create("user:5", find_name,
                                                 {
                                                     .expiration_time = 5min,
                                                     .stale_time = 0s, // never an expired value
                                                     .lock_timeout = 2s,
                                                 });
    // [/options]
    expect(name == "Ada", "options change one call");

    // [should_cache_fn]
    const auto is_complete = [](const std::string& text, std::string_view key) {
        return !text.empty() && !key.starts_with("draft:");
    };
    const std::string draft = users.get_or_create("draft:7", find_name,
                                                  {.should_cache_fn = is_complete});
    // [/should_cache_fn]
    expect(draft == "Ada" && !users.get<std::string>("draft:7"), "a draft is not stored");

    // [nothing]
    int queries = 0;
    const auto find_email = [&queries]() -> std::optional<std::string> {
        ++queries;
        return std::nullopt; // there is none, and that is worth remembering
    };
    (void)users.get_or_create("email:5", find_email);
    const std::optional<std::string> email = users.get_or_create("email:5", find_email); // a hit
    // [/nothing]
    expect(!email && queries == 1, "a cached nothing is a hit");
    expect(users.get<std::optional<std::string>>("email:5").has_value(), "also for get");

    // [exception]
    try {
        (void)users.get_or_create(
            "user:6", []() -> std::string { throw std::runtime_error("no such user"); });
    } catch (const std::runtime_error& error) {
        expect(error.what() == std::string("no such user"),
               "the creator's own exception, untouched");
    }
    // [/exception]

    // [recursion]
    try {
        (void)users.get_or_create("user:7",
                                  [&] { return users.get_or_create("user:7", find_name); });
    } catch (const kennel::RecursiveCreation&) {
        // without this error the thread would wait for itself
    }
    // [/recursion]
    expect(!users.key_is_locked("user:7"), "the creation is over");

    // [absent]
    const auto load = [](const std::vector<std::string>& missing) {
        std::map<std::string, int> found; // a map: what is not in it is neither stored nor returned
        for (const std::string& key : missing)
            if (key != "score:unknown") found[key] = 100;
        return found;
    };
    const std::map<std::string, int> scores = users.get_or_create_multi(
        std::vector<std::string>{"score:5", "score:unknown"}, load);
    // [/absent]
    expect(scores.size() == 1, "what is absent is left out");
}

// A value comes out of the cache, or else out of a function that one caller runs while the others wait for what it returns.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <atomic>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

struct User {
    int id;
    std::string name;
};

// Stands for a query that takes its time.
std::atomic<int> queries = 0;

User load_user(int id) {
    ++queries;
    return {id, "User " + std::to_string(id)};
}

int main() {
    // [configure]
    kennel::CacheRegion users{{.name = "users"}};
    users.configure("memory", {.expiration_time = 1h});
    // [/configure]

    // [get_or_create]
    const User user = users.get_or_create("user:5", [] { return load_user(5); });  // runs load_user
    const User again = users.get_or_create("user:5", [] { return load_user(5); }); // does not
    // [/get_or_create]
    std::cout << user.name << " and " << again.name << " with " << queries << " query\n";
    expect(again.name == "User 5" && queries == 1, "the second call is answered from the cache");

    // Many threads that miss the same value cause one query, not a stampede.
    // [stampede]
    std::vector<std::jthread> threads;
    for (int number = 0; number != 32; ++number)
        threads.emplace_back(
            [&users] { (void)users.get_or_create("user:7", [] { return load_user(7); }); });
    threads.clear(); // joins them
    // [/stampede]
    std::cout << "32 threads asked for user 7 with " << queries - 1 << " query\n";
    expect(queries == 2, "one of the threads makes the query for all");

    // [get_set_erase]
    users.set("user:6", User{6, "Ada"});                               // puts a value in
    const std::optional<User> ada = users.get<User>("user:6");         // never creates
    users.erase("user:6");                                             // takes it out
    const kennel::Lookup<User> lookup = users.look_up<User>("user:6"); // says how it was answered
    // [/get_set_erase]
    std::cout << "user 6: " << ada->name << ", then a " << to_string(lookup) << '\n';
    expect(ada->name == "Ada" && lookup.is_miss(), "a value that was erased is not there");
}

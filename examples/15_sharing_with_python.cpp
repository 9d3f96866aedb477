// needs: redis json
// One cache for a program in C++ and one in Python: whoever misses first creates, and the other one gets that value.
//
//     example_15_sharing_with_python redis://127.0.0.1:6379/0
//
// while `python3 15_sharing_with_python.py redis://127.0.0.1:6379/0` runs. 15_sharing_with_python.sh does both, on a server of
// its own.

#include <kennel/backends/redis.hpp>
#include <kennel/kennel.hpp>
#include <kennel/serializers/json.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

struct User {
    int id = 0;
    std::string name;
    std::string made_by;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(User, id, name, made_by)
};

int main(int argc, char** argv) try {
    const std::string url = argc > 1 ? argv[1] : "redis://127.0.0.1:6379/0";

    // [configure]
    kennel::CacheRegion users(
        {.name = "users",
         .function_key_generator = kennel::function_key_generator}, // Python's keys
        kennel::JsonSerializer());
    users.configure(
        "redis", {.expiration_time = 1h, .arguments = {{"url", url}, {"distributed_lock", true}}});

    // In Python: load_user(user_id) in the module `shop`, with @region.cache_on_arguments().
    const auto load_user = users.cache_on_arguments("shop:load_user",
                                                    [](int id) { return User{id, "Ada", "C++"}; });
    // [/configure]

    const User user = load_user(5); // waits here while Python creates it
    std::cout << user.name << " was made by " << user.made_by << '\n';
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}

// Many values are asked for at once: one read of the store, and one call for all that are missing.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

std::vector<int> asked; // what the functions below were last called with

// [vector_form]
/// As many values as ids, in their order.
std::vector<std::string> load_names(const std::vector<int>& ids) {
    asked = ids;
    std::vector<std::string> names;
    for (const int id : ids) names.push_back("User " + std::to_string(id));
    return names;
}
// [/vector_form]

// [map_form]
/// Ids of which nothing is known are left out.
std::map<int, double> load_ratings(const std::vector<int>& ids) {
    asked = ids;
    std::map<int, double> ratings;
    for (const int id : ids)
        if (id < 100) ratings[id] = id / 10.0;
    return ratings;
}
// [/map_form]

int main() {
    kennel::CacheRegion users{{.name = "users"}};
    users.configure("memory", {.expiration_time = 1h});

    // [vector_call]
    const auto names_of = users.cache_multi_on_arguments("name_of", load_names);
    const std::vector<std::string> two = names_of({1, 2});
    const std::vector<std::string> three = names_of({3, 2, 1}); // loads 3
    // [/vector_call]
    std::cout << three[0] << ", " << three[1] << ", " << three[2] << "; loaded " << asked.size()
              << '\n';
    expect(two.size() == 2 && three[0] == "User 3" && asked == std::vector{3},
           "only what is missing is loaded");

    // [map_call]
    const auto ratings_of = users.cache_multi_on_arguments("rating_of", load_ratings);
    const std::map<int, double> ratings = ratings_of(
        {7, 500}); // 500 is neither cached nor in the map
    // [/map_call]
    std::cout << ratings.size() << " of 2 users are rated\n";
    (void)ratings_of({7, 500});
    expect(ratings.size() == 1 && asked == std::vector{500}, "what is absent is asked for again");

    // The same without a wrapped function, with keys instead of arguments.
    // [keys]
    const auto create = [](const std::vector<std::string>& missing) {
        std::vector<std::size_t> lengths;
        for (const std::string& key : missing) lengths.push_back(key.size());
        return lengths;
    };
    const std::vector<std::size_t> lengths = users.get_or_create_multi(
        std::vector<std::string>{"a", "bb"}, create);

    users.set_multi<int>({{"x", 1}, {"y", 2}});
    const std::vector<std::optional<int>> numbers = users.get_multi<int>({"x", "z", "y"});
    users.erase_multi({"x", "y"});
    // [/keys]
    expect(lengths == std::vector<std::size_t>{1, 2}, "each key gets its value");
    expect(numbers[0] == 1 && !numbers[1] && numbers[2] == 2, "what is not there is nothing");
}

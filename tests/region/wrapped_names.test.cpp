#include "kennel/region/wrapped_names.hpp"

#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

std::string name_of(int id) { return "User " + std::to_string(id); }
std::string name_of_team(int id) { return "Team " + std::to_string(id); }
int age_of(int id) { return id; }
std::string name_by_text(const std::string& name) { return name; }

template <class Function>
std::string refusal(const kennel::CacheRegion<>& region, const Function& function,
                    const kennel::FunctionOptions<kennel::detail::function_value_t<void, Function>>& options = {}) {
    return message_of<kennel::ValidationError>(
        [&] { static_cast<void>(region.cache_on_arguments("name_of", function, options)); });
}

} // namespace

TEST_CASE("a name is not given to a function with another result or other arguments while one has it") {
    const kennel::CacheRegion region({.name = "users"});
    const auto cached = region.cache_on_arguments("name_of", name_of);
    CHECK(mentions(refusal(region, age_of),
                   {"region 'users'", "'name_of|'", "of type std::string", "int", "key_namespace"}));
    CHECK(mentions(refusal(region, name_by_text), {"'name_of|'"}));
}

TEST_CASE("a name is free in another region, with another namespace, and when its function is gone") {
    const kennel::CacheRegion region;
    {
        const auto first = region.cache_on_arguments("name_of", name_of);
        const auto second = region.cache_on_arguments("name_of", name_of);
        CHECK(refusal(kennel::CacheRegion(), age_of).empty());
        CHECK(refusal(region, age_of, {.key_namespace = "ages"}).empty());
        CHECK_FALSE(refusal(region, age_of).empty());
    }
    CHECK(refusal(region, age_of).empty());
    CHECK(refusal(region, name_by_text).empty());
}

TEST_CASE("a function may be wrapped again under its name, and so may another of its type") {
    const kennel::CacheRegion region;
    const auto wrap = [&region] {
        return region.cache_on_arguments("name_of", [](const int& id) { return name_of(id); });
    };
    std::vector<decltype(wrap())> wrapped;
    for (int count = 0; count != 3; ++count) wrapped.push_back(wrap());
    CHECK(refusal(region, name_of).empty());
    CHECK(refusal(region, name_of_team).empty());
}

TEST_CASE("functions of one and of many arguments share a name when they make the same values of the same arguments") {
    kennel::CacheRegion region;
    region.configure("memory");
    const auto name = region.cache_on_arguments("name_of", name_of);
    const auto names = region.cache_multi_on_arguments("name_of", [](const std::vector<int>& ids) {
        std::map<int, std::string> found;
        for (const int id : ids) found[id] = name_of(id);
        return found;
    });
    CHECK(name(5) == "User 5");
    CHECK(names.get({5}).front() == "User 5");
    CHECK_FALSE(message_of<kennel::ValidationError>([&] {
                    static_cast<void>(
                        region.cache_multi_on_arguments("name_of", [](const std::vector<int>& ids) { return ids; }));
                }).empty());
}

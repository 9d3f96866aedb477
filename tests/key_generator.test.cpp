#include "kennel/key_generator.hpp"

#include "kennel/errors.hpp"
#include "support/catch.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

using Texts = std::vector<std::string>;

const kennel::FunctionName plain{.name = "tests.cache.test_decorator:one"};
const kennel::FunctionName spaced{.name = "tests.cache.test_decorator:one", .key_namespace = "mynamespace"};

/// What a call with these arguments hands to a generator.
template <class... Args>
Texts texts(const Args&... args) {
    return {kennel::key_text(args)...};
}

} // namespace

TEST_CASE("dogpile's key of a call is its name, a bar and its arguments", "[dogpile-119]") {
    CHECK(kennel::function_key_generator(plain, texts(1, 2)) == "tests.cache.test_decorator:one|1 2");
    CHECK(kennel::function_key_generator(plain, texts(std::optional<int>(), 5)) ==
          "tests.cache.test_decorator:one|None 5");
    CHECK(kennel::function_key_generator(plain, texts()) == "tests.cache.test_decorator:one|");
}

TEST_CASE("dogpile's multi generator makes one key for each argument", "[dogpile-120]") {
    CHECK(kennel::function_multi_key_generator(plain, texts(1, 2)) ==
          Texts{"tests.cache.test_decorator:one|1", "tests.cache.test_decorator:one|2"});
    CHECK(kennel::function_multi_key_generator(plain, texts()).empty());
}

TEST_CASE("a namespace stands between name and arguments", "[dogpile-121][dogpile-115]") {
    CHECK(kennel::function_key_generator(spaced, texts(1, 2)) == "tests.cache.test_decorator:one|mynamespace|1 2");
    CHECK(kennel::function_multi_key_generator(spaced, texts(5)) ==
          Texts{"tests.cache.test_decorator:one|mynamespace|5"});
    CHECK(kennel::function_key_generator({.name = "f", .key_namespace = ""}, texts(1)) == "f||1");
}

TEST_CASE("the kwarg generator orders arguments by the names of their parameters", "[dogpile-116]") {
    const auto generator = kennel::kwarg_function_key_generator({"b", "c", "a"});
    CHECK(generator(plain, texts(2, 3, 1)) == "tests.cache.test_decorator:one|1 2 3");
    const auto nothing = kennel::kwarg_function_key_generator({});
    CHECK(nothing(plain, texts()) == "tests.cache.test_decorator:one|");
}

TEST_CASE("the kwarg generator knows namespaces", "[dogpile-122]") {
    const auto generator = kennel::kwarg_function_key_generator({"a", "b"});
    CHECK(generator(spaced, texts(1, 2)) == "tests.cache.test_decorator:one|mynamespace|1 2");
}

TEST_CASE("the kwarg generator refuses what it cannot order") {
    REQUIRE_THROWS_AS(kennel::kwarg_function_key_generator({"a", "b", "a"}), kennel::ValidationError);
    const auto generator = kennel::kwarg_function_key_generator({"a", "b"});
    REQUIRE_THROWS_AS(generator(plain, texts(1)), kennel::ValidationError);
    REQUIRE_THROWS_AS(generator(plain, texts(1, 2, 3)), kennel::ValidationError);
}

TEST_CASE("text that is not ASCII keeps its characters in all generators", "[dogpile-123][dogpile-124][dogpile-125]") {
    const std::string first = "m\xc3\xa9il";
    const std::string second = "dr\xc3\xb4le";
    CHECK(kennel::function_key_generator({.name = "f"}, texts(first, second)) == "f|" + first + " " + second);
    CHECK(kennel::kwarg_function_key_generator({"y", "x"})({.name = "f"}, texts(second, first)) ==
          "f|" + first + " " + second);
    CHECK(kennel::function_multi_key_generator({.name = "f"}, texts(first, second)) ==
          Texts{"f|" + first, "f|" + second});
    CHECK(kennel::make_key("f|", first, second) == "f|" + first + " " + second);
}

TEST_CASE("a key of ours looks like dogpile's for simple arguments, and tells others apart") {
    CHECK(kennel::make_key("f|", 1, 2) == "f|1 2");
    CHECK(kennel::make_key("f|ns|", std::optional<int>(), true, 1.5, "text") == "f|ns|None True 1.5 text");
    CHECK(kennel::make_key("f|") == "f|");
    CHECK(kennel::make_key("f|", "a b", "c") == "f|a%20b c");
    CHECK(kennel::make_key("f|", "a", "b c") == "f|a b%20c");
    CHECK(kennel::make_key("f|", "", "") == "f| ");
}

TEST_CASE("functions with different names or namespaces never share a prefix") {
    CHECK(kennel::key_prefix({.name = "f"}) == "f|");
    CHECK(kennel::key_prefix({.name = "f", .key_namespace = "n"}) == "f|n|");
    CHECK(kennel::key_prefix({.name = "f|n"}) == "f%7Cn|");
    CHECK(kennel::key_prefix({.name = "f%7Cn"}) == "f%257Cn|");
    const Texts names = {"", "a", "a|", "|a", "a|b", "%7C", "|", "||", "b"};
    std::set<std::string> keys;
    for (const std::string& name : names) {
        keys.insert(kennel::make_key(kennel::key_prefix({.name = name}), "b|b"));
        for (const std::string& key_namespace : names)
            keys.insert(kennel::make_key(kennel::key_prefix({.name = name, .key_namespace = key_namespace}), "b|b"));
    }
    CHECK(keys.size() == names.size() * (names.size() + 1));
}

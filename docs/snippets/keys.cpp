// For docs/keys.md and docs/wrapped_functions.md.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

// [encoder]
struct Money {
    long cents;
    std::string currency;
};

template <>
struct kennel::KeyEncoder<Money> {
    static void append(std::string& key, const Money& money) {
        key += std::to_string(money.cents) + money.currency;
    }
};
// [/encoder]

struct Session {
    std::string user;
    int requests = 0;
};

// [overloaded]
double tax(double price) { return price * 0.2; }
double tax(double price, double rate) { return price * rate; }
// [/overloaded]

int main() {
    kennel::CacheRegion region;
    region.configure("memory");

    const auto price = region.cache_on_arguments("price",
                                                 [](const Money& money) { return money.cents; });
    expect(price.key({995, "EUR"}) == "price|995EUR", "the encoder makes the key");

    // [injective]
    const auto join = [](const std::string& left, const std::string& right) {
        return left + right;
    };
    const auto cached_join = region.cache_on_arguments("join", join, {.key_namespace = "v2"});
    const std::string first = cached_join.key("a b", "c");  // join|v2|a%20b c
    const std::string second = cached_join.key("a", "b c"); // join|v2|a b%20c
    // [/injective]
    expect(first == "join|v2|a%20b c" && second == "join|v2|a b%20c",
           "different arguments have different keys");

    // [key_function]
    const auto home_page = region.cache_on_arguments(
        "home_page", [](const Session& session) { return "Hello " + session.user; }, {},
        [](const Session& session) { return session.user; }); // what the key is made of
    // [/key_function]
    expect(home_page.key({"ada", 3}) == "home_page|ada", "a key function makes the key");

    // [signature]
    const auto tax_of = region.cache_on_arguments<double(double)>(
        "tax", [](auto value) { return tax(value); });
    const auto tax_at = region.cache_on_arguments("tax_at",
                                                  static_cast<double (*)(double, double)>(tax));
    // [/signature]
    expect(tax_of(100) == 20 && tax_at(100, 0.1) == 10,
           "overloads and generic lambdas can be wrapped");

    // [expiration]
    const auto rate = region.cache_on_arguments(
        "rate", [](const std::string& currency) { return currency == "EUR" ? 1.0 : 1.1; },
        {.expiration_time = [] {
            return std::optional<kennel::TimeSpan>(90s);
        }}); // asked on every call
    // [/expiration]
    expect(rate("EUR") == 1.0, "an expiration time may be a function");

    // [generator]
    const auto upper_case_keys = [](const kennel::FunctionName& function,
                                    std::span<const std::string> arguments) {
        std::string key = function.name;
        for (const std::string& argument : arguments) key += "/" + argument;
        return key;
    };
    kennel::CacheRegion paths{{.function_key_generator = upper_case_keys}};
    // [/generator]
    paths.configure("memory");
    expect(paths.cache_on_arguments("sum", [](int a, int b) { return a + b; }).key(1, 2) ==
               "sum/1/2",
           "a generator makes the keys of a region");

    // [kwargs]
    const auto area = region.cache_on_arguments(
        "shop.maps:area", [](int width, int height) { return width * height; },
        {.function_key_generator = kennel::kwarg_function_key_generator({"width", "height"})});
    // [/kwargs]
    expect(area.key(3, 4) == "shop.maps:area|4 3",
           "arguments in the order of their names: height, width");

    // [texts]
    const std::string plain = kennel::make_key(kennel::key_prefix({"f"}), 1, true, 2.5, "a b",
                                               std::vector{1, 2});
    const std::string nested = kennel::make_key("f|", std::optional<int>(), std::pair("x", 90s));
    // [/texts]
    expect(plain == "f|1 True 2.5 a%20b [1,2]", "arguments of many types");
    expect(nested == "f|None (x,90)", "and more of them");
}

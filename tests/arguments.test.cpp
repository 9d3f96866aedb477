#include "kennel/arguments.hpp"

#include "kennel/errors.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::ArgumentReader;
using kennel::Arguments;
using kennel::ArgumentValue;
using List = std::vector<std::string>;

std::string message_of(const Arguments& arguments, const std::vector<std::string>& asked_for) {
    ArgumentReader reader(arguments, "redis");
    try {
        for (const std::string& name : asked_for) static_cast<void>(reader.get<int>(name));
        reader.reject_unknown();
    } catch (const kennel::ValidationError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("an argument is read by its type") {
    const auto pool = std::make_shared<int>(5);
    const Arguments arguments = {{"url", "redis://localhost"},
                                 {"port", 6379},
                                 {"ratio", 0.5},
                                 {"distributed_lock", true},
                                 {"timeout", 250ms},
                                 {"urls", List{"a", "b"}},
                                 {"pool", ArgumentValue::object(pool)},
                                 {"nothing", nullptr}};
    ArgumentReader reader(arguments, "redis");
    CHECK(reader.get<std::string>("url") == "redis://localhost");
    CHECK(reader.get<int>("port") == 6379);
    CHECK(reader.get<double>("ratio") == 0.5);
    CHECK(reader.get<bool>("distributed_lock") == true);
    CHECK(reader.get<kennel::TimeSpan>("timeout") == kennel::TimeSpan(250ms));
    CHECK(reader.get<List>("urls") == List{"a", "b"});
    CHECK(reader.get<std::shared_ptr<int>>("pool") == pool);
    CHECK_FALSE(reader.get<int>("nothing"));
    CHECK_FALSE(reader.get<int>("absent"));
    CHECK(reader.get<int>("absent", 7) == 7);
    CHECK(reader.get<std::string>("nothing", "fallback") == "fallback");
    reader.reject_unknown();
}

TEST_CASE("a function is handed over as it is, and read by its type") {
    using Weigh = std::function<int(int)>;
    const Weigh doubled = [](int number) { return 2 * number; };
    const Arguments arguments = {{"weigh", doubled}, {"none", Weigh()}};
    ArgumentReader reader(arguments, "memory");
    CHECK(reader.get<Weigh>("weigh").value()(21) == 42);
    CHECK_FALSE(reader.get<Weigh>("none").value());
    REQUIRE_THROWS_AS(reader.get<std::function<int(double)>>("weigh"), kennel::ValidationError);
}

TEST_CASE("text turns into whatever type is asked for") {
    CHECK(ArgumentValue("300").as<int>() == 300);
    CHECK(ArgumentValue("+300").as<int>() == 300);
    CHECK(ArgumentValue("-3").as<int>() == -3);
    CHECK(ArgumentValue("300").as<std::string>() == "300");
    CHECK(ArgumentValue("300").as<double>() == 300.0);
    CHECK(ArgumentValue("1.5").as<double>() == 1.5);
    CHECK(ArgumentValue("2h5m").as<kennel::TimeSpan>() == kennel::TimeSpan(125min));
    CHECK(ArgumentValue("True").as<bool>() == true);
    CHECK(ArgumentValue("false").as<bool>() == false);
    CHECK(ArgumentValue("one").as<List>() == List{"one"});
}

TEST_CASE("a value is not what it would have to be bent into") {
    CHECK_FALSE(ArgumentValue("1.5").as<int>());
    CHECK_FALSE(ArgumentValue("5x").as<int>());
    CHECK_FALSE(ArgumentValue("+-5").as<int>());
    CHECK_FALSE(ArgumentValue("").as<int>());
    CHECK_FALSE(ArgumentValue(" 5").as<int>());
    CHECK_FALSE(ArgumentValue(300).as<std::uint8_t>());
    CHECK_FALSE(ArgumentValue(-1).as<unsigned>());
    CHECK_FALSE(ArgumentValue(1).as<bool>());
    CHECK_FALSE(ArgumentValue("yes").as<bool>());
    CHECK_FALSE(ArgumentValue(5).as<std::string>());
    CHECK_FALSE(ArgumentValue(0.5).as<int>());
    CHECK_FALSE(ArgumentValue(-5).as<kennel::TimeSpan>());
    CHECK_FALSE(ArgumentValue("soon").as<kennel::TimeSpan>());
    CHECK_FALSE(ArgumentValue::object(std::make_shared<int>(1)).as<std::shared_ptr<double>>());
    CHECK_FALSE(ArgumentValue::object(std::make_shared<int>(1)).as<std::string>());
    CHECK_FALSE(ArgumentValue().as<int>());
}

TEST_CASE("a number of seconds is a length of time") {
    CHECK(ArgumentValue(90).as<kennel::TimeSpan>() == kennel::TimeSpan(90s));
    CHECK(ArgumentValue(0.25).as<kennel::TimeSpan>() == kennel::TimeSpan(250ms));
    CHECK(ArgumentValue(5).as<double>() == 5.0);
}

TEST_CASE("an integer that 64 bits with sign cannot hold is refused") {
    REQUIRE_THROWS_AS(ArgumentValue(std::numeric_limits<std::uint64_t>::max()), kennel::ValidationError);
}

TEST_CASE("an argument of another type is refused with its owner, name, value and what was expected") {
    CHECK(message_of({{"port", "high"}}, {"port"}) ==
          "redis: argument 'port' is 'high'; it must be a whole number from -2147483648 to 2147483647");
    CHECK(message_of({{"port", List{"1"}}}, {"port"}) ==
          "redis: argument 'port' is a list; it must be a whole number from -2147483648 to 2147483647");
    const auto refusal = []<class Type>(const ArgumentValue& value, Type /*asked_for*/) {
        const Arguments arguments = {{"max_entries", value}};
        try {
            static_cast<void>(ArgumentReader(arguments, "backend 'memory'").get<Type>("max_entries"));
        } catch (const kennel::ValidationError& error) {
            return std::string(error.what()).substr(std::string("backend 'memory': argument 'max_entries' is ").size());
        }
        return std::string();
    };
    CHECK(refusal(5s, std::size_t()) == "a length of time (5 s); it must be a whole number of zero or more");
    CHECK(refusal(250ms, std::int64_t()) == "a length of time (0.25 s); it must be a whole number");
    CHECK(refusal(kennel::unlimited, std::size_t()) ==
          "a length of time without end; it must be a whole number of zero or more");
    CHECK(refusal(256, std::uint8_t()) == "256; it must be a whole number from 0 to 255");
    CHECK(refusal("-1", kennel::TimeSpan()) ==
          "'-1'; it must be a length of time (seconds, or text such as \"2h5m\" or \"unlimited\")");
}

TEST_CASE("an argument that nobody asked for is refused, with those that there are") {
    CHECK(message_of({{"size", 1}}, {"host", "port"}) == "redis: unknown argument 'size' (known: host, port)");
    CHECK(message_of({{"any", 1}}, {}) == "redis: unknown argument 'any' (it takes none)");
    CHECK(message_of({{"port", 1}}, {"host", "port"}).empty());
}

TEST_CASE("an argument that is a slip or two away from a known one is refused with that one first") {
    CHECK(message_of({{"prot", 1}}, {"host", "port"}) ==
          "redis: unknown argument 'prot' (perhaps 'port' is meant; known: host, port)");
    CHECK(message_of({{"locktimout", 1}}, {"lock_sleep", "lock_timeout"}) ==
          "redis: unknown argument 'locktimout' (perhaps 'lock_timeout' is meant; known: lock_sleep, lock_timeout)");
    CHECK(message_of({{"locks_sleep", 1}}, {"blocks_sleep", "lock_sleep"}) ==
          "redis: unknown argument 'locks_sleep' (perhaps 'blocks_sleep' is meant; known: blocks_sleep, lock_sleep)");
    CHECK(message_of({{"most", 1}}, {"host", "port"}) ==
          "redis: unknown argument 'most' (perhaps 'host' is meant; known: host, port)");
    CHECK(message_of({{"dc", 1}}, {"ab"}) == "redis: unknown argument 'dc' (known: ab)");
}

TEST_CASE("the owner of an argument can refuse its value") {
    const Arguments arguments = {{"port", 0}};
    const ArgumentReader reader(arguments, "redis");
    REQUIRE_THROWS_AS(reader.refuse("port", "must be above 0"), kennel::ValidationError);
}

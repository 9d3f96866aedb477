#include "kennel/detail/type_name.hpp"

#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

struct User {};

template <class Type>
struct Basket {
    struct Item {};
};

} // namespace shop

namespace {

using kennel::detail::type_name;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

struct Hidden {};

/// Has no form as bytes.
class Session {
public:
    explicit Session(int number) : number_(number) {}

private:
    [[maybe_unused]] int number_;
};

} // namespace

TEST_CASE("types are named as their authors write them") {
    CHECK(type_name<int>() == "int");
    CHECK(type_name<double>() == "double");
    CHECK(type_name<shop::User>() == "shop::User");
    CHECK(type_name<std::vector<int>>() == "std::vector<int>");
    CHECK(type_name<std::optional<shop::User>>() == "std::optional<shop::User>");
    CHECK(type_name<std::shared_ptr<const shop::User>>() == "std::shared_ptr<const shop::User>");
    CHECK(mentions(type_name<shop::Basket<int>::Item>(), {"shop::Basket<int>::Item"}));
    CHECK(mentions(type_name<Hidden>(), {"Hidden"}));
}

TEST_CASE("text types have their short names, also inside others") {
    CHECK(type_name<std::string>() == "std::string");
    CHECK(type_name<std::string_view>() == "std::string_view");
    CHECK(type_name<std::vector<std::string>>() == "std::vector<std::string>");
    CHECK(type_name<std::map<std::string, std::vector<std::vector<std::string>>>>() ==
          "std::map<std::string, std::vector<std::vector<std::string>>>");
}

TEST_CASE("the names of Kennel's own types lack the namespace of its binary interface") {
    CHECK(type_name<kennel::TimeSpan>() == "kennel::TimeSpan");
    CHECK(type_name<std::vector<kennel::Payload>>() == "std::vector<kennel::Payload>");
}

TEST_CASE("a value that cannot become bytes is named by its type in the error") {
    kennel::CacheRegion<> region;
    region.configure("memory_bytes");
    const std::string message = message_of<kennel::SerializationError>(
        [&] { region.set("key", std::vector<Session>{Session(1)}); });
    CHECK(mentions(message, {"a value of type std::vector<", "Session> cannot"}));
}

TEST_CASE("an argument that is no such object is refused with the name of the type") {
    const kennel::Arguments arguments{{"pool", "text"}};
    kennel::ArgumentReader reader(arguments, "backend 'example'");
    const std::string message = message_of<kennel::ValidationError>(
        [&] { static_cast<void>(reader.get<std::shared_ptr<shop::User>>("pool")); });
    CHECK(mentions(message, {"an object of type std::shared_ptr<shop::User>"}));
}

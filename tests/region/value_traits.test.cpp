#include "kennel/region/value_traits.hpp"

#include "kennel/kennel.hpp"
#include "support/messages.hpp"
#include "support/region_variants.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

/// Has no form as bytes.
class Session {
public:
    explicit Session(int number) : number_(number) {}

private:
    [[maybe_unused]] int number_;
};

/// Knows text only.
struct PlainSerializer {
    [[nodiscard]] std::string serialize(const std::string& text) const {
        if (text == "?") throw kennel::SerializationError("a question has no form");
        return text;
    }
    template <class Type>
        requires std::same_as<Type, std::string>
    [[nodiscard]] Type deserialize(std::string_view bytes) const {
        return Type(bytes);
    }
};

struct AdvisingSerializer : PlainSerializer {
    static constexpr std::string_view remedy = "store its text";
};

struct OwnError : kennel::SerializationError {
    using kennel::SerializationError::SerializationError;
};

struct ThrowingSerializer : PlainSerializer {
    [[nodiscard]] std::string serialize(const std::string& /*text*/) const { throw OwnError("own text"); }
};

/// What `set` says to a value without a form.
template <class Serializer>
std::string refusal(const std::string& name) {
    kennel::CacheRegion<Serializer> region({.name = name});
    region.configure("memory_bytes");
    return message_of<kennel::SerializationError>([&] { region.set("session:5", Session(5)); });
}

} // namespace

TEST_CASE("a value without a form in bytes is refused with its key, its region and its type") {
    CHECK(
        mentions(refusal<kennel::DefaultSerializer>("users"), {"key 'session:5' of region 'users'", "Session cannot"}));
    CHECK(mentions(refusal<kennel::DefaultSerializer>(""), {"key 'session:5' of a region without a name"}));
}

TEST_CASE("the remedy for a value without a form in bytes is the serializer's own") {
    CHECK(mentions(refusal<kennel::DefaultSerializer>("users"), {"kennel::Codec"}));
    CHECK(mentions(refusal<AdvisingSerializer>("users"), {"store its text"}));
    const std::string neutral = refusal<PlainSerializer>("users");
    CHECK(mentions(neutral, {"give the region a serializer that can"}));
    CHECK_FALSE(mentions(neutral, {"Codec"}));
}

TEST_CASE("what a serializer says of a value comes with the value's key and region, also of one among many") {
    kennel::CacheRegion<PlainSerializer> region({.name = "users"});
    region.configure("memory_bytes");
    const std::map<std::string, std::string> values{{"a", "text"}, {"b", "?"}};
    CHECK(message_of<kennel::SerializationError>([&] { region.set_multi(values); }) ==
          "key 'b' of region 'users': a question has no form");
}

TEST_CASE("a serializer's exception of a class of its own stays what it is") {
    kennel::CacheRegion<ThrowingSerializer> region;
    region.configure("memory_bytes");
    CHECK(message_of<OwnError>([&] { region.set("key", "text"); }) == "own text");
}

TEST_CASE("an entry of another type is reported with that type and the one asked for") {
    test::on_every_region([](const test::RegionFactory& make) {
        std::vector<std::string> details;
        const auto listener = [&](const kennel::Event& event) {
            if (event.kind == kennel::EventKind::not_understood) details.emplace_back(event.detail);
        };
        auto region = make({}, {.listener = listener});
        region.set("key", 5L);
        static_cast<void>(region.get<int>("key"));
        static_cast<void>(region.get_multi<int>({"key"}));
        static_cast<void>(region.look_up<int>("key"));
        region.get_or_create_multi({"key"}, [](const std::vector<std::string>&) { return std::vector<int>{5}; });
        region.set("key", 5L);
        region.get_or_create("key", [] { return 5; });
        REQUIRE(details.size() == 5);
        const bool keeps_bytes = region.backend()->payload_form() == kennel::PayloadForm::bytes;
        const std::string stored = keeps_bytes
                                       ? "stored as bytes that the serializer cannot read as int"
                                       : "stored as " + kennel::detail::type_name<long>() + ", asked for as int";
        for (const std::string& detail : details) CHECK(detail == stored);
    });
}

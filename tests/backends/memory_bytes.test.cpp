#include "kennel/backends/memory_bytes.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/manual_clock.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::MemoryBytesBackend;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using kennel::testing_support::new_backend;

/// Writes text backwards; refuses to read what begins with a question mark.
struct BackwardsSerializer {
    std::string serialize(const std::string& text) const { return {text.rbegin(), text.rend()}; }
    template <std::same_as<std::string> Type>
    Type deserialize(std::string_view bytes) const {
        if (bytes.starts_with('?')) throw kennel::CantDeserializeException("it begins with a question mark");
        return Type(bytes.rbegin(), bytes.rend());
    }
};

template <class Region>
MemoryBytesBackend& store_of(const Region& region) {
    return dynamic_cast<MemoryBytesBackend&>(*region.actual_backend());
}

std::string after_first_bar(const std::string& stored) { return stored.substr(stored.find('|') + 1); }

const std::string valid = R"({"ct": 1795243567.8039305, "v": 2}|)";

} // namespace

TEST_CASE("what is stored is metadata, a bar, and the serializer's output, from which the value can be read",
          "[memory_bytes][dogpile-26]") {
    kennel::CacheRegion region;
    region.configure("memory_bytes");
    const kennel::DefaultSerializer serializer;
    const std::string text = "some | text | with bars";
    region.set("text", text);
    region.set("list", std::vector<int>{1, 2, 3});

    const std::optional<std::string> stored = store_of(region).get_serialized("text");
    REQUIRE(stored.has_value());
    CHECK(stored->starts_with(R"({"ct": )"));
    CHECK(stored->substr(0, stored->find('|')).ends_with(R"(, "v": 2})"));
    CHECK(after_first_bar(*stored) == serializer.serialize(text));
    CHECK(serializer.deserialize<std::string>(after_first_bar(*stored)) == text);

    const std::optional<std::string> list = store_of(region).get_serialized("list");
    REQUIRE(list.has_value());
    CHECK(serializer.deserialize<std::vector<int>>(after_first_bar(*list)) == std::vector<int>{1, 2, 3});
    CHECK_FALSE(store_of(region).get_serialized("absent").has_value());
}

TEST_CASE("values go through a serializer of the user's", "[memory_bytes][dogpile-27]") {
    kennel::CacheRegion<BackwardsSerializer> region;
    region.configure("memory_bytes");
    region.set("key", std::string("abc"));
    CHECK(after_first_bar(*store_of(region).get_serialized("key")) == "cba");
    CHECK(region.get<std::string>("key") == "abc");
    CHECK(region.get_or_create("new", [] { return std::string("xyz"); }) == "xyz");
    CHECK(after_first_bar(*store_of(region).get_serialized("new")) == "zyx");
    CHECK(region.get_or_create("new", [] { return std::string("unused"); }) == "xyz");
}

TEST_CASE("bytes that the serializer refuses are a counted miss, and are overwritten", "[memory_bytes][dogpile-25]") {
    kennel::CacheRegion<BackwardsSerializer> region;
    region.configure("memory_bytes");
    store_of(region).set_serialized("key", valid + "?cba");
    CHECK_FALSE(region.get<std::string>("key").has_value());
    CHECK(region.look_up<std::string>("key").is_miss());
    CHECK(region.statistics().not_understood == 2);
    CHECK(region.get_or_create("key", [] { return std::string("new"); }) == "new");
    CHECK(region.get<std::string>("key") == "new");
}

TEST_CASE("bytes of a value of another type are a miss", "[memory_bytes][dogpile-25]") {
    kennel::CacheRegion region;
    region.configure("memory_bytes");
    region.set("key", std::string("text"));
    CHECK_FALSE(region.get<int>("key").has_value());
    CHECK_FALSE(region.get<std::vector<int>>("key").has_value());
    CHECK(region.get<std::string>("key") == "text");
}

TEST_CASE("stored bytes that cannot be understood are a miss, and are overwritten", "[memory_bytes][dogpile-25]") {
    const std::string payload = kennel::DefaultSerializer().serialize(std::string("value"));
    const std::string bytes = GENERATE_COPY(
        as<std::string>(), "", "|", "||", "garbage", "garbage|" + payload, payload, R"({"ct": 1795243567.8, "v": 2})",
        R"({"ct": 1795243567.8, "v": 1}|)" + payload, R"({"ct": "now", "v": 2}|)" + payload, R"({"v": 2}|)" + payload,
        R"({"ct": 1795243567.8, "v": 2|)" + payload, std::string("\x80\x04\x95\0\0\0", 6), valid);
    kennel::CacheRegion region;
    region.configure("memory_bytes");
    store_of(region).set_serialized("key", bytes);
    CHECK_FALSE(region.get<std::vector<int>>("key").has_value());
    CHECK(region.get_multi<std::vector<int>>({"absent", "key"}) ==
          std::vector<std::optional<std::vector<int>>>{std::nullopt, std::nullopt});
    CHECK(region.get_or_create("key", [] { return std::vector<int>{7}; }) == std::vector<int>{7});
    CHECK(region.get<std::vector<int>>("key") == std::vector<int>{7});
}

TEST_CASE("stored bytes that are cut off or changed give a value or none, and nothing worse",
          "[memory_bytes][dogpile-25]") {
    kennel::CacheRegion region;
    region.configure("memory_bytes");
    region.set("key", std::vector<std::string>{"one", "two"}, {.time_to_live = 1h, .tags = {"tag"}});
    const std::string stored = *store_of(region).get_serialized("key");
    int read = 0;
    for (std::size_t size = 0; size != stored.size(); ++size) {
        store_of(region).set_serialized("key", stored.substr(0, size));
        read += region.get<std::vector<std::string>>("key", {.ignore_expiration = true}) ? 1 : 0;
    }
    CHECK(read == 0);
    for (std::size_t position = 0; position != stored.size(); ++position) {
        for (int bit = 0; bit != 8; ++bit) {
            std::string changed = stored;
            changed[position] = static_cast<char>(changed[position] ^ (1 << bit));
            store_of(region).set_serialized("key", changed);
            static_cast<void>(region.get<std::vector<std::string>>("key", {.ignore_expiration = true}));
        }
    }
    store_of(region).set_serialized("key", stored);
    CHECK(region.get<std::vector<std::string>>("key") == std::vector<std::string>{"one", "two"});
}

TEST_CASE("an object that was not serialized is refused by a backend for bytes", "[memory_bytes]") {
    const auto backend = new_backend<MemoryBytesBackend>();
    REQUIRE_THROWS_AS(backend->set("key", {kennel::Payload::object(1), {}}), kennel::SerializationError);
    CHECK_FALSE(backend->get("key").has_value());
}

TEST_CASE("the memory backend for bytes has the limits of the other, under its own name", "[memory_bytes]") {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    const auto backend = new_backend<MemoryBytesBackend>({{"max_entries", 3}, {"time_to_live", "10s"}}, clock);
    for (int number = 0; number != 10; ++number)
        backend->set(std::to_string(number), {kennel::Payload::bytes("value"), {.created = clock->wall_now()}});
    CHECK(backend->size() == 3);
    CHECK(backend->get("9").has_value());
    clock->advance(10s);
    CHECK_FALSE(backend->get("9").has_value());
    CHECK(mentions(message_of<kennel::ValidationError>(
                       [] { static_cast<void>(new_backend<MemoryBytesBackend>({{"max_entries", 0}})); }),
                   {"'memory_bytes'", "'max_entries'"}));
    CHECK(mentions(
        message_of<kennel::ValidationError>([] { static_cast<void>(new_backend<MemoryBytesBackend>({{"limit", 1}})); }),
        {"'memory_bytes'", "'limit'", "max_entries"}));
}

#include "kennel/kennel.hpp"

#include "support/region_variants.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::on_every_region;
using test::RegionFactory;

struct User {
    std::string name{};
    int age = 0;
    std::vector<std::string> groups{};

    friend bool operator==(const User&, const User&) = default;
};

/// Writes texts between quotation marks and numbers as digits, as a program in another language might.
class TextSerializer {
public:
    [[nodiscard]] std::string serialize(const std::string& text) const { return '"' + text + '"'; }
    [[nodiscard]] std::string serialize(const int& number) const { return std::to_string(number); }

    template <class Type>
        requires std::same_as<Type, std::string> || std::same_as<Type, int>
    [[nodiscard]] Type deserialize(std::string_view bytes) const {
        const bool is_text = bytes.size() >= 2 && bytes.front() == '"' && bytes.back() == '"';
        if constexpr (std::same_as<Type, std::string>) {
            if (!is_text) throw kennel::CantDeserializeException("no text");
            return std::string(bytes.substr(1, bytes.size() - 2));
        } else {
            if (is_text || bytes.empty()) throw kennel::CantDeserializeException("no number");
            return std::stoi(std::string(bytes));
        }
    }
};

/// Writes numbers as digits, and throws whatever it is told to when it is to read them.
class ThrowingSerializer {
public:
    explicit ThrowingSerializer(std::function<void()> fail) : fail_(std::move(fail)) {}

    template <class Type>
    [[nodiscard]] std::string serialize(const Type& /*value*/) const {
        return "7";
    }
    template <class Type>
    [[nodiscard]] Type deserialize(std::string_view /*bytes*/) const {
        fail_();
        if constexpr (std::same_as<Type, int>) return 7;
        return Type();
    }

private:
    std::function<void()> fail_;
};

static_assert(kennel::SerializerFor<TextSerializer, int>);
static_assert(!kennel::SerializerFor<TextSerializer, double>);

} // namespace

TEST_CASE("one region keeps values of many types under different keys") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const User ada{.name = "Ada", .age = 36, .groups = {"admins"}};
        region.set("user", ada);
        region.set("number", 5);
        region.set("ratio", 0.5);
        region.set("flag", true);
        region.set("text", "text");
        region.set("list", std::vector<int>{1, 2});
        region.set("map", std::map<std::string, std::optional<int>>{{"a", 1}, {"b", {}}});
        CHECK(region.get<User>("user") == ada);
        CHECK(region.get<int>("number") == 5);
        CHECK(region.get<double>("ratio") == 0.5);
        CHECK(region.get<bool>("flag") == true);
        CHECK(region.get<std::string>("text") == "text");
        CHECK(region.get<std::vector<int>>("list") == std::vector<int>{1, 2});
        CHECK(region.get<std::map<std::string, std::optional<int>>>("map")->size() == 2);
        CHECK(region.statistics().hits == 7);
        CHECK(region.get_or_create("user", [] { return User(); }) == ada);
    });
}

TEST_CASE("callers who ask for one key with two types each get their own, and the last one stays") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const auto number = [] { return 5; };
        const auto text = [] { return std::string("five"); };
        CHECK(region.get_or_create("key", number) == 5);
        CHECK(region.get_or_create("key", text) == "five");
        CHECK_FALSE(region.get<int>("key"));
        CHECK(region.get_or_create("key", number) == 5);
        CHECK(region.statistics().not_understood == 3);
    });
}

TEST_CASE("text is kept as a string, however it is passed") {
    on_every_region([](const RegionFactory& make) {
        auto region = make();
        const char array[] = "array";
        const char* const pointer = "pointer";
        region.set("literal", "literal");
        region.set("array", array);
        region.set("pointer", pointer);
        region.set("view", std::string_view("view of more").substr(0, 4));
        CHECK(region.get<std::string>("literal") == "literal");
        CHECK(region.get<std::string>("array") == "array");
        CHECK(region.get<std::string>("pointer") == "pointer");
        CHECK(region.get<std::string>("view") == "view");
    });
}

TEST_CASE("a region without bytes hands out the very object, one with bytes a new one") {
    const auto shared = std::make_shared<const std::string>("large");
    const RegionFactory objects;
    auto region = objects();
    region.set("key", shared);
    CHECK(region.get<std::shared_ptr<const std::string>>("key")->get() == shared.get());
}

TEST_CASE("a serializer that does not understand makes every look-up a miss", "[dogpile-25]") {
    kennel::CacheRegion<TextSerializer> region;
    region.configure("memory_bytes");
    region.set("key", "text");
    CHECK_FALSE(region.get<int>("key"));
    CHECK_FALSE(region.get_multi<int>({"key"}).front());
    CHECK(region.look_up<int>("key").is_miss());
    CHECK(region.statistics().not_understood == 3);
    test::Numbers numbers;
    CHECK(region.get_or_create("key", numbers) == 1);
    CHECK(region.get<int>("key") == 1);
}

TEST_CASE("what is stored are the serializer's bytes behind the metadata", "[dogpile-26]") {
    kennel::CacheRegion<TextSerializer> region;
    region.configure("memory_bytes");
    region.set("key", "a|b");
    const auto entry = region.backend()->get("key");
    REQUIRE(entry);
    CHECK(entry->payload.is_bytes());
    CHECK(entry->payload.as_bytes() == "\"a|b\"");
    const std::string stored = kennel::encode_envelope(*entry);
    CHECK(stored.substr(stored.find('|') + 1) == "\"a|b\"");
}

TEST_CASE("values go through the region's own serializer and come back", "[dogpile-27]") {
    kennel::CacheRegion<TextSerializer> region;
    region.configure("memory_bytes");
    region.set("text", "five");
    region.set_multi(std::map<std::string, int>{{"one", 1}, {"two", 2}});
    CHECK(region.get<std::string>("text") == "five");
    CHECK(region.get_multi<int>({"two", "one"}) == std::vector<std::optional<int>>{2, 1});
    test::ManyNumbers many;
    CHECK(region.get_or_create_multi(std::vector<std::string>{"three", "one"}, many) == std::vector<int>{1, 1});
    CHECK(region.get<int>("three") == 1);
    CHECK_THROWS_AS(region.set("ratio", 0.5), kennel::SerializationError);
}

TEST_CASE("whatever a serializer throws at bytes, they are a miss and do not block their key") {
    const std::function<void()> failures[] = {
        [] { throw kennel::CantDeserializeException("no number"); },
        [] { throw std::logic_error("no number"); },
        [] { throw std::bad_alloc(); },
        [] { throw 42; },
    };
    bool is_failing = true;
    for (const auto& fail : failures) {
        is_failing = true;
        kennel::CacheRegion region({}, ThrowingSerializer([&] {
                                       if (is_failing) fail();
                                   }));
        region.configure("memory_bytes");
        region.set("number", 7);
        CHECK_FALSE(region.get<int>("number"));
        CHECK(region.get_multi<int>({"number"}) == std::vector<std::optional<int>>{std::nullopt});
        test::Numbers numbers;
        CHECK(region.get_or_create("number", numbers) == 1);
        CHECK(region.statistics().not_understood >= 3);
        is_failing = false;
        CHECK(region.get<int>("number") == 7);
    }
}

TEST_CASE("a value that is not understood is read once in each look", "[dogpile-25]") {
    int read = 0;
    kennel::CacheRegion region({}, ThrowingSerializer([&] {
                                   ++read;
                                   throw kennel::CantDeserializeException("no number");
                               }));
    region.configure("memory_bytes");
    region.set("number", 7);
    CHECK_FALSE(region.get<int>("number"));
    CHECK(read == 1);
    CHECK(region.get_or_create("number", [] { return 5; }) == 5);
    CHECK(read == 3); // before the flight, and in it
}

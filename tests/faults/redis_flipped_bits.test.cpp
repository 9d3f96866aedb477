// needs: redis
// Entries that are damaged while they lie in the server.
//
// An entry has dogpile's form and carries no checksum, for Python would not write one. So damage is found where it breaks
// the form: of the metadata, of the mark of the value's type, or of the value itself. A flipped bit within a number or a
// text makes another entry, as somebody could have stored it, and that is what a reader gets.

#include "kennel/backends/redis.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/redis_backend.hpp"

#include <bit>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using test::redis::locking;
using test::redis::new_region;

/// What is at "key", with one bit after the other flipped.
class DamagedEntry {
public:
    explicit DamagedEntry(test::RedisServer& server)
        : client_(server.new_client()), good_(server.command({"GET", "key"})) {}

    /// Calls `check(byte)` for each bit of each byte. The entry is made good again before each.
    template <class Check>
    void each_bit(const Check& check) {
        REQUIRE(good_.size() > 30);
        for (std::size_t byte = 0; byte != good_.size(); ++byte)
            for (std::size_t bit = 0; bit != 8; ++bit) {
                INFO("bit " << bit << " of byte " << byte << " of " << good_);
                client_.call({"SET", "key", good_});
                const char before = good_[byte];
                const auto mask = static_cast<unsigned char>(0x80U >> bit);
                const std::string number = std::to_string(byte * 8 + bit);
                client_.call({"SETBIT", "key", number, (static_cast<unsigned char>(before) & mask) != 0 ? "0" : "1"});
                check(byte);
            }
    }

    [[nodiscard]] std::size_t value_begin() const { return good_.find('|') + 1; }

private:
    test::RespClient client_;
    std::string good_;
};

/// How many bits of two texts of the same length are different.
int different_bits(std::string_view one, std::string_view other) {
    int count = 0;
    for (std::size_t at = 0; at != one.size(); ++at)
        count += std::popcount(static_cast<unsigned char>(one[at] ^ other[at]));
    return count;
}

struct Person {
    std::string name;
    std::vector<int> numbers;
    std::optional<double> height;

    bool operator==(const Person&) const = default;
};

} // namespace

TEST_CASE("an entry with a flipped bit is a miss, or one that somebody could have stored, and a creation repairs it",
          "[redis][fault-7][defect-D7]") {
    test::RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    const Person person{"Ada", {1, 2, 3}, 0.25}; // no bit of that number makes it none
    const Person other{"Bob", {}, {}};
    region.set("key", person);
    DamagedEntry entry(server);
    int misses = 0;
    entry.each_bit([&](std::size_t) {
        const std::optional<Person> found = region.get<Person>("key");
        if (!found) ++misses;
        const Person made = region.get_or_create("key", [&] { return other; });
        CHECK(made == found.value_or(other));
        CHECK(region.get<Person>("key") == made);
    });
    CHECK(misses > static_cast<int>(entry.value_begin()) * 4); // most damage to the metadata is found
    CHECK(region.statistics().reads_failed == 0);
    CHECK(region.statistics().creation_failed == 0);
}

TEST_CASE("a flipped bit in a text changes that bit of it alone, and one in the mark of its type is a miss",
          "[redis][fault-7]") {
    test::RedisServer& server = test::redis_server();
    const auto region = new_region(server.url());
    const std::string text = "a text of some length";
    region.set("key", text);
    DamagedEntry entry(server);
    const std::size_t mark_end = entry.value_begin() + 8;
    entry.each_bit([&](std::size_t byte) {
        const auto found = region.get<std::string>("key");
        if (byte >= entry.value_begin() && byte < mark_end) CHECK_FALSE(found.has_value());
        if (!found) return;
        CHECK(found->size() == text.size());
        CHECK(different_bits(*found, text) == (byte < mark_end ? 0 : 1));
    });
}

TEST_CASE("a flipped bit in one of many entries leaves the others as they are", "[redis][fault-7]") {
    test::RedisServer& server = test::redis_server();
    const auto region = new_region(server.url(), locking());
    const std::vector<std::string> keys = {"before", "key", "behind"};
    region.set_multi<int>({{"before", 1}, {"key", 2}, {"behind", 3}});
    DamagedEntry entry(server);
    entry.each_bit([&](std::size_t) {
        const std::vector<std::optional<int>> found = region.get_multi<int>(keys);
        CHECK(found[0] == 1);
        CHECK(found[2] == 3);
        const auto made = region.get_or_create_multi(keys, [](const std::vector<std::string>& missing) {
            CHECK(missing == std::vector<std::string>{"key"});
            return std::vector<int>{4};
        });
        CHECK(made == std::vector<int>{1, found[1].value_or(4), 3});
        CHECK(region.get<int>("key") == made[1]);
    });
}

TEST_CASE("a flipped bit in the time of an entry does not make it live for ever", "[redis][fault-7]") {
    test::RedisServer& server = test::redis_server();
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    kennel::CacheRegion<> region({.clock = clock});
    region.configure("redis", {.expiration_time = 10s, .arguments = {{"url", server.url()}}, .stale_time = 0s});
    region.set("key", 1);
    server.command({"PERSIST", "key"});
    const kennel::WallTime created = clock->wall_now();
    DamagedEntry entry(server);
    int found = 0;
    entry.each_bit([&](std::size_t byte) {
        clock->set_wall(created);
        if (byte >= entry.value_begin() || !region.get<int>("key")) return;
        ++found;
        clock->set_wall(created + 25s);
        CHECK_FALSE(region.get<int>("key").has_value());
    });
    CHECK(found > 0); // else it has shown nothing
}

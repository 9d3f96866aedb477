#include "kennel/backends/redis/cluster_slots.hpp"

#include "support/catch.hpp"

#include <string>

using kennel::detail::cluster_slot;
using kennel::detail::crc16;
using kennel::detail::hash_tag;
using namespace std::string_literals;

TEST_CASE("the checksum of a key is that of the Redis Cluster specification") {
    CHECK(crc16("123456789") == 0x31C3);
    CHECK(crc16("") == 0);
    CHECK(crc16("a\0"s) != crc16("a"));
}

TEST_CASE("the slot of a key is that of the Redis Cluster specification") {
    CHECK(cluster_slot("foo") == 12'182);
    CHECK(cluster_slot("bar") == 5'061);
    CHECK(cluster_slot("hello") == 866);
    CHECK(cluster_slot("") == 0);
    CHECK(cluster_slot("123456789") == 12'739);
}

TEST_CASE("keys with the same hash tag have the same slot") {
    CHECK(cluster_slot("{user1000}.following") == cluster_slot("{user1000}.followers"));
    CHECK(cluster_slot("_lock{user1000}.following") == cluster_slot("{user1000}.following"));
    CHECK(cluster_slot("{foo}") == cluster_slot("foo"));
    CHECK(cluster_slot("_lockfoo") != cluster_slot("foo"));
}

TEST_CASE("a hash tag is what the first braces enclose, if that is not nothing") {
    CHECK(hash_tag("{user1000}.following") == "user1000");
    CHECK(hash_tag("foo{}{bar}") == "foo{}{bar}");
    CHECK(hash_tag("foo{{bar}}zap") == "{bar");
    CHECK(hash_tag("foo{bar}{zap}") == "bar");
    CHECK(hash_tag("foo{bar") == "foo{bar");
    CHECK(hash_tag("foo}bar{") == "foo}bar{");
    CHECK(hash_tag("}{a}") == "a");
    CHECK(hash_tag("") == "");
}

// needs: memcached
#include "kennel/backends/memcached/binary_protocol.hpp"

#include "backends/memcached/protocol_pieces.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using kennel::detail::ByteOutput;
using kennel::detail::MemcachedCommand;
using Protocol = kennel::detail::MemcachedBinaryProtocol;
using Answer = test::BinaryAnswer;
using Keys = std::vector<std::string_view>;

const std::string flags_of_8("\0\0\0\x08", 4);

Answer item(std::uint32_t number, const std::string& key, const std::string& value) {
    return {.extras = flags_of_8, .key = key, .value = value, .number = number, .version = 7};
}

std::string end(std::uint32_t number) { return Answer{.code = 0x0a, .number = number}.bytes(); }

std::string items(const std::string& bytes, const Keys& keys) {
    const std::string whole = test::items_in<Protocol>(bytes, bytes.size() + 1, keys);
    for (const std::size_t piece : {1U, 2U, 5U, 23U, 24U, 25U})
        CHECK(test::items_in<Protocol>(bytes, piece, keys) == whole);
    return whole;
}

std::string reply(const Answer& answer, MemcachedCommand command) {
    const std::string bytes = answer.bytes();
    const std::string whole = test::reply_in<Protocol>(bytes, bytes.size() + 1, command);
    CHECK(test::reply_in<Protocol>(bytes, 1, command) == whole);
    return whole;
}

} // namespace

TEST_CASE("commands of the binary protocol are numbered packets", "[memcached][protocol]") {
    Protocol protocol(test::largest_value);
    ByteOutput out;
    const Keys keys{"ab"};
    protocol.ask_items(out, keys, true);
    protocol.ask_to_store(out, MemcachedCommand::replace,
                          {.key = "k", .head = "v", .body = "w", .flags = 8, .expiry = 60, .version = 258});
    protocol.ask_to_release(out, {.key = "k", .body = "token", .version = 3});
    std::string text;
    for (const iovec& piece : out.pieces()) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    const std::string zeros(8, '\0');
    CHECK(text == "\x80\x0d\0\2\0\0\0\0\0\0\0\2\0\0\0\0"s + zeros + "ab" +                //
                      "\x80\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\1"s + zeros +                   //
                      "\x80\x01\0\1\x08\0\0\0\0\0\0\x0b\0\0\0\2"s + "\0\0\0\0\0\0\1\2"s + //
                      "\0\0\0\x08\0\0\0\x3c"s + "kvw" +                                   //
                      "\x80\x04\0\1\0\0\0\0\0\0\0\1\0\0\0\3"s + "\0\0\0\0\0\0\0\3"s + "k");
}

TEST_CASE("items of the binary protocol are read in pieces of any size", "[memcached][protocol]") {
    CHECK(items(end(1), {"a"}).empty());
    CHECK(items(item(0, "a", "va\r\nl").bytes() + end(1), {"a"}) == "0=va\r\nl/8/7;");
    CHECK(items(item(0, "a", "").bytes() + end(1), {"a"}) == "0=/8/7;");
    CHECK(items(item(0, "a", "1").bytes() + item(2, "a", "3").bytes() + end(3), {"a", "b", "a"}) == "0=1/8/7;2=3/8/7;");
    const std::string whole = item(0, "a", "value").bytes() + end(1);
    for (std::size_t length = 0; length != whole.size(); ++length) CHECK(items(whole.substr(0, length), {"a"}) == "?");
}

TEST_CASE("packets that contradict the question or themselves are refused", "[memcached][protocol]") {
    const auto refused = [](const Answer& answer) { return items(answer.bytes() + end(2), {"a", "b"}) == "!"; };
    Answer answer = item(0, "a", "x");
    CHECK_FALSE(refused(answer));
    SECTION("the magic") { answer.magic = 0x80; }
    SECTION("the code") { answer.code = 0x0c; }
    SECTION("the key") { answer.key = "b"; }
    SECTION("a longer key") { answer.key = std::string(300, 'a'); }
    SECTION("no key") { answer.key.clear(); }
    SECTION("no flags") { answer.extras.clear(); }
    SECTION("more flags") { answer.extras = flags_of_8 + flags_of_8; }
    SECTION("the number of another key") { answer.number = 1; }
    SECTION("a number that is none") { answer.number = 3; }
    SECTION("a number from before") { answer.number = 0xffff'ffff; }
    SECTION("an error") { answer.status = 0x84; }
    SECTION("a value that is too long") { answer.value = std::string(test::largest_value + 1, 'x'); }
    SECTION("not let in") { answer = {.status = 0x20, .value = "Auth failure."}; }
    CHECK(refused(answer));
}

TEST_CASE("lengths of a packet that contradict each other are refused before they are believed",
          "[memcached][protocol]") {
    const std::string good = item(0, "a", "x").bytes() + end(1);
    const auto with = [&](std::size_t at, const std::string& bytes) {
        std::string changed = good;
        changed.replace(at, bytes.size(), bytes);
        return items(changed, {"a"});
    };
    CHECK(with(2, "\xff\xff") == "!");  // the key is longer than all
    CHECK(with(4, "\xff") == "!");      // the extras are
    CHECK(with(5, "\1") == "!");        // a type of data that there is not
    CHECK(with(8, "\0\0\0\0"s) == "!"); // all is shorter than its parts
    CHECK(with(8, "\0\0\0\4"s) == "!");
    CHECK(with(8, "\xff\xff\xff\xff") == "!"); // 4 GiB
    CHECK(with(8, "\0\0\4\0"s) == "!");        // more than a value may have
    CHECK(with(8, "\0\0\0\7"s) == "?");        // one byte of the next packet, which then lacks its last
    CHECK(with(30, "\x81\x0d") == "!");
    CHECK(items(item(1, "b", "x").bytes() + item(0, "a", "x").bytes() + end(2), {"a", "b"}) == "1=x/8/7;!");
    CHECK(items(item(0, "a", "x").bytes() + item(0, "a", "x").bytes() + end(1), {"a"}) == "!");
    CHECK(items(end(0), {"a"}) == "!");
    CHECK(items("VALUE a 0 5\r\nvalue\r\nEND\r\n", {"a"}) == "!");
    CHECK(items("HTTP/1.1 400 Bad Request\r\n", {"a"}) == "!");
}

TEST_CASE("a reply of the binary protocol is one of those to its command", "[memcached][protocol]") {
    using enum MemcachedCommand;
    const auto replies = [](std::uint16_t status, const std::string& words) {
        std::string all;
        for (const MemcachedCommand command : {set, add, replace, erase, release}) {
            const bool removes = command == erase || command == release;
            const auto code = static_cast<unsigned char>(removes ? 4 : command == add ? 2 : 1);
            all += reply({.code = code, .status = status, .value = words}, command);
        }
        return all;
    };
    CHECK(replies(0, "") == "00000");
    CHECK(replies(0, "more") == "!!!!!");
    CHECK(replies(1, "Not found") == "!!222");
    CHECK(replies(2, "Data exists for key.") == "!11!1");
    CHECK(replies(3, "Too large.") == "333!!");
    CHECK(replies(5, "Not stored.") == "!11!1");
    CHECK(replies(0x82, "Out of memory") == "!!!!!");
    CHECK(replies(0x20, "Auth failure.") == "!!!!!");
    CHECK(replies(1, std::string(100'000, 'x')) == "!!!!!");
    CHECK(reply({.code = 1, .number = 1}, set) == "!");
    CHECK(reply({.code = 2}, set) == "!");
    CHECK(reply({.code = 1, .magic = 0x80}, set) == "!");
}

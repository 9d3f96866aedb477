// needs: redis
#include "kennel/backends/redis/reply_reader.hpp"

#include "kennel/testing/hostile_bytes.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::BackendError;
using kennel::detail::BulkReader;
using kennel::detail::RedisReply;
using kennel::detail::ReplyReader;
using kennel::testing_support::mentions;

/// A reply in one line.
std::string shown(const RedisReply& reply) {
    switch (reply.kind) {
    case RedisReply::Kind::nil: return "nil";
    case RedisReply::Kind::status: return '+' + reply.text;
    case RedisReply::Kind::error: return '-' + reply.text;
    case RedisReply::Kind::integer: return std::to_string(reply.integer);
    case RedisReply::Kind::bulk: return '"' + reply.text + '"';
    case RedisReply::Kind::array: break;
    }
    std::string text = "[";
    for (const RedisReply& element : reply.elements) text += shown(element) + ' ';
    return text + ']';
}

/// The reply that these pieces make, or nothing while more is to come.
std::optional<std::string> read(const std::vector<std::string_view>& pieces) {
    ReplyReader reader;
    RedisReply reply;
    reader.begin(reply, nullptr);
    for (const std::string_view piece : pieces) {
        reader.feed(piece);
        if (reader.take()) return shown(reply);
    }
    return std::nullopt;
}

std::string complaint(std::string_view bytes) {
    return kennel::testing_support::message_of<BackendError>([&] { (void)read({bytes}); });
}

struct Example {
    std::string_view bytes;
    std::string_view shown;
};

const std::vector<Example> examples = {
    {"+OK\r\n", "+OK"},
    {"+\r\n", "+"},
    {"-ERR wrong\r\n", "-ERR wrong"},
    {":0\r\n", "0"},
    {":-9223372036854775808\r\n", "-9223372036854775808"},
    {"$-1\r\n", "nil"},
    {"*-1\r\n", "nil"},
    {"$0\r\n\r\n", "\"\""},
    {"$5\r\na\r\nb\n\r\n", "\"a\r\nb\n\""},
    {"*0\r\n", "[]"},
    {"*3\r\n$1\r\na\r\n$-1\r\n:7\r\n", "[\"a\" nil 7 ]"},
    {"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*1\r\n$1\r\nk\r\n", "[\"message\" \"c\" [\"k\" ] ]"},
    {"*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "[[[[1 ] ] ] ]"}};

} // namespace

TEST_CASE("every kind of reply is read", "[redis][reply]") {
    for (const auto& [bytes, expected] : examples) {
        INFO(bytes);
        CHECK(read({bytes}) == expected);
    }
}

TEST_CASE("a reply that comes in two or three pieces is the same, wherever it is cut", "[redis][reply][fault-6]") {
    for (const auto& [bytes, expected] : examples)
        for (std::size_t first = 0; first <= bytes.size(); ++first) {
            CHECK(read({bytes.substr(0, first), bytes.substr(first)}) == expected);
            for (std::size_t second = first; second <= bytes.size(); second += 3)
                CHECK(read({bytes.substr(0, first), bytes.substr(first, second - first), bytes.substr(second)}) ==
                      expected);
            if (first != bytes.size()) CHECK_FALSE(read({bytes.substr(0, first)}).has_value());
        }
}

TEST_CASE("replies are taken one after the other out of what has come", "[redis][reply]") {
    std::string all;
    for (const auto& [bytes, expected] : examples) all += bytes;
    ReplyReader reader;
    reader.feed(all);
    for (const auto& [bytes, expected] : examples) {
        CHECK_FALSE(reader.is_empty());
        RedisReply reply;
        reader.begin(reply, nullptr);
        REQUIRE(reader.take());
        CHECK(shown(reply) == expected);
    }
    CHECK(reader.is_empty());
}

TEST_CASE("a reader of bulks sees them where they lie, with their positions", "[redis][reply]") {
    std::vector<std::pair<std::size_t, std::string>> seen;
    const auto note = [&](std::size_t index, std::string_view bytes) { seen.emplace_back(index, bytes); };
    const BulkReader bulk_reader(note);
    ReplyReader reader;
    RedisReply reply;
    reader.begin(reply, &bulk_reader);
    reader.feed("*4\r\n$1\r\na\r\n$-1\r\n:5\r\n$0\r\n\r\n");
    REQUIRE(reader.take());
    CHECK(seen == std::vector<std::pair<std::size_t, std::string>>{{0, "a"}, {3, ""}});
}

TEST_CASE("what a reader of bulks throws is thrown when the reply has been read to its end",
          "[redis][reply][fault-31]") {
    struct Failure {};
    const auto fail = [&](std::size_t, std::string_view) { throw Failure(); };
    const BulkReader bulk_reader(fail);
    ReplyReader reader;
    RedisReply reply;
    reader.begin(reply, &bulk_reader);
    reader.feed("*2\r\n$1\r\na\r\n");
    CHECK_FALSE(reader.take());
    reader.feed("$1\r\nb\r\n+OK\r\n");
    CHECK_THROWS_AS(reader.take(), Failure);
    RedisReply next;
    reader.begin(next, nullptr);
    REQUIRE(reader.take());
    CHECK(next.is_status("OK"));
}

TEST_CASE("bytes that are no reply are refused, with the reason", "[redis][reply][fault-4][fault-5]") {
    CHECK(mentions(complaint("HTTP/1.1 200 OK\r\n"), {"none of Redis"}));
    CHECK(mentions(complaint("$3\r\nabcd\r\n"), {"longer than announced"}));
    CHECK(mentions(complaint("*1\r\n$3\r\nabc\n\r\n"), {"longer than announced"}));
    CHECK(mentions(complaint("*1000001\r\n"), {"arrays are too long"}));
    CHECK(mentions(complaint("*1\r\n*2147483647\r\n"), {"arrays are too long"}));
    std::string nested;
    for (int depth = 0; depth != 1000; ++depth) nested += "*1\r\n";
    CHECK(mentions(complaint(nested), {"none of Redis"}));
    for (const char* const bytes : {"$-2\r\n",
                                    "*-2\r\n",
                                    "$x\r\n",
                                    ":x\r\n",
                                    "*\r\n",
                                    "$99999999999999999999\r\n",
                                    "*2147483648\r\n",
                                    "*9223372036854775807\r\n",
                                    "\r\n",
                                    "%1\r\n",
                                    "_\r\n",
                                    "#t\r\n",
                                    ",1.5\r\n",
                                    "(1\r\n",
                                    "=5\r\ntxt:a\r\n",
                                    "~1\r\n",
                                    ">1\r\n",
                                    "*1\r\n_\r\n",
                                    "*1\r\n#t\r\n",
                                    "*1\r\n%1\r\n"}) {
        INFO(bytes);
        CHECK_FALSE(complaint(bytes).empty());
    }
}

TEST_CASE("damaged replies are read or refused, and nothing else", "[redis][reply][fault-5]") {
    for (const auto& [bytes, expected] : examples)
        for (const auto& damage : {kennel::detail::truncations, kennel::detail::flipped_bits,
                                   kennel::detail::overwritten_runs, kennel::detail::random_tails})
            for (const std::string& damaged : damage(bytes)) {
                try {
                    (void)read({damaged});
                } catch (const BackendError&) { // NOLINT(*-empty-catch): that is what it is to throw
                }
            }
    SUCCEED();
}

// needs: memcached
#include "kennel/backends/memcached/text_protocol.hpp"

#include "backends/memcached/protocol_pieces.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using kennel::detail::ByteOutput;
using kennel::detail::MemcachedCommand;
using kennel::detail::MemcachedStoring;
using Protocol = kennel::detail::MemcachedTextProtocol;
using Keys = std::vector<std::string_view>;

std::string text_of(ByteOutput& out) {
    std::string text;
    for (const iovec& piece : out.pieces()) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    return text;
}

std::string items(const std::string& bytes, const Keys& keys, bool with_versions = false) {
    const std::string whole = test::items_in<Protocol>(bytes, bytes.size() + 1, keys, with_versions);
    for (std::size_t piece = 1; piece != 8; ++piece)
        CHECK(test::items_in<Protocol>(bytes, piece, keys, with_versions) == whole);
    return whole;
}

std::string reply(const std::string& bytes, MemcachedCommand command) {
    const std::string whole = test::reply_in<Protocol>(bytes, bytes.size() + 1, command);
    CHECK(test::reply_in<Protocol>(bytes, 1, command) == whole);
    return whole;
}

} // namespace

TEST_CASE("commands of the text protocol are written as memcached reads them", "[memcached][protocol]") {
    Protocol protocol(test::largest_value);
    ByteOutput out;
    const Keys keys{"a", "b"};
    protocol.ask_items(out, keys, false);
    protocol.ask_items(out, {keys.data(), 1}, true);
    const std::string body(10'000, 'x'); // which is not copied
    const MemcachedStoring item{
        .key = "k", .head = "ab", .body = "c", .flags = 8, .expiry = 60, .version = 18'446'744'073'709'551'615U};
    protocol.ask_to_store(out, MemcachedCommand::set, item);
    protocol.ask_to_store(out, MemcachedCommand::add, item);
    protocol.ask_to_store(out, MemcachedCommand::replace, item);
    protocol.ask_to_store(out, MemcachedCommand::set, {.key = "l", .body = body});
    protocol.ask_to_erase(out, "k");
    protocol.ask_to_release(out, item);
    CHECK(text_of(out) == "get a b\r\ngets a\r\nset k 8 60 3\r\nabc\r\nadd k 8 60 3\r\nabc\r\n"
                          "cas k 8 60 3 18446744073709551615\r\nabc\r\nset l 0 0 10000\r\n" +
                              body +
                              "\r\ndelete k\r\n"
                              "cas k 8 2592001 3 18446744073709551615\r\nabc\r\n");
}

TEST_CASE("items of the text protocol are read in pieces of any size", "[memcached][protocol]") {
    CHECK(items("END\r\n", {"a"}).empty());
    CHECK(items("VALUE a 8 5\r\nva\r\nl\r\nEND\r\n", {"a"}) == "0=va\r\nl/8/0;");
    CHECK(items("VALUE a 0 0\r\n\r\nEND\r\n", {"a"}) == "0=/0/0;");
    CHECK(items("VALUE a 4294967295 1 18446744073709551615\r\nx\r\nEND\r\n", {"a"}, true) ==
          "0=x/4294967295/18446744073709551615;");
    CHECK(items("VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n", {"a", "b", "c"}) == "0=1/0/0;2=3/0/0;");
    CHECK(items("VALUE c 0 1\r\n3\r\nVALUE a 0 1\r\n1\r\nEND\r\n", {"a", "b", "c"}) == "2=3/0/0;0=1/0/0;");
    CHECK(items("VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n2\r\nEND\r\n", {"a", "a"}) == "0=1/0/0;1=2/0/0;");
    CHECK(items("VALUE a 0 5\r\nEND\r\n\r\nEND\r\n", {"a"}) == "0=END\r\n/0/0;");
}

TEST_CASE("no part of an item is taken for it, wherever it ends", "[memcached][protocol]") {
    const std::string whole = "VALUE a 0 12\r\nEND\r\nEND\r\n\r\n\r\nEND\r\n";
    for (std::size_t length = 0; length != whole.size(); ++length) CHECK(items(whole.substr(0, length), {"a"}) == "?");
}

TEST_CASE("what is no answer to the question is refused before anything is allocated for it", "[memcached][protocol]") {
    for (const std::string& bytes : {"garbage\r\n"s,
                                     "\r\n"s,
                                     "\n"s,
                                     "END\n"s,
                                     "end\r\n"s,
                                     "END \r\n"s,
                                     "OK\r\n"s,
                                     "STORED\r\n"s,
                                     "VALUE\r\n"s,
                                     "VALUE \r\n"s,
                                     "VALUE a\r\n"s,
                                     "VALUE a 0\r\n"s,
                                     "VALUE a 0 \r\n"s,
                                     "VALUE a 0 x\r\n"s,
                                     "VALUE a  0 1\r\n"s,
                                     "VALUE a 0 -1\r\n"s,
                                     "VALUE a 0 -2\r\n"s,
                                     "VALUE a 0 +1\r\n"s,
                                     "VALUE a -1 1\r\n"s,
                                     "VALUE a 0 1001\r\n"s,
                                     "VALUE a 0 18446744073709551615\r\n"s,
                                     "VALUE a 0 18446744073709551616\r\n"s,
                                     "VALUE a 4294967296 1\r\nx\r\nEND\r\n"s,
                                     "VALUE a 0 1 7\r\nx\r\nEND\r\n"s,
                                     "VALUE a 0 1 \r\nx\r\nEND\r\n"s,
                                     "VALUE b 0 1\r\nx\r\nEND\r\n"s,
                                     "VALUE aa 0 1\r\nx\r\nEND\r\n"s,
                                     "VALUE  0 1\r\nx\r\nEND\r\n"s,
                                     "VALUE a 0 1\r\nxx\r\nEND\r\n"s,
                                     "VALUE a 0 1\r\nx\n\nEND\r\n"s,
                                     "VALUE a 0 1\r\nx\r\nend\r\n"s,
                                     "VALUE a 0 1\r\nx\r\nVALUE a 0 1\r\ny\r\nEND\r\n"s,
                                     "VALUE a 0 1\r\nx\r\nERROR\r\n"s,
                                     "ERROR\r\n"s,
                                     "CLIENT_ERROR bad\r\n"s,
                                     "SERVER_ERROR busy\r\n"s,
                                     "HTTP/1.1 400 Bad Request\r\n"s,
                                     "\x15\x03\x01\0\2\2\n"s,
                                     "*1\r\n"s,
                                     std::string(5000, 'x'),
                                     "VALUE " + std::string(5000, 'x'),
                                     std::string(5000, '\r')}) {
        CAPTURE(bytes.substr(0, 60));
        CHECK(items(bytes, {"a"}) == "!");
    }
    CHECK(items("VALUE a 0 1\r\nx\r\nEND\r\n", {"a"}, true) == "!"); // without the version that was asked for
    CHECK(items("VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n1\r\nEND\r\n", {"a", "b"}) == "0=1/0/0;!");
}

TEST_CASE("a reply is one of those to its command", "[memcached][protocol]") {
    using enum MemcachedCommand;
    const auto replies = [](const std::string& line) {
        std::string all;
        for (const MemcachedCommand command : {set, add, replace, erase, release}) all += reply(line, command);
        return all;
    };
    CHECK(replies("STORED\r\n") == "000!0");
    CHECK(replies("NOT_STORED\r\n") == "!1!!!");
    CHECK(replies("EXISTS\r\n") == "!!1!1");
    CHECK(replies("NOT_FOUND\r\n") == "!!222");
    CHECK(replies("DELETED\r\n") == "!!!0!");
    CHECK(replies("SERVER_ERROR object too large for cache\r\n") == "333!3");
    for (const char* const bytes :
         {"OK\r\n", "VALUE a 0 1\r\n", "END\r\n", "STORED\n", "STORED \r\n", "stored\r\n", "1\r\n", "TOUCHED\r\n",
          "VERSION 1\r\n", "HD\r\n", "ERROR\r\n", "SERVER_ERROR out of memory storing object\r\n", "\r\n"})
        CHECK(replies(bytes) == "!!!!!");
    CHECK(replies("STORED\r") == "?????");
    CHECK(replies("") == "?????");
}

TEST_CASE("an error shows the server's words, and nothing that does not print", "[memcached][protocol]") {
    test::PiecesOfBytes source("SERVER_ERROR \x1b[2Jbusy "
                               "\r\n",
                               100);
    kennel::detail::ByteInput input(source);
    Protocol protocol(test::largest_value);
    const std::string text = kennel::testing_support::message_of<kennel::detail::MemcachedRefusal>(
        [&] { static_cast<void>(protocol.read_reply(input, MemcachedCommand::set)); });
    CHECK(kennel::testing_support::mentions(text, {"SERVER_ERROR ?[2Jbusy"}));
}

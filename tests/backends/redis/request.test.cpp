// needs: redis
#include "kennel/backends/redis/request.hpp"

#include "support/catch.hpp"
#include "support/request_splitter.hpp"
#include "support/resp_client.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace {

using kennel::detail::RedisRequest;

std::string bytes_of(RedisRequest& request) {
    std::string bytes;
    for (const iovec& piece : request.pieces()) bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    CHECK(bytes.size() == request.size());
    return bytes;
}

} // namespace

TEST_CASE("a command is an array of its arguments, whatever bytes they have", "[redis][request]") {
    RedisRequest request;
    CHECK(bytes_of(request.add("PING")) == "*1\r\n$4\r\nPING\r\n");
    request.clear();
    const std::vector<std::string> words = {"SET", "", " ", "a\r\n$1\r\n", std::string("\0\xff", 2)};
    CHECK(bytes_of(request.add("SET", words[1], words[2], words[3], words[4])) == test::resp_command(words));
    CHECK(request.command_count() == 1);
}

TEST_CASE("long arguments are in their place, at every length around that at which they are not copied any more",
          "[redis][request]") {
    for (const std::size_t size : {8'190U, 8'191U, 8'192U, 8'193U, 100'000U}) {
        const std::vector<std::string> words = {"SET", std::string(size, 'k'), "short", std::string(size, 'v')};
        RedisRequest request;
        request.add("GET", words[2]).add(words[0], words[1], words[2], words[3]).add("PING");
        CHECK((bytes_of(request) ==
               test::resp_command({"GET", "short"}) + test::resp_command(words) + test::resp_command({"PING"})));
        CHECK(request.command_count() == 3);
    }
}

TEST_CASE("an argument may consist of two parts, of any length", "[redis][request]") {
    for (const std::size_t first : {0U, 5U, 9'000U})
        for (const std::size_t second : {0U, 7U, 9'000U}) {
            const std::string head(first, 'h');
            const std::string rest(second, 'r');
            RedisRequest request;
            request.begin(2);
            request.argument("ECHO");
            request.argument(head, rest);
            CHECK((bytes_of(request) == test::resp_command({"ECHO", head + rest})));
        }
}

TEST_CASE("a request that is cleared is empty, and is used again", "[redis][request]") {
    RedisRequest request;
    const std::string large(50'000, 'x');
    request.add("SET", "key", large);
    request.clear();
    CHECK(request.size() == 0);
    CHECK(request.command_count() == 0);
    CHECK(request.pieces().empty());
    CHECK(bytes_of(request.add("PING")) == test::resp_command({"PING"}));
}

TEST_CASE("each command of a request that asks comes with its ASKING", "[redis][request]") {
    RedisRequest request;
    request.set_asking(true);
    request.add("GET", "a").add("GET", "b");
    const std::string asking = test::resp_command({"ASKING"});
    CHECK(bytes_of(request) == asking + test::resp_command({"GET", "a"}) + asking + test::resp_command({"GET", "b"}));
    CHECK(request.command_count() == 2);
}

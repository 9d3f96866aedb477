// needs: redis
#include "kennel/backends/redis/redis_url.hpp"

#include "kennel/errors.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using kennel::detail::RedisUrl;
using kennel::testing_support::mentions;

RedisUrl parsed(std::string_view text) {
    return RedisUrl::parse(text, [](std::string_view why) { throw kennel::ValidationError(std::string(why)); });
}

std::string complaint(std::string_view text) {
    return kennel::testing_support::message_of<kennel::ValidationError>([&] { (void)parsed(text); });
}

} // namespace

TEST_CASE("a url of Redis names a server, an account and a database", "[redis][url]") {
    struct Case {
        const char* text;
        const char* endpoint;
        std::optional<std::int64_t> db{};
        const char* username = "";
        const char* password = "";
        bool is_tls = false;
    };
    const Case all[] = {{"redis://", "localhost:6379"},
                        {"redis://host", "host:6379"},
                        {"redis://host/", "host:6379"},
                        {"redis://:7000", "localhost:7000"},
                        {"redis://host:7000", "host:7000"},
                        {"redis://host:65535/15", "host:65535", 15},
                        {"redis://host?db=3", "host:6379", 3},
                        {"redis://host/1?db=3", "host:6379", 3},
                        {"redis://127.0.0.1:1/0", "127.0.0.1:1", 0},
                        {"redis://[::1]", "[::1]:6379"},
                        {"redis://[fe80::1]:7000/2", "[fe80::1]:7000", 2},
                        {"redis://user@host", "host:6379", {}, "user"},
                        {"redis://:word@host", "host:6379", {}, "", "word"},
                        {"redis://user:word@host:7000/2", "host:7000", 2, "user", "word"},
                        {"redis://us%3Aer:w%40or%2Fd%25@host", "host:6379", {}, "us:er", "w@or/d%"},
                        {"redis://user:a:b@host", "host:6379", {}, "user", "a:b"},
                        {"redis://user:a@b@host", "host:6379", {}, "user", "a@b"},
                        {"redis://host?username=u%20v&password=w&db=4", "host:6379", 4, "u v", "w"},
                        {"redis://host?password=a@b", "host:6379", {}, "", "a@b"},
                        {"valkey://host:7000/1", "host:7000", 1},
                        {"rediss://host", "host:6379", {}, "", "", true},
                        {"valkeys://host", "host:6379", {}, "", "", true},
                        {"unix:///run/redis.sock", "unix:/run/redis.sock"},
                        {"unix:///run/redis%20one.sock?db=2", "unix:/run/redis one.sock", 2},
                        {"unix://user:word@/run/redis.sock", "unix:/run/redis.sock", {}, "user", "word"},
                        {"unix:///a@b", "unix:/a@b"}};
    for (const Case& each : all) {
        INFO(each.text);
        const RedisUrl url = parsed(each.text);
        CHECK(url.endpoint.text() == each.endpoint);
        CHECK(url.db == each.db);
        CHECK(url.username == each.username);
        CHECK(url.password == each.password);
        CHECK(url.is_tls == each.is_tls);
    }
}

TEST_CASE("what is wrong with a url of Redis is told without its password", "[redis][url]") {
    struct Case {
        const char* text;
        const char* why;
    };
    const Case all[] = {{"", "must begin with redis://"},
                        {"host", "redis://, rediss://, valkey://, valkeys:// or unix://"},
                        {"host:6379", "must begin with redis://"},
                        {"http://s3cr3t@host", "must begin with redis://"},
                        {"REDIS//host", "must begin with redis://"},
                        {"redis://host:", "port"},
                        {"redis://host:abc", "port"},
                        {"redis://host:0", "between 1 and 65535"},
                        {"redis://host:65536", "between 1 and 65535"},
                        {"redis://host:-1", "port"},
                        {"redis://host:99999999999999999999", "port"},
                        {"redis://[::1", "']'"},
                        {"redis://host/one", "number of a database"},
                        {"redis://host/-1", "number of a database"},
                        {"redis://host/1/2", "number of a database"},
                        {"redis://host?db=x", "db"},
                        {"redis://host?timeout=s3cr3t", "'timeout'"},
                        {"redis://host?passwrd=s3cr3t", "'passwrd'"},
                        {"redis://:a?s3cr3t@host", "%3F"},
                        {"redis://:s3?s3cr3t&x=1@host", "%3F"},
                        {"redis://:s3cr3t/word@host", "'/' is written as %2F"},
                        {"redis://:p@s3cr3t/word@host", "%2F"},
                        {"redis://:p@s3cr3t/word@host:6379/0", "%2F"},
                        {"rediss://user:/s3cr3t@host?db=1", "%2F"},
                        {"redis://:s3cr3t%@host", "hexadecimal"},
                        {"redis://:s3cr3t%@host", "'%' as %25"},
                        {"redis://:s3cr3t%4@host", "hexadecimal"},
                        {"redis://:s3cr3t%zz@host", "hexadecimal"},
                        {"unix://", "path of a Unix socket"},
                        {"unix://:s3cr3t@", "path of a Unix socket"}};
    for (const Case& each : all) {
        INFO(each.text);
        CHECK(mentions(complaint(each.text), {each.why}));
        CHECK_FALSE(mentions(complaint(each.text), {"s3cr3t"}));
    }
}

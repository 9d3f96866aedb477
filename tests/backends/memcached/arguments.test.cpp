// needs: memcached
#include "kennel/backends/memcached/memcached_settings.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Arguments;
using kennel::ArgumentValue;
using kennel::detail::MemcachedDistribution;
using kennel::detail::MemcachedSettings;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

MemcachedSettings read(Arguments arguments) {
    arguments.emplace("url", "localhost");
    return kennel::detail::MemcachedSettingsReader(arguments).read();
}

std::vector<std::string> servers(const ArgumentValue& url) {
    std::vector<std::string> texts;
    for (const auto& server : read({{"url", url}}).servers) texts.push_back(server.text());
    return texts;
}

std::string complaint(const Arguments& arguments) {
    return message_of<kennel::ValidationError>([&] { static_cast<void>(read(arguments)); });
}

} // namespace

TEST_CASE("servers are a list or a text with commas or blanks", "[memcached]") {
    using Texts = std::vector<std::string>;
    CHECK(servers("localhost") == Texts{"localhost:11211"});
    CHECK(servers("a:1,b:2 c") == Texts{"a:1", "b:2", "c:11211"});
    CHECK(servers(Texts{"a:1", "b:2"}) == Texts{"a:1", "b:2"});
    CHECK(servers(Texts{" a:1 ,, b:2 ", "c:3"}) == Texts{"a:1", "b:2", "c:3"});
    CHECK(servers("/run/memcached.sock") == Texts{"/run/memcached.sock"});
    CHECK(servers("unix:/run/a,unix:///run/b") == Texts{"/run/a", "/run/b"});
    CHECK(servers("[::1]:5,[::1]") == Texts{"[::1]:5", "[::1]:11211"});
    const Arguments by_other_name{{"servers", "a:1"}};
    CHECK(kennel::detail::MemcachedSettingsReader(by_other_name).read().servers.at(0).text() == "a:1");
}

TEST_CASE("an address that is none is refused", "[memcached]") {
    for (const char* const url : {"", " , ", "host:", "host:0", "host:65536", "host:x", "host:-1", ":11211", "host:1:2",
                                  "::1", "[::1", "[::1]x", "unix:relative", "memcached://host", "redis://host:1"}) {
        CAPTURE(url);
        CHECK(mentions(complaint({{"url", url}}), {"backend 'memcached'", "'url'"}));
    }
    CHECK(mentions(complaint({{"url", "/" + std::string(107, 'p')}}), {"107 bytes"}));
    CHECK(mentions(complaint({{"url", std::string(256, 'h')}}), {"'url'"}));
    CHECK(mentions(complaint({{"url", std::vector<std::string>(101, "h")}}), {"100 servers"}));
    CHECK(mentions(complaint({{"servers", "a"}}), {"'servers'", "'url'"}));
    const Arguments none;
    CHECK_THROWS_AS(kennel::detail::MemcachedSettingsReader(none).read(), kennel::ValidationError);
}

TEST_CASE("every argument has a default", "[memcached]") {
    const MemcachedSettings settings = read({});
    CHECK(settings.distribution == MemcachedDistribution::modula);
    CHECK_FALSE(settings.is_binary);
    CHECK(settings.connect_timeout == 1s);
    CHECK(settings.socket_timeout == 3s);
    CHECK(settings.retry_timeout == 2s);
    CHECK(settings.tcp_nodelay);
    CHECK(settings.max_connections == 32);
    CHECK(settings.max_value_size == 1 << 20);
    CHECK(settings.min_compress_len == 0);
    CHECK_FALSE(settings.expire_time);
    CHECK_FALSE(settings.distributed_lock);
    CHECK(settings.lock_timeout == 30s);
    CHECK(settings.lock_sleep == 20ms);
    CHECK(settings.lock_blocking_timeout.is_unlimited());
    CHECK(settings.lock_prefix == "_lock");
}

TEST_CASE("arguments may be text, as from a file", "[memcached]") {
    const MemcachedSettings settings = read({{"binary", "true"},
                                             {"socket_timeout", "250ms"},
                                             {"max_connections", "4"},
                                             {"lock_timeout", "90"},
                                             {"ketama", "True"}});
    CHECK(settings.is_binary);
    CHECK(settings.socket_timeout == 250ms);
    CHECK(settings.max_connections == 4);
    CHECK(settings.lock_timeout == 90s);
    CHECK(settings.distribution == MemcachedDistribution::ketama);
}

TEST_CASE("a lock without a lease is to be asked for, as dogpile does, by zero", "[memcached]") {
    CHECK(read({{"lock_timeout", 0}}).lock_timeout.is_unlimited());
    CHECK(read({{"lock_timeout", "unlimited"}}).lock_timeout.is_unlimited());
    CHECK(read({{"lock_timeout", nullptr}}).lock_timeout == 30s);
}

TEST_CASE("a poll for a lock waits for no more than 50 ms", "[memcached]") {
    CHECK(read({{"lock_sleep", 5ms}}).lock_sleep == 5ms);
    CHECK(read({{"lock_sleep", 10}}).lock_sleep == 50ms);
}

TEST_CASE("arguments that make no sense are refused by name", "[memcached]") {
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, ArgumentValue>>{{"distribution", "random"},
                                                            {"hash", "sha1"},
                                                            {"socket_timeout", 0},
                                                            {"socket_timeout", "unlimited"},
                                                            {"connect_timeout", 0},
                                                            {"connect_timeout", -1},
                                                            {"retry_timeout", 0},
                                                            {"max_connections", 0},
                                                            {"max_value_size", 0},
                                                            {"max_value_size", 1LL << 40},
                                                            {"min_compress_len", -1},
                                                            {"max_inflated_size", 0},
                                                            {"memcached_expire_time", -1},
                                                            {"lock_timeout", -1},
                                                            {"lock_timeout", "31d"},
                                                            {"lock_sleep", 0},
                                                            {"lock_prefix", ""},
                                                            {"lock_prefix", "a b"},
                                                            {"lock_prefix", std::string(101, 'p')},
                                                            {"binary", "perhaps"},
                                                            {"tls_context", "x"},
                                                            {"behaviors", "x"},
                                                            {"buffer_requests", true},
                                                            {"auto_eject", true},
                                                            {"socket_time", 1}}) {
        CAPTURE(name);
        CHECK(mentions(complaint({{name, value}}), {"backend 'memcached'", "'" + name + "'"}));
    }
    CHECK(mentions(complaint({{"ketama", true}, {"distribution", "modula"}}), {"'ketama'"}));
    CHECK(mentions(complaint({{"tls_context", "x"}}), {"TLS", "tunnel"}));
    CHECK(mentions(complaint({{"username", "name"}}), {"'password'", "missing"}));
    CHECK(mentions(complaint({{"password", "word"}}), {"'username'", "missing"}));
    CHECK(mentions(complaint({{"username", "name"}, {"password", "word"}}), {"'binary'"}));
}

TEST_CASE("pylibmc's behaviors are taken from a table of that name", "[memcached]") {
    const MemcachedSettings settings = read(
        {{"behaviors.ketama", true}, {"behaviors.hash", "md5"}, {"behaviors.tcp_nodelay", "false"}});
    CHECK(settings.distribution == MemcachedDistribution::ketama);
    CHECK(settings.hash == "md5");
    CHECK_FALSE(settings.tcp_nodelay);
    CHECK(read({{"behaviors.distribution", "consistent"}}).distribution == MemcachedDistribution::ketama);

    CHECK(mentions(complaint({{"behaviors", "{'ketama': True}"}}), {"behaviors.ketama = true"}));
    CHECK(mentions(complaint({{"behaviors.ketama", true}, {"ketama", true}}), {"'behaviors.ketama'", "'ketama'"}));
    CHECK(mentions(complaint({{"behaviors.connect_timeout", 500}}), {"'behaviors.connect_timeout'", "\"500ms\""}));
    CHECK(mentions(complaint({{"behaviors.no_block", true}}), {"'behaviors.no_block'", "not offered"}));
    CHECK(mentions(complaint({{"behaviors.ketame", true}}), {"perhaps 'behaviors.ketama' is meant"}));
}

TEST_CASE("a refused password is not in the error", "[memcached]") {
    const std::string text = complaint({{"username", "name"}, {"password", "hunter2"}});
    CHECK_FALSE(text.empty());
    CHECK_FALSE(mentions(text, {"hunter2"}));
    const std::string of_number = complaint({{"username", "name"}, {"password", 8'675'309}});
    CHECK(mentions(of_number, {"'password'", "text"}));
    CHECK_FALSE(mentions(of_number, {"8675309"}));
}

TEST_CASE("a backend can be made of every setting without a server", "[memcached]") {
    for (const char* const hash :
         {"default", "md5", "crc", "fnv1_64", "fnv1a_64", "fnv1_32", "fnv1a_32", "murmur", "jenkins"})
        for (const char* const distribution : {"modula", "ketama", "ketama_weighted"})
            CHECK_NOTHROW(test::memcached_backend("a:1,b:2,c:3", {{"hash", hash}, {"distribution", distribution}}));
    CHECK_NOTHROW(test::memcached_backend("a", {{"binary", true}, {"username", "name"}, {"password", "word"}}));
    CHECK_NOTHROW(test::memcached_backend("a", {{"tcp_nodelay", false}, {"tcp_keepalive", false}}));
}

// needs: memcached
#include "kennel/backends/memcached/memcached_store.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "support/catch.hpp"
#include "support/memcached_server.hpp"
#include "support/wait_until.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using test::memcached_backend;
using test::put;
using test::text_of;

/// Two servers, as in the tables of what pylibmc does.
struct TwoServers {
    test::MemcachedServer a;
    test::MemcachedServer b;

    [[nodiscard]] std::string url() const { return a.url() + ' ' + b.url(); }

    /// Which of the servers has each of key0, key1, ...
    [[nodiscard]] std::string placement(const std::string& prefix = "key") {
        std::string placement;
        for (int number = 0; number != 24; ++number) {
            const std::string command = "get " + prefix + std::to_string(number);
            const bool is_at_a = a.command(command).starts_with("VALUE");
            CHECK(b.command(command).starts_with("VALUE") != is_at_a);
            placement += is_at_a ? 'A' : 'B';
        }
        return placement;
    }
};

std::vector<std::string> keys_of(int count) {
    std::vector<std::string> keys;
    for (int number = 0; number != count; ++number) keys.push_back("key" + std::to_string(number));
    return keys;
}

} // namespace

TEST_CASE("keys are placed as by pylibmc", "[memcached]") {
    TwoServers servers;
    const auto fill = [&](const kennel::Arguments& arguments) {
        const auto backend = memcached_backend(servers.url(), arguments);
        for (const std::string& key : keys_of(24)) put(*backend, key, key);
    };
    SECTION("modula") {
        fill({});
        CHECK(servers.placement() == "AABBABAABBAABBBABAABAABB");
    }
    SECTION("modula with the binary protocol") {
        fill({{"binary", true}});
        CHECK(servers.placement() == "AABBABAABBAABBBABAABAABB");
    }
}

TEST_CASE("keys are placed as by pylibmc with every distribution and hash", "[memcached]") {
    // Made by pylibmc 1.6.3 with servers at these addresses, by which ketama goes; nobody needs to listen there now.
    const std::vector<std::string> addresses{"127.0.0.1:21311", "127.0.0.1:21312"};
    const auto placement = [&](kennel::Arguments arguments) {
        arguments.emplace("url", addresses);
        const kennel::detail::MemcachedSettings settings = kennel::detail::MemcachedSettingsReader(arguments).read();
        const kennel::detail::MemcachedPlacement placed(settings);
        std::string servers;
        for (const std::string& key : keys_of(24)) servers += placed.server_of(key) == 0 ? 'A' : 'B';
        return servers;
    };
    CHECK(placement({}) == "AABBABAABBAABBBABAABAABB");
    CHECK(placement({{"ketama", true}}) == "BABBABABAABBBABBBABAABAA");
    CHECK(placement({{"ketama", true}, {"binary", true}}) == "BABBABABAABBBABBBABAABAA");
    CHECK(placement({{"distribution", "ketama"}}) == "BABBABABAABBBABBBABAABAA");
    CHECK(placement({{"distribution", "ketama_weighted"}}) == "ABBAAAAABABBAABABABBBABB");
    CHECK(placement({{"ketama", true}, {"hash", "fnv1a_32"}}) == "BBBBBBBBBBAAAAAAAAAAAAAA");
    CHECK(placement({{"hash", "md5"}}) == "BAAAABABBABABBBBBABAABBA");
    CHECK(placement({{"hash", "crc"}}) == "BABAABABABABABBABABABABA");
    CHECK(placement({{"hash", "murmur"}}) == "AABBABABAABBAABBAABAAAAA");
    CHECK(placement({{"hash", "fnv1_64"}}) == "ABABABABABBABABABABAABAB");
    CHECK(placement({{"hash", "jenkins"}}) == "BBAAAABBABBBAABAAABBABAA");
}

TEST_CASE("the lock of a key is placed on its own", "[memcached][locks]") {
    TwoServers servers;
    const auto backend = memcached_backend(servers.url(), {{"distributed_lock", true}});
    std::vector<std::shared_ptr<kennel::CacheMutex>> mutexes;
    for (const std::string& key : keys_of(24)) {
        mutexes.push_back(backend->get_mutex(key));
        CHECK(mutexes.back()->await_turn(kennel::no_deadline) == kennel::Turn::mine);
    }
    CHECK(servers.placement("_lockkey") != "AABBABAABBAABBBABAABAABB");
    for (const auto& mutex : mutexes) {
        mutex->release();
        CHECK_FALSE(mutex->locked());
    }
}

TEST_CASE("the keys of a dead server are missed, and those of the others are not", "[memcached][faults]") {
    const bool is_binary = GENERATE(false, true);
    test::MemcachedServer a;
    test::MemcachedServer b;
    test::MemcachedServer c;
    const auto backend = memcached_backend(a.url() + ',' + b.url() + ',' + c.url(),
                                           {{"ketama", true}, {"binary", is_binary}, {"retry_timeout", 50ms}});
    const std::vector<std::string> keys = keys_of(60);
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    for (const std::string& key : keys) put(*backend, key, "old");
    std::map<std::string, bool> is_at_b;
    for (const std::string& key : keys) is_at_b[key] = b.command("get " + key).starts_with("VALUE");

    b.process().stop();
    for (int round = 0; round != 3; ++round) {
        std::map<std::size_t, std::string> found;
        CHECK_THROWS_AS(backend->get_multi(views,
                                           [&](std::size_t index, const kennel::CachedValue& value) {
                                               found.emplace(index, value.payload.as_bytes());
                                           }),
                        BackendError);
        for (std::size_t index = 0; index != keys.size(); ++index) CHECK(found.contains(index) != is_at_b[keys[index]]);
    }
    for (const std::string& key : keys) {
        if (is_at_b[key]) CHECK_THROWS_AS(put(*backend, key, "new"), BackendError);
        else CHECK_NOTHROW(put(*backend, key, "new"));
    }

    b.process().start();
    REQUIRE(test::wait_until([&] {
        std::size_t count = 0;
        try {
            backend->get_multi(views, [&](std::size_t, const kennel::CachedValue&) { ++count; });
        } catch (const BackendError&) {
            return false;
        }
        return count != 0;
    }));
    for (const std::string& key : keys) {
        const auto text = text_of(*backend, key);
        CHECK((is_at_b[key] ? !text : text == "new"));
    }
}

TEST_CASE("a silent server does not hide what the others have", "[memcached][faults]") {
    test::MemcachedServer a;
    test::MemcachedServer b;
    test::MemcachedServer c;
    const auto backend = memcached_backend(a.url() + ',' + b.url() + ',' + c.url(),
                                           {{"socket_timeout", 1s}, {"retry_timeout", 50ms}});
    const std::vector<std::string> keys = keys_of(60);
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    for (const std::string& key : keys) put(*backend, key, key);
    std::size_t at_b = 0;
    for (const std::string& key : keys)
        if (b.command("get " + key).starts_with("VALUE")) ++at_b;
    test::suspend(b);
    std::size_t count = 0;
    CHECK_THROWS_AS(backend->get_multi(views, [&](std::size_t, const kennel::CachedValue&) { ++count; }), BackendError);
    CHECK(count == keys.size() - at_b);
    b.process().resume();
    REQUIRE(test::wait_until([&] {
        try {
            count = 0;
            backend->get_multi(views, [&](std::size_t index, const kennel::CachedValue& value) {
                CHECK(value.payload.as_bytes() == keys[index]);
                ++count;
            });
        } catch (const BackendError&) {
            return false;
        }
        return true;
    }));
    CHECK(count == keys.size());
}

TEST_CASE("a server can be reached by a Unix socket", "[memcached]") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.file("memcached.sock");
    const std::string program = test::require_program({"memcached"});
    test::ServerProcess process({program, "-s", path, "-u", "root"},
                                [&] { return test::connect_to({.path = path}).is_open(); });
    process.start();
    for (const std::string& url : {path, "unix:" + path}) {
        const auto backend = memcached_backend(url);
        put(*backend, "key", "value");
        CHECK(text_of(*backend, "key") == "value");
    }
}

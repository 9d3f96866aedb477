// needs: redis
#include "kennel/backends/redis/script.hpp"

#include "support/catch.hpp"
#include "support/redis_server.hpp"

#include <string>
#include <vector>

namespace {

using kennel::detail::overtake_script;
using kennel::detail::RedisScript;
using kennel::detail::release_script;
using kennel::detail::renew_script;
using kennel::detail::store_script;

const std::string ours = "0123456789abc123456789abcdef0123";

std::string run(const RedisScript& script, const std::vector<std::string>& keys,
                const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"EVAL", std::string(script.text()), std::to_string(keys.size())};
    command.insert(command.end(), keys.begin(), keys.end());
    command.insert(command.end(), arguments.begin(), arguments.end());
    return test::redis_server().command(command); // which empties it
}

} // namespace

TEST_CASE("the server knows each script by the digest that we have made", "[redis][script]") {
    test::RedisServer& server = test::redis_server();
    for (const RedisScript* const script : {&release_script(), &renew_script(), &store_script(), &overtake_script()})
        CHECK(server.command({"SCRIPT", "LOAD", std::string(script->text())}) == script->digest());
}

TEST_CASE("the scripts do nothing where there is no lock", "[redis][script]") {
    CHECK(run(release_script(), {"lock"}, {ours}) == "0");
    CHECK(run(renew_script(), {"lock"}, {ours, "1000"}) == "0");
    CHECK(run(store_script(), {"lock", "key"}, {ours, "value", "1000"}) == "0");
    CHECK(run(overtake_script(), {"lock"}, {}) == "0");
    CHECK(test::redis_server().command({"DBSIZE"}) == "0");
}

TEST_CASE("the scripts act on a lock that holds our token alone", "[redis][script]") {
    test::RedisServer& server = test::redis_server();
    const auto eval = [&](const RedisScript& script, const std::vector<std::string>& words) {
        std::vector<std::string> command = {"EVAL", std::string(script.text())};
        command.insert(command.end(), words.begin(), words.end());
        return server.command(command);
    };
    server.command({"SET", "lock", "another"});
    CHECK(eval(release_script(), {"1", "lock", ours}) == "0");
    CHECK(eval(renew_script(), {"1", "lock", ours, "1000"}) == "0");
    CHECK(eval(store_script(), {"2", "lock", "key", ours, "value", "0"}) == "0");
    CHECK(eval(overtake_script(), {"1", "lock"}) == "0");
    CHECK(server.command({"GET", "lock"}) == "another");
    CHECK(server.command({"PTTL", "lock"}) == "-1");
    CHECK(server.command({"EXISTS", "key"}) == "0");

    server.command({"SET", "lock", ours});
    CHECK(eval(renew_script(), {"1", "lock", ours, "60000"}) == "1");
    CHECK(std::stol(server.command({"PTTL", "lock"})) > 50'000);
    CHECK(eval(store_script(), {"2", "lock", "key", ours, "value", "70000"}) == "1");
    CHECK(server.command({"GET", "key"}) == "value");
    CHECK(std::stol(server.command({"PTTL", "key"})) > 60'000);
    CHECK(server.command({"EXISTS", "lock"}) == "0");

    server.command({"SET", "lock", ours});
    CHECK(eval(store_script(), {"2", "lock", "key", ours, "forever", "0"}) == "1");
    CHECK(server.command({"PTTL", "key"}) == "-1");
    server.command({"SET", "lock", ours});
    CHECK(eval(release_script(), {"1", "lock", ours}) == "1");
    CHECK(server.command({"EXISTS", "lock"}) == "0");
    server.command({"SET", "lock", ours});
    CHECK(eval(overtake_script(), {"1", "lock"}) == "1");
    CHECK(server.command({"EXISTS", "lock"}) == "0");
}

TEST_CASE("only a lock of Kennel's is overtaken", "[redis][script]") {
    test::RedisServer& server = test::redis_server();
    const auto is_overtaken = [&](const std::string& token) {
        server.command({"SET", "lock", token});
        return server.command({"EVAL", std::string(overtake_script().text()), "1", "lock"}) == "1";
    };
    CHECK(is_overtaken(ours));
    CHECK_FALSE(is_overtaken("3b4433cae57711f19a3802fc00000001")); // redis-py: a UUID by time
    CHECK_FALSE(is_overtaken("8c36f3d1d9f24b0e9c55c1f0a7b2e6d4")); // a random UUID
    CHECK_FALSE(is_overtaken(ours.substr(1)));
    CHECK_FALSE(is_overtaken(ours + 'c'));
    CHECK_FALSE(is_overtaken(""));
    CHECK_FALSE(is_overtaken("tok-cpp-1"));
}

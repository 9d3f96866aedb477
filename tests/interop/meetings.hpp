#ifndef KENNEL_TESTS_INTEROP_MEETINGS_HPP
#define KENNEL_TESTS_INTEROP_MEETINGS_HPP

#include "interop/shared_server.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace test {

// What must hold where programs of both languages use one server.

/// Calls `check(writer, reader)` for each language and the other.
template <class Check>
void in_both_directions(Peer& kennel, Peer& dogpile, const Check& check) {
    check(kennel, dogpile);
    check(dogpile, kennel);
}

inline void values_cross(SharedServer& server) {
    Peer kennel = server.kennel();
    Peer dogpile = server.dogpile();
    const json values = {nullptr,
                         true,
                         -7,
                         9007199254740993,
                         0.1,
                         1e300,
                         "",
                         "a|b \"c\" \\ \r\n",
                         "\xc3\xa9\xf0\x9f\x90\xb6",
                         json::array(),
                         json::object(),
                         {{"id", 5}, {"names", {"Ada", nullptr}}, {"nested", {{"x", 1.5}}}}};
    in_both_directions(kennel, dogpile, [&](Peer& writer, Peer& reader) {
        for (const json& value : values) {
            writer.ask({"set", "key", value});
            INFO(server.stored("key"));
            CHECK(reader.ask({"get", "key"}).value == json::array({"hit", value}));
            const Peer::Outcome outcome = reader.ask({"get_or_create", "key", "another"});
            CHECK(outcome.value == value);
            CHECK(outcome.created.empty());
        }
        writer.ask({"delete", "key"});
        CHECK(reader.ask({"get", "key"}).value == json::array({"miss"}));
        writer.ask({"set_multi", {{"a", 1}, {"b", {2}}}});
        CHECK(reader.ask({"get_multi", {"b", "none", "a"}}).value == json::array({{2}, nullptr, 1}));
    });
}

inline void wrapped_functions_share_keys(SharedServer& server) {
    Peer kennel = server.kennel();
    Peer dogpile = server.dogpile();
    const json requests[] = {{"load", 5, "Ada L.", true, 2.5, nullptr},
                             {"load", -5, "\xc3\xa9", false, 1e22, nullptr},
                             {"area", 3},
                             {"squares", 3, 1, 2}};
    for (const json& request : requests) {
        INFO(request.dump());
        const Peer::Outcome made = kennel.ask(request);
        CHECK_FALSE(made.created.empty());
        const Peer::Outcome found = dogpile.ask(request);
        CHECK(found.created.empty());
        CHECK(found.value == made.value);
    }
    CHECK(dogpile.ask({"area", 4}).created == json::array({8}));
    CHECK(kennel.ask({"area", 4}).created.empty());
    CHECK(dogpile.ask({"squares", 9, 8}).created.size() == 2);
    CHECK(kennel.ask({"squares", 7, 8, 9}).created == json::array({49}));
}

inline void each_waits_for_the_other(SharedServer& server) {
    Peer kennel = server.kennel();
    Peer dogpile = server.dogpile();
    for (int round = 0; round != 5; ++round) {
        const std::string key = "key" + std::to_string(round);
        const auto creates_once = [&](Peer& holder, Peer& waiter, FaultProxy& before_waiter) {
            before_waiter.forget();
            holder.begin({"get_or_create_held", key, "the holder's"});
            holder.await_creator();
            CHECK(waiter.ask({"is_locked", key}).value == true);
            waiter.begin({"get_or_create", key, "the waiter's"});
            CHECK(server.await_lock_request(before_waiter, key));
            holder.let_go();
            CHECK(holder.finish().value == "the holder's");
            const Peer::Outcome outcome = waiter.finish();
            CHECK(outcome.value == "the holder's");
            CHECK(outcome.created.empty());
            CHECK(waiter.ask({"is_locked", key}).value == false);
        };
        creates_once(kennel, dogpile, server.before_dogpile());
        server.remove(key);
        creates_once(dogpile, kennel, server.before_kennel());
    }
}

/// Three programs of each language.
inline std::vector<Peer> crowd_of(SharedServer& server, double expiration_time = 3600) {
    std::vector<Peer> crowd;
    for (int pair = 0; pair != 3; ++pair) {
        crowd.push_back(server.kennel(expiration_time));
        crowd.push_back(server.dogpile(expiration_time));
    }
    return crowd;
}

inline void a_storm_on_a_missing_key_creates_once(SharedServer& server) {
    std::vector<Peer> crowd = crowd_of(server);
    int wrong_rounds = 0;
    for (int round = 0; round != storm_rounds; ++round) {
        server.remove("storm");
        for (std::size_t at = 0; at != crowd.size(); ++at)
            crowd[at].begin({"create_together", "storm", {round, at}, 2});
        json created = json::array();
        json values = json::array();
        for (Peer& peer : crowd) {
            const Peer::Outcome outcome = peer.finish();
            created.insert(created.end(), outcome.created.begin(), outcome.created.end());
            values.insert(values.end(), outcome.value.begin(), outcome.value.end());
        }
        if (created.size() == 1 && values == json(2 * crowd.size(), created[0])) continue;
        ++wrong_rounds;
        UNSCOPED_INFO("round " << round << " created " << created << " and gave " << values);
    }
    CHECK(wrong_rounds == 0);
}

inline std::string stale_entry(const json& value) {
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    return R"({"ct": )" + std::to_string(now.count() - 100) + R"(, "v": 2}|)" + value.dump();
}

/// The creator stops until everybody else was served, so that nobody can be late and find the new value. Each program
/// asks on one thread here: the second one of a Python program can have read the old value, and then get the lock when
/// the first one has stored the new value and released it.
inline void a_storm_on_a_stale_key_creates_once(SharedServer& server) {
    std::vector<Peer> crowd = crowd_of(server, 10);
    for (int round = 0; round != storm_rounds; ++round) {
        server.store("stale", stale_entry("old"));
        for (Peer& peer : crowd) peer.begin({"create_together_held", "stale", round, 1});
        std::vector<Peer*> creators;
        json answers = json::array();
        for (Peer& peer : crowd) {
            answers.push_back(peer.next_answer());
            if (answers.back() == json::array({"creating"})) creators.push_back(&peer);
        }
        for (Peer* const creator : creators) creator->let_go();
        INFO(answers.dump());
        REQUIRE(creators.size() == 1);
        const json served = {"done", json::array({"old"}), json::array()};
        REQUIRE(std::count(answers.begin(), answers.end(), served) + 1 == static_cast<long>(crowd.size()));
        REQUIRE(creators[0]->finish().value == json::array({round}));
    }
}

inline void multi_calls_never_deadlock(SharedServer& server) {
    std::vector<Peer> crowd = crowd_of(server);
    std::minstd_rand random(2024);
    for (int round = 0; round != storm_rounds / 2; ++round) {
        std::vector<json> expected;
        for (std::size_t at = 0; at != crowd.size(); ++at) {
            json keys = json::array();
            json values = json::array();
            for (int count = 1 + static_cast<int>(random() % 6); count != 0; --count) {
                keys.push_back("multi" + std::to_string(round) + '.' + std::to_string(random() % 8));
                values.push_back("made " + keys.back().get<std::string>());
            }
            expected.push_back(std::move(values));
            crowd[at].begin({"get_or_create_multi", keys, "made "});
        }
        for (std::size_t at = 0; at != crowd.size(); ++at)
            if (const json values = crowd[at].finish().value; values != expected[at]) CHECK(values == expected[at]);
    }
    SUCCEED("no lock times out in less than ten minutes, and no answer was awaited for as long");
}

} // namespace test

#endif

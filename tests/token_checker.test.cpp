// What the users of a token checker with one shared, reconfigurable region ask of it (Globus action-provider-tools).

#include "kennel/kennel.hpp"

#include "kennel/testing/manual_clock.hpp"
#include "support/region_variants.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// What a server says about a token, whether it is valid or not.
struct Introspection {
    bool is_active = false;
    std::string user{};
};

/// Stands for the server and counts what it is asked.
struct AuthServer {
    std::map<std::string, Introspection> tokens{};
    int introspections = 0;
    int dependent_tokens = 0;

    Introspection introspect(const std::string& token) {
        ++introspections;
        const auto found = tokens.find(token);
        return found == tokens.end() ? Introspection{} : found->second;
    }
};

AuthServer server;

/// The one region of the process and its clock.
const auto process_clock = std::make_shared<kennel::testing::ManualClock>();

kennel::CacheRegion<>& process_region() {
    static kennel::CacheRegion<> region(
        {.name = "tokens", .key_mangler = kennel::sha1_mangle_key, .clock = process_clock});
    return region;
}

/// Who asks about which token: what a checker is in a key, instead of its address.
struct Credentials {
    std::string client_id{};
    std::string token{};

    [[nodiscard]] std::string identity() const { return client_id + ":" + token; }
};

const auto introspect = process_region().cache_on_arguments(
    "TokenChecker.introspect", [](const Credentials& asked) { return server.introspect(asked.token); }, {},
    [](const Credentials& asked) { return asked.identity(); });

const auto make_dependent_token = process_region().cache_on_arguments(
    "TokenChecker.dependent",
    [](const Credentials& asked, const std::string& scope) {
        return asked.token + "/" + scope + "/" + std::to_string(++server.dependent_tokens);
    },
    {.expiration_time = 24h},
    [](const Credentials& asked, const std::string& scope) { return asked.identity() + " " + scope; });

/// Lives as long as a request.
class TokenChecker {
public:
    using Config = kennel::Arguments;

    TokenChecker(std::string client_id, std::string token, const std::optional<Config>& cache_config = {})
        : credentials_{std::move(client_id), std::move(token)} {
        if (cache_config || !process_region().is_configured()) configure(cache_config.value_or(Config()));
    }

    /// `backend` and `timeout` are ours, all else goes to the backend as it is; `config` is left alone.
    static void configure(const Config& config) {
        kennel::Arguments rest = config;
        const auto taken = [&rest](const std::string& name, kennel::ArgumentValue value) {
            if (auto node = rest.extract(name)) value = std::move(node.mapped());
            return value;
        };
        const auto backend = taken("backend", "memory").as<std::string>();
        const auto timeout = taken("timeout", 30).as<kennel::TimeSpan>();
        process_region().configure(
            backend.value(),
            {.expiration_time = timeout.value(), .arguments = std::move(rest), .replace_existing_backend = true});
    }

    /// Validated on every call; the server is asked only when its answer is not in the cache.
    [[nodiscard]] bool check_token() const { return introspect(credentials_).is_active; }
    [[nodiscard]] std::string dependent_token(const std::string& scope) const {
        return make_dependent_token(credentials_, scope);
    }

    /// The user of a token that must be active, and whether the answer was in the cache; one that says otherwise is dropped
    /// and asked for once more.
    [[nodiscard]] std::pair<std::string, bool> authorized_user() const {
        const auto found = process_region().look_up<Introspection>(key());
        if (found.is_hit() && found.value().is_active) return {found.value().user, true};
        introspect.invalidate(credentials_);
        const Introspection answer = introspect(credentials_);
        if (!answer.is_active) throw std::runtime_error("the token is not active");
        return {answer.user, false};
    }

    [[nodiscard]] std::string key() const { return introspect.key(credentials_); }

private:
    Credentials credentials_;
};

/// A test begins with a new server and an empty region, whatever ran before.
struct FreshStart {
    FreshStart() {
        server = {.tokens = {{"good", {true, "ada"}}}};
        TokenChecker::configure({});
        process_region().reset_statistics();
    }
};

} // namespace

TEST_CASE("all checkers of a process share one region, which is set up on first use", "[GL1]") {
    const FreshStart fresh;
    CHECK(TokenChecker("client", "good").check_token());
    CHECK(TokenChecker("client", "good").check_token());
    CHECK(server.introspections == 1);
    process_clock->advance(31s);
    CHECK(TokenChecker("client", "good").check_token());
    CHECK(server.introspections == 2);
}

TEST_CASE("a map configures backend and time to live, the rest goes to the backend, and the map is left alone",
          "[GL2]") {
    const FreshStart fresh;
    const TokenChecker::Config config = {{"backend", "memory_bytes"}, {"timeout", 60}, {"max_entries", 1}};
    CHECK(TokenChecker("client", "good", config).check_token());
    CHECK(config.size() == 3);
    process_clock->advance(59s);
    CHECK(TokenChecker("client", "good").check_token());
    CHECK(server.introspections == 1);
    CHECK(dynamic_cast<kennel::MemoryBytesBackend&>(*process_region().actual_backend()).size() == 1);
    static_cast<void>(TokenChecker("client", "other").check_token());
    CHECK(dynamic_cast<kennel::MemoryBytesBackend&>(*process_region().actual_backend()).size() == 1);
    CHECK_THROWS_AS(TokenChecker("client", "good", TokenChecker::Config{{"max_entires", 1}}), kennel::ValidationError);
}

TEST_CASE("a second configuration drops the old store, the last one wins, and none changes nothing", "[GL3]") {
    const FreshStart fresh;
    const TokenChecker early("client", "good");
    CHECK(early.check_token());
    const TokenChecker late("client", "good", TokenChecker::Config{{"timeout", 5}});
    CHECK(early.check_token());
    CHECK(server.introspections == 2);
    process_clock->advance(6s);
    CHECK(early.check_token());
    CHECK(server.introspections == 3);
    const TokenChecker unconfigured("client", "good");
    CHECK(unconfigured.check_token());
    CHECK(server.introspections == 3);
}

TEST_CASE("a function may have a time to live of its own", "[GL4]") {
    const FreshStart fresh;
    const TokenChecker checker("client", "good");
    CHECK(checker.dependent_token("scope") == "good/scope/1");
    CHECK(checker.check_token());
    process_clock->advance(23h);
    CHECK(checker.dependent_token("scope") == "good/scope/1");
    CHECK(checker.check_token());
    CHECK(server.introspections == 2);
    process_clock->advance(2h);
    CHECK(checker.dependent_token("scope") == "good/scope/2");
}

TEST_CASE("no token is ever a key in the clear", "[GL5]") {
    const FreshStart fresh;
    const TokenChecker checker("client", "good");
    CHECK(checker.check_token());
    CHECK(test::contains(checker.key(), "good"));
    CHECK_FALSE(process_region().backend()->get(checker.key()));
    CHECK(process_region().backend()->get(kennel::sha1_mangle_key(checker.key())));
}

TEST_CASE("an object is in the key by a stable identity, not by its address", "[GL6]") {
    const FreshStart fresh;
    const auto first = std::make_unique<TokenChecker>("client", "good");
    const auto second = std::make_unique<TokenChecker>("client", "good");
    const TokenChecker other("another", "good");
    CHECK(first->key() == second->key());
    CHECK(first->key() == "TokenChecker.introspect|client:good");
    CHECK(first->key() != other.key());
}

TEST_CASE("small caches with different policies are one line each", "[GL7]") {
    const auto clock = std::make_shared<kennel::testing::ManualClock>();
    const auto small_cache = [&](kennel::TimeSpan life) {
        return kennel::CacheRegion<>({.clock = clock})
            .configure("memory", {.expiration_time = life, .arguments = {{"max_entries", 100}}});
    };
    const auto introspections = small_cache(30s);
    const auto groups = small_cache(5min);
    const auto tokens = small_cache(47h);
    for (const auto& region : {introspections, groups, tokens})
        for (int number = 0; number != 150; ++number) region.set("key" + std::to_string(number), number);
    CHECK(dynamic_cast<kennel::MemoryBackend&>(*groups.actual_backend()).size() == 100);
    clock->advance(1min);
    CHECK_FALSE(introspections.get<int>("key149"));
    CHECK(groups.get<int>("key149") == 149);
    clock->advance(46h);
    CHECK_FALSE(groups.get<int>("key149"));
    CHECK(tokens.get<int>("key149") == 149);
}

TEST_CASE("a bad token is not looked up again and again, and still refused every time", "[GL8]") {
    const FreshStart fresh;
    for (int round = 0; round != 5; ++round) CHECK_FALSE(TokenChecker("client", "bad").check_token());
    CHECK(server.introspections == 1);
}

TEST_CASE("an unsuitable cached value is dropped and loaded once more before the caller fails", "[GL9]") {
    const FreshStart fresh;
    const TokenChecker checker("client", "new");
    CHECK_FALSE(checker.check_token());
    server.tokens["new"] = {true, "bob"};
    CHECK_FALSE(checker.check_token());
    CHECK(checker.authorized_user() == std::pair(std::string("bob"), false));
    CHECK(checker.authorized_user() == std::pair(std::string("bob"), true));
    CHECK(server.introspections == 2);
    const TokenChecker bad("client", "bad");
    CHECK_THROWS_AS(bad.authorized_user(), std::runtime_error);
    CHECK(server.introspections == 3);
}

TEST_CASE("what is expensive to prepare is prepared only for a miss", "[GL10]") {
    const test::RegionFactory make;
    auto region = make();
    int preparations = 0;
    const auto load = [&](const std::string& user) {
        return region.get_or_create("groups:" + user, [&] {
            ++preparations;
            return std::vector<std::string>{"admins"};
        });
    };
    for (int round = 0; round != 3; ++round) CHECK(load("ada").size() == 1);
    CHECK(preparations == 1);
}

TEST_CASE("the shared region can be reset between tests, to the exact count", "[GL11]") {
    for (int round = 0; round != 3; ++round) {
        const FreshStart fresh;
        const TokenChecker checker("client", "good");
        CHECK(checker.check_token());
        CHECK(checker.check_token());
        CHECK(server.introspections == 1);
        CHECK(process_region().statistics().hits == 1);
        CHECK(process_region().statistics().misses == 1);
    }
}

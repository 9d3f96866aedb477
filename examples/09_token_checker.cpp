// needs: crypto
// One cache for all token checkers of a process: it is there without being set up, and can be set up anew while in use.

#include <kennel/kennel.hpp>
#include <kennel/manglers/sha256.hpp>

#include "expect.hpp"

#include <atomic>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

using namespace std::chrono_literals;

// [region]
/// The region that all token checkers share. Its keys are digests, so that no token is seen in a store or a log.
kennel::CacheRegion<>& token_cache() {
    static kennel::CacheRegion region =
        kennel::CacheRegion({.name = "tokens", .key_mangler = kennel::sha256_mangle_key})
            .configure("memory", {.expiration_time = 30s});
    return region;
}

/// Sets it up anew: `backend` and `timeout` are for the region, the rest goes to the backend as it is. Calls under way end on
/// the old store, which is then dropped; the last one who does this wins.
void configure_token_cache(kennel::Arguments config) { // by value: the caller's map stays as it is
    const auto take = [&config](const std::string& name, const kennel::ArgumentValue& otherwise) {
        const auto setting = config.extract(name);
        return setting ? setting.mapped() : otherwise;
    };
    const auto backend = take("backend", "memory").as<std::string>();
    const auto timeout = take("timeout", 30s).as<kennel::TimeSpan>();
    if (!backend || !timeout)
        throw kennel::ValidationError("'backend' is not a name or 'timeout' not a length of time");
    token_cache().configure(
        *backend,
        {.expiration_time = *timeout, .arguments = config, .replace_existing_backend = true});
}
// [/region]

// [functions]
/// What the server says about a token.
struct Introspection {
    bool is_active = false;
    std::string user;
    std::string scope;
};

std::atomic<int> requests = 0;

Introspection ask_server(const std::string& /*client_id*/, const std::string& token) {
    ++requests;
    return token.starts_with("good") ? Introspection{true, "ada", "read"} : Introspection{};
}

std::string exchange_token(const std::string& /*client_id*/, const std::string& token) {
    return token + "-for-groups";
}

// The client's id is part of the key, and the checker, which may live for one request, is not.
const auto introspect = token_cache().cache_on_arguments("introspect", ask_server);
const auto dependent_token = token_cache().cache_on_arguments("dependent_token", exchange_token,
                                                              {.expiration_time = 24h});
// [/functions]

// [checker]
class TokenChecker {
public:
    explicit TokenChecker(std::string client_id) : client_id_(std::move(client_id)) {}

    /// The user, if the token is good for `scope`. The server's answer is cached whatever it is, so nobody asks twice about a
    /// bad token; what it means is decided anew for each call.
    [[nodiscard]] std::optional<std::string> user_of(const std::string& token,
                                                     const std::string& scope) const {
        if (token.empty()) return std::nullopt; // nothing to ask, and nothing to cache
        const auto cached = introspect.get(client_id_, token);
        if (cached && cached->is_active && cached->scope != scope)
            introspect.invalidate(
                client_id_,
                token); // it may have got more rights since: ask once more, and only then refuse
        const Introspection answer = introspect(client_id_, token);
        return answer.is_active && answer.scope == scope ? std::optional(answer.user)
                                                         : std::nullopt;
    }

private:
    std::string client_id_;
};
// [/checker]

int main() {
    const TokenChecker search("search"), files("files");
    expect(search.user_of("good-token", "read") == "ada" &&
               search.user_of("good-token", "read") == "ada",
           "ada may read");
    expect(requests == 1, "the second call is answered from the cache");
    (void)files.user_of("good-token", "read");
    expect(requests == 2, "each client asks for itself");

    expect(!search.user_of("bad-token", "read") && !search.user_of("bad-token", "read"),
           "a bad token is refused");
    expect(requests == 3, "and asked about once");
    expect(!search.user_of("good-token", "write") && requests == 4,
           "a cached answer that will not do is asked for again");
    expect(!search.user_of("", "read") && requests == 4, "no token, no request");

    // [reconfigure]
    configure_token_cache({{"backend", "memory"}, {"timeout", 60}, {"max_entries", 100}});
    // [/reconfigure]
    (void)search.user_of("good-token", "read");
    std::cout << requests << " requests; tokens are under keys such as "
              << kennel::sha256_mangle_key("...").substr(0, 12) << "...\n";
    expect(requests == 5, "the old store is gone, and the functions use the new one");

    // [reset]
    configure_token_cache({}); // in a test: everything as it was in the beginning
    // [/reset]
    expect(!introspect.get("search", "good-token") &&
               dependent_token("search", "t") == "t-for-groups",
           "nothing is left");

    // Caches with rules of their own are one line each.
    // [small_caches]
    auto groups = kennel::CacheRegion({.name = "groups"})
                      .configure("memory",
                                 {.expiration_time = 5min, .arguments = {{"max_entries", 100}}});
    auto tokens = kennel::CacheRegion({.name = "dependent"})
                      .configure("memory",
                                 {.expiration_time = 47h, .arguments = {{"max_entries", 100}}});
    // [/small_caches]
    expect(groups.is_configured() && tokens.is_configured(),
           "small bounded caches are quickly made");
}

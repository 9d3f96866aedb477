#include "kennel/make_backend.hpp"

#include "kennel/kennel.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace {

using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

template <class Backend>
bool makes(std::string_view name) {
    return std::dynamic_pointer_cast<Backend>(kennel::make_backend(name, {.arguments = {}})) != nullptr;
}

std::string refusal_of(std::string_view name) {
    return message_of<kennel::PluginNotFound>(
        [&] { static_cast<void>(kennel::make_backend(name, {.arguments = {}})); });
}

/// What is said about a name when no other backend is registered than those that are built in.
std::string refusal_without_others(std::string_view name) {
    kennel::Registry<kennel::BackendFactory> registry("backend", kennel::detail::known_backends<void>);
    for (const char* const built_in : {"memory", "memory_bytes", "null"}) registry.add(built_in, {});
    return message_of<kennel::PluginNotFound>([&] { static_cast<void>(registry.find(name)); });
}

} // namespace

TEST_CASE("the built-in backends are made by their names and by dogpile's", "[make_backend]") {
    CHECK(makes<kennel::MemoryBackend>("memory"));
    CHECK(makes<kennel::MemoryBackend>("dogpile.cache.memory"));
    CHECK(makes<kennel::MemoryBytesBackend>("memory_bytes"));
    CHECK(makes<kennel::MemoryBytesBackend>("dogpile.cache.memory_pickle"));
    CHECK(makes<kennel::NullBackend>("null"));
    CHECK(makes<kennel::NullBackend>("dogpile.cache.null"));
}

TEST_CASE("a region understands dogpile's names for backends", "[make_backend]") {
    kennel::CacheRegion pickle;
    pickle.configure("dogpile.cache.memory_pickle");
    CHECK(std::dynamic_pointer_cast<kennel::MemoryBytesBackend>(pickle.actual_backend()) != nullptr);
}

TEST_CASE("a backend that is made by name gets its arguments", "[make_backend]") {
    CHECK(mentions(message_of<kennel::ValidationError>(
                       [] { static_cast<void>(kennel::make_backend("memory", {.arguments = {{"max_entires", 1}}})); }),
                   {"'memory'", "'max_entires'", "max_entries"}));
}

TEST_CASE("a backend of ours whose header is missing is an error that names the header and the target",
          "[make_backend]") {
    for (const std::string_view name : {"redis", "valkey", "dogpile.cache.redis", "dogpile.cache.valkey"})
        CHECK(mentions(refusal_without_others(name), {"'redis'", "<kennel/backends/redis.hpp>", "kennel::redis"}));
    CHECK(mentions(refusal_without_others("Redis"), {"<kennel/backends/redis.hpp>", "kennel::redis"}));
    for (const std::string_view name : {"redis_sentinel", "valkey_sentinel", "dogpile.cache.redis_sentinel"})
        CHECK(mentions(refusal_without_others(name), {"<kennel/backends/redis_sentinel.hpp>", "kennel::redis"}));
    for (const std::string_view name : {"redis_cluster", "valkey_cluster", "dogpile.cache.redis_cluster"})
        CHECK(mentions(refusal_without_others(name), {"<kennel/backends/redis_cluster.hpp>", "kennel::redis"}));
    for (const std::string_view name : {"memcached", "dogpile.cache.pylibmc", "dogpile.cache.pymemcache", "memcache"})
        CHECK(mentions(refusal_without_others(name),
                       {"'memcached'", "<kennel/backends/memcached.hpp>", "kennel::memcached"}));
}

TEST_CASE("nobody is told to include a header that is not there", "[make_backend]") {
#if __has_include("kennel/backends/redis.hpp")
    CHECK(mentions(refusal_without_others("redis"), {": include <kennel/backends/redis.hpp> and link kennel::redis"}));
#else
    CHECK(mentions(refusal_without_others("redis"), {"does not have"}));
#endif
#if __has_include("kennel/backends/memcached.hpp")
    CHECK(mentions(refusal_without_others("memcached"),
                   {": include <kennel/backends/memcached.hpp> and link kennel::memcached"}));
#else
    CHECK(mentions(refusal_without_others("memcached"), {"does not have"}));
#endif
    for (const std::string_view name : {"memory", "memory_bytes", "null", "memroy", "dictionary"})
        CHECK(refusal_without_others(name).find("include") == std::string::npos);
}

TEST_CASE("a built-in backend whose name has a slip in it is suggested", "[make_backend]") {
    for (const std::string_view name : {"memroy", "Memory", "dogpile.cache.memroy", "memry", "MEMORY"})
        CHECK(mentions(refusal_of(name), {"(perhaps 'memory' is meant)", "memory_bytes", "null"}));
    for (const std::string_view name : {"memory-bytes", "memory_pickle", "MemoryBytes"})
        CHECK(mentions(refusal_of(name), {"(perhaps 'memory_bytes' is meant)"}));
    for (const std::string_view name : {"nul", "Null", "nulll"})
        CHECK(mentions(refusal_of(name), {"(perhaps 'null' is meant)"}));
}

TEST_CASE("a name that nobody knows is an error that says how to register one and lists those there are",
          "[make_backend]") {
    CHECK(mentions(refusal_of("dictionary"),
                   {"'dictionary'", "register_backend<YourBackend>", "memory", "memory_bytes", "null"}));
}

// What a program finds by name that includes nothing but the umbrella and configures no region: the built-in backends
// are there from the start, and what is not there is an error that names the header to include.

#include <kennel/kennel.hpp>

#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace {

using Backend = std::shared_ptr<kennel::CacheBackend>;

int failures = 0;

void expect(bool is_so, std::string_view promise, std::string_view what) {
    if (is_so) return;
    std::printf("broken: %s: %s\n", std::string(promise).c_str(), std::string(what).c_str());
    ++failures;
}

template <class Expected>
void expect_made(const Backend& backend, std::string_view name) {
    expect(std::dynamic_pointer_cast<Expected>(backend) != nullptr, "a built-in backend is made by its name", name);
}

template <class Action>
std::string refusal_of(Action action) {
    try {
        action();
    } catch (const kennel::PluginNotFound& error) {
        return error.what();
    }
    return "no refusal";
}

void expect_mentioned(const std::string& text, std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts)
        expect(text.find(part) != std::string::npos, std::string("it is said: ").append(part), text);
}

std::string refusal_of_proxy(const std::string& name) {
    return refusal_of([&] {
        static_cast<void>(
            kennel::detail::parse_settings({{"cache.backend", "memory"}, {"cache.wrap", name}}, "cache."));
    });
}

const Backend made_before_main = kennel::make_backend("memory", {.arguments = {{"max_entries", 5}}});

} // namespace

int main() {
    expect_made<kennel::MemoryBackend>(made_before_main, "memory, before main");
    const auto make = [](std::string_view name) { return kennel::make_backend(name, {.arguments = {}}); };
    expect_made<kennel::MemoryBackend>(make("dogpile.cache.memory"), "dogpile.cache.memory");
    expect_made<kennel::MemoryBytesBackend>(make("memory_bytes"), "memory_bytes");
    expect_made<kennel::MemoryBytesBackend>(make("dogpile.cache.memory_pickle"), "dogpile.cache.memory_pickle");
    expect_made<kennel::NullBackend>(make("null"), "null");
    expect_made<kennel::NullBackend>(make("dogpile.cache.null"), "dogpile.cache.null");

    expect_mentioned(refusal_of([&] { make("memroy"); }),
                     {"'memory' is meant", "registered: memory, memory_bytes, null"});
    expect_mentioned(refusal_of([&] { make("redis"); }), {"<kennel/backends/redis.hpp>", "kennel::redis"});

    expect_mentioned(refusal_of_proxy("logging"), {"'logging'", ": include <kennel/proxies/logging.hpp>"});
    expect_mentioned(refusal_of_proxy("retry_delete"),
                     {"'retry_delete'", ": include <kennel/proxies/retry_delete.hpp>"});
    expect_mentioned(refusal_of_proxy("retry-delete"),
                     {"'retry_delete' is meant", "<kennel/proxies/retry_delete.hpp>"});
    expect_mentioned(refusal_of_proxy("audit"), {"'audit'", "register_proxy<YourProxy>", "registered: none"});
    return failures == 0 ? 0 : 1;
}

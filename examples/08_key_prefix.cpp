// Several programs share one store, and each puts a prefix of its own before its keys.

#include <kennel/kennel.hpp>
#include <kennel/proxies/logging.hpp>

#include "expect.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <string_view>

int main() {
    std::string seen_by_backend;
    const auto log = [&](std::string_view line) { seen_by_backend = line; };

    // [mangler]
    kennel::CacheRegion users{{.name = "users", .key_mangler = kennel::prefix_mangler("shop:")}};
    // [/mangler]
    users.configure("memory", {.wrap = {std::make_shared<kennel::LoggingProxy>(log)}});

    users.set("user:5", "Ada");
    std::cout << "the program sets \"user:5\", the backend sees: " << seen_by_backend << '\n';
    expect(seen_by_backend.starts_with("set \"shop:user:5\""),
           "the backend sees the key with its prefix");
    expect(users.get<std::string>("user:5") == "Ada", "the program never does");

    // Any function from text to text is a mangler, so they can be put together: here, only long keys are hashed.
    // [combined]
    const auto prefixed = kennel::prefix_mangler("shop:");
    const auto short_enough = kennel::length_conditional_mangler(200, kennel::sha1_mangle_key);
    kennel::CacheRegion pages{
        {.key_mangler = [=](std::string_view key) { return prefixed(short_enough(key)); }}};
    // [/combined]
    pages.configure("memory", {.wrap = {std::make_shared<kennel::LoggingProxy>(log)}});
    pages.set(std::string(1000, 'x'), 1);
    std::cout << "a key of 1000 letters is: " << seen_by_backend << '\n';
    expect(seen_by_backend.starts_with("set \"shop:") && seen_by_backend.size() < 100,
           "a long key gets short");
}

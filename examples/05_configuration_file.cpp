// needs: toml
// How a region is set up is read from a file, so that those who run the program decide.

#include <kennel/config/toml.hpp>
#include <kennel/kennel.hpp>
#include <kennel/proxies/logging.hpp>

#include "expect.hpp"

#include <iostream>
#include <string>

int main(int argument_count, char** arguments) {
    const std::string path = argument_count > 1 ? arguments[1] : "05_configuration_file.toml";

    // The file has a table for each region. Its names are those of `kennel::ConfigureOptions`.
    // [configure]
    const kennel::Settings settings = kennel::load_toml(path);

    kennel::CacheRegion users{{.name = "users"}};
    users.configure_from_config(settings, "cache.users.");

    kennel::CacheRegion sessions{{.name = "sessions"}};
    sessions.configure_from_config(settings, "cache.sessions.");
    // [/configure]

    users.set("user:5", "Ada");
    sessions.set("session:1", 5);
    std::cout << to_string(users.look_up<std::string>("user:5")) << '\n'
              << to_string(sessions.look_up<int>("session:1")) << '\n';
    expect(users.look_up<std::string>("user:5").is_hit(), "the region for users is set up");
    expect(sessions.look_up<int>("session:1").backend() == "memory_bytes",
           "each region has its own backend");

    // The map may come from anywhere: texts turn into what is wanted, and what is wrong is named.
    // [error]
    kennel::CacheRegion teams;
    try {
        teams.configure_from_config(
            {{"cache.teams.backend", "memory"}, {"cache.teams.expiration_tiem", "5m"}},
            "cache.teams.");
    } catch (const kennel::ValidationError& error) {
        std::cout << error.what() << '\n';
    }
    // [/error]
    expect(!teams.is_configured(), "a setting that is misspelt is an error");
}

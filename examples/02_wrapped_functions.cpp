// A function is wrapped once and then called as before; its arguments make the key.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <optional>
#include <string>

using namespace std::chrono_literals;

// [namespace_scope]
// Regions and wrapped functions may be declared before anybody knows how the cache is to be set up.
kennel::CacheRegion weather{{.name = "weather"}};

int measurements = 0;

double temperature_in(const std::string& city) {
    ++measurements;
    return city == "Oslo" ? -3.5 : 21.0;
}

const auto cached_temperature_in = weather.cache_on_arguments("temperature_in", temperature_in);
// [/namespace_scope]

// [member_function]
/// Knows what was measured; all archives know the same.
class Archive {
public:
    double pressure(const std::string& city, int hour) {
        ++measurements;
        return (city == "Oslo" ? 1003 : 1013) - hour;
    }
};

/// Every station measures something else.
struct Station {
    std::string name;
    double height = 0;

    double pressure(int hour) const { return 1013 - height / 8 - hour; }
};
// [/member_function]

int main() {
    weather.configure("memory", {.expiration_time = 10min});

    // [call]
    const double oslo = cached_temperature_in("Oslo");
    const double same = cached_temperature_in("Oslo"); // from the cache
    // [/call]
    std::cout << "Oslo: " << oslo << " and " << same << " after " << measurements
              << " measurement\n";
    expect(same == -3.5 && measurements == 1, "the second call measures nothing");

    // [members]
    cached_temperature_in.invalidate("Oslo");                                  // forgets one value
    const std::optional<double> forgotten = cached_temperature_in.get("Oslo"); // never measures
    cached_temperature_in.set(-4.0, "Oslo"); // stores what is known otherwise
    const double stored = cached_temperature_in("Oslo");
    const double fresh = cached_temperature_in.refresh("Oslo"); // measures now, whatever is stored
    const double uncached = cached_temperature_in.original()("Oslo"); // the function itself
    // [/members]
    expect(!forgotten && stored == -4.0 && fresh == -3.5 && uncached == -3.5,
           "each member does what it says");
    std::cout << "the key is " << cached_temperature_in.key("Oslo") << '\n';

    // A lambda is wrapped, with a namespace in its keys, an expiration time of its own, and default arguments.
    // [lambda]
    const auto predict = [](const std::string& city, int days) {
        return city + ": sun for " + std::to_string(days);
    };
    const kennel::FunctionOptions<std::string> options = {.key_namespace = "v2",
                                                          .expiration_time = 1h};
    const auto forecast = weather.cache_on_arguments("forecast", predict, options).with_defaults(3);
    const std::string text = forecast("Rome"); // the same as forecast("Rome", 3)
    // [/lambda]
    std::cout << text << ", under " << forecast.key("Rome") << '\n';
    expect(forecast.get("Rome", 3) == "Rome: sun for 3",
           "a default argument that is left out makes the same key");

    // The object of a member function is the first argument, and no part of the key.
    // [call_member]
    const auto pressure = weather.cache_on_arguments("pressure", &Archive::pressure);
    Archive archive;
    const double at_noon = pressure(archive, "Oslo", 12);
    // [/call_member]
    std::cout << "pressure at noon: " << at_noon << ", under " << pressure.key("Oslo", 12) << '\n';
    expect(pressure.get("Oslo", 12) == at_noon, "a member function is cached by its arguments");

    // Where the object makes a difference, it is part of the key.
    // [call_with_identity]
    const auto pressure_at = weather.cache_on_arguments(
        "pressure_at", [](const Station& station, int hour) { return station.pressure(hour); }, {},
        [](const Station& station, int hour) { return kennel::make_key("", station.name, hour); });
    const double on_the_hill = pressure_at({"hill", 160}, 12);
    const double at_the_sea = pressure_at({"harbour", 0}, 12);
    // [/call_with_identity]
    expect(on_the_hill == 981 && at_the_sea == 1001, "each station has its own pressure");
}

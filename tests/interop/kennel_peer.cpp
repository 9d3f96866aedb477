// needs: json
// One of the programs that share a cache in the tests: the one of Kennel. It is started with the backend's name, its
// arguments in JSON, the expiration time in seconds, and "hashed" for keys that are. Each line that it reads is a
// request in JSON, and each line that it writes an answer; dogpile_peer.py speaks the same language.

#include "kennel/kennel.hpp"
#include "kennel/serializers/json.hpp"
#ifdef KENNEL_HAS_REDIS
#include "kennel/backends/redis.hpp"
#endif
#ifdef KENNEL_HAS_MEMCACHED
#include "kennel/backends/memcached.hpp"
#endif

#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using nlohmann::json;
using Region = kennel::CacheRegion<kennel::JsonSerializer>;

kennel::Arguments arguments_of(const json& object) {
    kennel::Arguments arguments;
    for (const auto& [name, value] : object.items()) {
        if (value.is_boolean()) arguments[name] = value.get<bool>();
        else if (value.is_number_integer()) arguments[name] = value.get<int>();
        else if (value.is_number()) arguments[name] = value.get<double>();
        else arguments[name] = value.get<std::string>();
    }
    return arguments;
}

class Peer {
public:
    Peer(const std::string& backend, const kennel::Arguments& arguments, double expiration_time, bool has_hashed_keys)
        : region_({.key_mangler = has_hashed_keys ? kennel::KeyMangler(kennel::sha1_mangle_key) : kennel::KeyMangler(),
                   .function_key_generator = kennel::function_key_generator,
                   .function_multi_key_generator = kennel::function_multi_key_generator},
                  kennel::JsonSerializer()) {
        region_.configure(backend,
                          {.expiration_time = kennel::TimeSpan::from_seconds(expiration_time), .arguments = arguments});
        answer(json::array({"ready"}));
    }

    void serve() {
        for (std::string line; std::getline(std::cin, line);) {
            const json request = json::parse(line);
            created_ = json::array();
            json result = requests_.at(request.at(0))(request);
            answer(json::array({"done", std::move(result), created_}));
        }
    }

private:
    void answer(const json& parts) {
        const std::lock_guard lock(output_);
        std::cout << parts.dump() << std::endl;
    }

    json create(json value) {
        const std::lock_guard lock(output_);
        created_.push_back(value);
        return value;
    }

    json create_held(const json& value) {
        answer(json::array({"creating"}));
        std::string line;
        std::getline(std::cin, line);
        return create(value);
    }

    json get(const std::string& key) {
        std::optional<json> value = region_.get<json>(key);
        return value ? json::array({"hit", *std::move(value)}) : json::array({"miss"});
    }

    json set_multi(const json& values) {
        std::map<std::string, json> entries;
        for (const auto& [key, value] : values.items()) entries[key] = value;
        region_.set_multi(entries);
        return nullptr;
    }

    json get_multi(const std::vector<std::string>& keys) {
        json values = json::array();
        for (std::optional<json>& value : region_.get_multi<json>(keys))
            values.push_back(value ? *std::move(value) : json());
        return values;
    }

    json create_together(const json& request, bool is_held) {
        const std::string key = request.at(1);
        json values = json::array();
        std::mutex mutex;
        {
            std::vector<std::jthread> threads;
            for (int left = request.at(3); left != 0; --left)
                threads.emplace_back([&] {
                    const json value = region_.get_or_create(
                        key, [&] { return is_held ? create_held(request.at(2)) : create(request.at(2)); });
                    const std::lock_guard lock(mutex);
                    values.push_back(value);
                });
        }
        return values;
    }

    json create_many(const std::vector<std::string>& keys, const std::string& prefix) {
        return region_.get_or_create_multi(keys, [&](const std::vector<std::string>& missing) {
            std::vector<json> made;
            for (const std::string& key : missing) made.push_back(create(prefix + key));
            return made;
        });
    }

    json load(int number, const std::string& text, bool truth, double fraction) {
        const auto original = [this](int a, const std::string& b, bool c, double d, std::optional<int> e) {
            return create(json::array({"loaded", a, b, c, d, e ? json(*e) : json()}));
        };
        const auto cached = region_.cache_on_arguments("shop.users:load", original, {.key_namespace = "v2"});
        return cached(number, text, truth, fraction, std::nullopt);
    }

    json area(int width) {
        const auto cached = region_.cache_on_arguments(
            "shop.users:area", [this](int w, int h) { return create(w * h); },
            {.function_key_generator = kennel::kwarg_function_key_generator({"width", "height"})});
        return cached.with_defaults(2)(width);
    }

    json squares(const std::vector<int>& numbers) {
        const auto original = [this](const std::vector<int>& missing) {
            std::vector<json> made;
            for (const int number : missing) made.push_back(create(number * number));
            return made;
        };
        const auto cached = region_.cache_multi_on_arguments("shop.users:squares", original, {.key_namespace = "many"});
        return cached(numbers);
    }

    using Requests = std::map<std::string, std::function<json(const json&)>>;

    Region region_;
    json created_; ///< what creators have made since the last request
    std::mutex output_;
    const Requests requests_{
        {"get", [this](const json& request) { return get(request.at(1)); }},
        {"set",
         [this](const json& request) { return region_.set(request.at(1).get<std::string>(), request.at(2)), json(); }},
        {"delete", [this](const json& request) { return region_.erase(request.at(1).get<std::string>()), json(); }},
        {"set_multi", [this](const json& request) { return set_multi(request.at(1)); }},
        {"get_multi", [this](const json& request) { return get_multi(request.at(1)); }},
        {"is_locked",
         [this](const json& request) { return json(region_.key_is_locked(request.at(1).get<std::string>())); }},
        {"get_or_create",
         [this](const json& request) {
             return region_.get_or_create(request.at(1).get<std::string>(), [&] { return create(request.at(2)); });
         }},
        {"get_or_create_held",
         [this](const json& request) {
             return region_.get_or_create(request.at(1).get<std::string>(), [&] { return create_held(request.at(2)); });
         }},
        {"create_together", [this](const json& request) { return create_together(request, false); }},
        {"create_together_held", [this](const json& request) { return create_together(request, true); }},
        {"get_or_create_multi", [this](const json& request) { return create_many(request.at(1), request.at(2)); }},
        {"load",
         [this](const json& request) { return load(request.at(1), request.at(2), request.at(3), request.at(4)); }},
        {"area", [this](const json& request) { return area(request.at(1)); }},
        {"squares",
         [this](const json& request) { return squares(std::vector<int>(request.begin() + 1, request.end())); }},
    };
};

} // namespace

int main(int count, char** words) {
    if (count != 5) return 2;
    try {
        Peer(words[1], arguments_of(json::parse(words[2])), std::stod(words[3]), words[4] == std::string("hashed"))
            .serve();
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}

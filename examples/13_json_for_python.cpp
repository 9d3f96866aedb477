// needs: json
// A store that is shared with Python programs: keys as dogpile.cache makes them, values as JSON.

#include <kennel/envelope.hpp>
#include <kennel/kennel.hpp>
#include <kennel/serializers/json.hpp>

#include "expect.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

// [type]
struct User {
    int id = 0;
    std::string name;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(User, id, name)
};
// [/type]

/// Shows what a server would be sent.
class ShowingProxy final : public kennel::ProxyBackend {
public:
    void set(std::string_view key, const kennel::CachedValue& value) override {
        stored_key = key;
        stored_bytes = kennel::encode_envelope(value);
        proxied().set(key, value);
    }

    std::string stored_key;
    std::string stored_bytes;
};

int main() {
    const auto show = std::make_shared<ShowingProxy>();

    // [region]
    kennel::CacheRegion users(
        {.name = "users", .function_key_generator = kennel::function_key_generator},
        kennel::JsonSerializer());
    users.configure("memory_bytes", {.expiration_time = 1h, .wrap = {show}}); // or "redis"
    // [/region]

    // In Python: `@region.cache_on_arguments()` on `load_user(user_id)` in the module `shop.users`, in a region whose
    // serializer is `json.dumps` and whose deserializer is `json.loads`.
    // [function]
    const auto load_user = users.cache_on_arguments("shop.users:load_user",
                                                    [](int id) { return User{id, "Ada"}; });
    const User user = load_user(5);
    // [/function]

    std::cout << show->stored_key << "\n" << show->stored_bytes << '\n';
    expect(show->stored_key == "shop.users:load_user|5", "the key is the one that Python makes");
    expect(show->stored_bytes.ends_with(R"(|{"id":5,"name":"Ada"})"),
           "behind the metadata is plain JSON");
    expect(user.name == "Ada" && load_user.get(5)->id == 5, "and it is read again");
}

// Everything that is cached about one user is forgotten at once: first by its keys, then by what they begin with.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

// [registry]
/// Functions of a user's id, and the templates of their keys.
class UserFunctions {
public:
    explicit UserFunctions(kennel::CacheRegion<> region) : region_(std::move(region)) {}

    template <class Function>
    auto add(const std::string& name, Function function) {
        auto cached = region_.cache_on_arguments(name, function);
        key_templates_.push_back([cached](int user_id) { return cached.key(user_id); });
        return cached;
    }

    /// One call of the backend, however many functions there are.
    void invalidate(int user_id) const {
        std::vector<std::string> keys;
        for (const auto& key_template : key_templates_) keys.push_back(key_template(user_id));
        region_.erase_multi(keys);
    }

private:
    kennel::CacheRegion<> region_;
    std::vector<std::function<std::string(int user_id)>> key_templates_;
};
// [/registry]

// [strategy]
/// Invalidates entries by what their keys begin with, without knowing the keys.
class PrefixInvalidation final : public kennel::RegionInvalidationStrategy {
public:
    using Kind = kennel::Invalidation;

    void invalidate_prefix(const std::string& prefix, Kind kind = Kind::hard) {
        const std::unique_lock lock(mutex_);
        prefixes_[prefix].invalidate(kind, std::chrono::system_clock::now());
    }

    void invalidate(Kind kind, kennel::WallTime /*now*/) override { invalidate_prefix("", kind); }

    Kind judge(std::string_view key, const kennel::Metadata& metadata) const override {
        // What was being created when it was invalidated may have been read before, so its creation's beginning counts.
        const kennel::Metadata began{.created = metadata.created -
                                                metadata.creation_cost.duration()};
        const std::shared_lock lock(mutex_);
        Kind worst = Kind::none;
        for (const auto& [prefix, moments] : prefixes_)
            if (key.starts_with(prefix)) worst = (std::max)(worst, moments.judge(key, began));
        return worst;
    }

    bool was_soft_invalidated() const override {
        const std::shared_lock lock(mutex_);
        return std::ranges::any_of(
            prefixes_, [](const auto& entry) { return entry.second.was_soft_invalidated(); });
    }

    kennel::WallTime stamp(kennel::WallTime now) const override {
        const std::shared_lock lock(mutex_);
        for (const auto& [prefix, moments] : prefixes_) now = moments.stamp(now);
        return now;
    }

private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, kennel::DefaultInvalidationStrategy> prefixes_;
};
// [/strategy]

int main() {
    const auto by_prefix = std::make_shared<PrefixInvalidation>();
    kennel::CacheRegion users{{.name = "users"}};
    users.configure("memory", {.expiration_time = 1h, .region_invalidator = by_prefix});

    // [use_registry]
    UserFunctions functions(users);
    const auto name_of = functions.add("name_of",
                                       [](int id) { return "User " + std::to_string(id); });
    const auto score_of = functions.add("score_of", [](int id) { return id * 100; });

    (void)name_of(1), (void)score_of(1), (void)name_of(2);
    functions.invalidate(1);
    // [/use_registry]
    std::cout << "user 1 is forgotten, user 2 is still " << name_of.get(2).value() << '\n';
    expect(!name_of.get(1) && !score_of.get(1) && name_of.get(2),
           "one user is forgotten and the other is not");

    // [use_strategy]
    users.set("team:red:size", 4);
    users.set("team:red:coach", "Ada");
    users.set("team:blue:size", 7);
    by_prefix->invalidate_prefix("team:red:");
    // [/use_strategy]
    std::cout << "the red team is forgotten, the blue one still has "
              << users.get<int>("team:blue:size").value() << '\n';
    expect(!users.get<int>("team:red:size") && !users.get<std::string>("team:red:coach"),
           "a whole prefix is forgotten");
    users.set("team:red:size", 5);
    expect(users.get<int>("team:red:size") == 5, "and what is stored later is not");
}

#include "kennel/name_registry.hpp"

#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

auto counting_creator(int& calls) {
    return [&calls](std::string_view name) {
        ++calls;
        return std::make_shared<std::string>(name);
    };
}

} // namespace

TEST_CASE("a name has one object for as long as somebody holds it") {
    int calls = 0;
    kennel::NameRegistry<std::string> registry(counting_creator(calls));
    std::shared_ptr<std::string> first = registry.get("one");
    CHECK(*first == "one");
    CHECK(registry.get("one") == first);
    CHECK(registry.get("two") != first);
    CHECK(calls == 2);
    const std::weak_ptr<std::string> watch = first;
    first.reset();
    CHECK(watch.expired());
    CHECK(*registry.get("one") == "one");
    CHECK(calls == 3);
}

TEST_CASE("a registry does not grow with the names that were once asked for") {
    int calls = 0;
    kennel::NameRegistry<std::string> registry(counting_creator(calls));
    const std::shared_ptr<std::string> kept = registry.get("kept");
    for (int index = 0; index != 10'000; ++index) CHECK(registry.get(std::to_string(index)) != nullptr);
    CHECK(registry.size() <= 32);
    CHECK(registry.get("kept") == kept);

    std::vector<std::shared_ptr<std::string>> many;
    for (int index = 0; index != 1'000; ++index) many.push_back(registry.get(std::to_string(index)));
    CHECK(registry.size() >= 1'001);
}

TEST_CASE("a creator may ask the registry for another name") {
    struct Node {
        std::shared_ptr<Node> parent;
    };
    kennel::NameRegistry<Node>* self = nullptr;
    kennel::NameRegistry<Node> registry([&](std::string_view name) {
        return std::make_shared<Node>(Node{name == "child" ? self->get("parent") : nullptr});
    });
    self = &registry;
    const std::shared_ptr<Node> child = registry.get("child");
    CHECK(child->parent == registry.get("parent"));
}

TEST_CASE("a creator that fails leaves the registry as it was") {
    bool fails = true;
    kennel::NameRegistry<std::string> registry([&](std::string_view name) {
        if (fails) throw std::runtime_error("no object");
        return std::make_shared<std::string>(name);
    });
    REQUIRE_THROWS_AS(registry.get("one"), std::runtime_error);
    CHECK(registry.size() == 0);
    fails = false;
    CHECK(*registry.get("one") == "one");
}

TEST_CASE("the objects of 19 threads and three names really exclude each other", "[dogpile-137]") {
    constexpr std::size_t thread_count = 19;
    constexpr int rounds = 500;
    const std::array<std::string, 3> names = {"one", "two", "three"};
    kennel::NameRegistry<std::mutex> registry([](std::string_view) { return std::make_shared<std::mutex>(); });
    std::array<std::atomic<int>, 3> inside{};
    std::array<int, 3> unprotected_count{};
    std::atomic<int> overlaps = 0;
    std::latch start(thread_count);
    std::vector<std::thread> threads;
    for (std::size_t index = 0; index != thread_count; ++index)
        threads.emplace_back([&, index] {
            start.arrive_and_wait();
            for (int round = 0; round != rounds; ++round) {
                const std::size_t which = (index + static_cast<std::size_t>(round)) % names.size();
                const std::shared_ptr<std::mutex> mutex = registry.get(names[which]);
                const std::lock_guard lock(*mutex);
                if (inside[which].fetch_add(1) != 0) ++overlaps;
                ++unprotected_count[which];
                inside[which].fetch_sub(1);
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(overlaps == 0);
    CHECK(unprotected_count[0] + unprotected_count[1] + unprotected_count[2] ==
          static_cast<int>(thread_count) * rounds);
    CHECK(registry.size() <= names.size());
}

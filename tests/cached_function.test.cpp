#include "kennel/cached_function.hpp"

#include "kennel/kennel.hpp"
#include "support/messages.hpp"
#include "support/region_variants.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::Creation;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::on_every_region;
using test::RegionFactory;

int calls = 0; ///< of the functions below, since the last `Calls`

/// Counts from zero for one test.
struct Calls {
    Calls() { calls = 0; }
};

int sum(int left, int right) {
    ++calls;
    return left + right;
}

std::string greeting(std::string_view name, const char* mark) {
    ++calls;
    return "Hello " + std::string(name) + mark;
}

int overloaded(int number) { return number; }
[[maybe_unused]] int overloaded(const std::string& text) { return static_cast<int>(text.size()); }

struct Doubling {
    int operator()(int number) const {
        ++calls;
        return 2 * number;
    }
};

struct Account {
    int balance = 0;

    int plus(int amount) {
        ++calls;
        return balance += amount;
    }
    [[nodiscard]] int times(int factor) const {
        ++calls;
        return balance * factor;
    }
    [[nodiscard]] int with_creation(Creation& creation, int number) const noexcept {
        creation.tag("account");
        return balance + number;
    }
};

struct Savings : Account {};

class Shape {
public:
    virtual ~Shape() = default;
    [[nodiscard]] virtual std::string name() const { return "shape"; }
};

class Circle : public Shape {
public:
    [[nodiscard]] std::string name() const override { return "circle"; }
};

class Square final : public Shape {};

class Unknown;

/// Elements that belong to somebody else.
struct Borrowed {
    const int* begin() const { return nullptr; }
    const int* end() const { return nullptr; }
};

/// A region on which expired values are created when the test says so.
struct Deferred {
    std::shared_ptr<std::deque<kennel::CreationJob>> jobs = std::make_shared<std::deque<kennel::CreationJob>>();
    RegionFactory make{};

    [[nodiscard]] kennel::CacheRegion<> region() const {
        return make({.expiration_time = 1min}, {.async_creation_runner = [jobs = jobs](kennel::CreationJob job) {
                        jobs->push_back(std::move(job));
                    }});
    }
    void run() const {
        while (!jobs->empty()) {
            jobs->front()();
            jobs->pop_front();
        }
    }
};

kennel::CacheRegion<> global_region({.name = "global"});
const auto global_sum = global_region.cache_on_arguments("global_sum", sum);

} // namespace

template <>
inline constexpr bool std::ranges::enable_borrowed_range<Borrowed> = true;

template <>
struct kennel::KeyEncoder<Shape> {
    static void append(std::string& key, const Shape& shape) { key += shape.name(); }
};

TEST_CASE("a wrapped function is called once for the same arguments, whose order matters", "[dogpile-22][dogpile-94]") {
    on_every_region([](const RegionFactory& make) {
        const Calls counted;
        auto region = make({.expiration_time = 1min});
        const auto cached = region.cache_on_arguments("minus",
                                                      [](int left, int right) { return ++calls, left - right; });
        CHECK(cached(1, 2) == -1);
        CHECK(cached(1, 2) == -1);
        CHECK(calls == 1);
        CHECK(cached(2, 1) == 1);
        CHECK(calls == 2);
        cached.invalidate(1, 2);
        CHECK(cached(2, 1) == 1);
        CHECK(calls == 2);
        CHECK(cached(1, 2) == -1);
        CHECK(calls == 3);
        make.clock->advance(2min);
        CHECK(cached(1, 2) == -1);
        CHECK(calls == 4);
    });
}

TEST_CASE("functions of one name with different namespaces are kept apart", "[dogpile-95]") {
    const Calls counted;
    const RegionFactory make;
    auto region = make({.expiration_time = 1min});
    const auto first = region.cache_on_arguments("sum", sum, {.key_namespace = "first"});
    const auto second = region.cache_on_arguments("sum", [](int, int) { return 7; }, {.key_namespace = "second"});
    CHECK(first.key(1, 2) == "sum|first|1 2");
    CHECK(first(1, 2) == 3);
    CHECK(second(1, 2) == 7);
    CHECK(first(1, 2) == 3);
    CHECK(calls == 1);
    make.clock->advance(2min);
    first(1, 2);
    CHECK(calls == 2);
}

TEST_CASE("a function's own expiration time goes before the region's, for get too", "[dogpile-96]") {
    const Calls counted;
    const RegionFactory make;
    auto region = make({.expiration_time = 10min});
    const auto cached = region.cache_on_arguments("sum", sum, {.expiration_time = 1min});
    cached(1, 2);
    make.clock->advance(2min);
    CHECK_FALSE(cached.get(1, 2));
    CHECK(region.get<int>(cached.key(1, 2)) == 3);
    cached(1, 2);
    CHECK(calls == 2);
    const auto by_text = region.cache_on_arguments("by text", sum, {.expiration_time = "30s"});
    by_text(1, 2);
    make.clock->advance(31s);
    CHECK_FALSE(by_text.get(1, 2));
}

TEST_CASE("a function's expiration time may be a callable, asked for every call", "[dogpile-97][dogpile-98]") {
    const Calls counted;
    const RegionFactory make;
    auto region = make({.expiration_time = 10min});
    std::optional<kennel::TimeSpan> expiration = 1min;
    const auto cached = region.cache_on_arguments("sum", sum, {.expiration_time = [&] { return expiration; }});
    cached(1, 2);
    make.clock->advance(2min);
    cached(1, 2);
    CHECK(calls == 2);
    expiration = 5min;
    make.clock->advance(2min);
    cached(1, 2);
    CHECK(calls == 2);
    expiration = 0s;
    cached(1, 2);
    cached(1, 2);
    CHECK(calls == 4);
    expiration.reset();
    make.clock->advance(9min);
    cached(1, 2);
    CHECK(calls == 4);
    const auto by_duration = region.cache_on_arguments("other", sum, {.expiration_time = [] { return 1min; }});
    by_duration(1, 2);
    make.clock->advance(2min);
    CHECK_FALSE(by_duration.get(1, 2));
}

TEST_CASE("invalidate, set, get and refresh speak of the value for the arguments",
          "[dogpile-99][dogpile-100][dogpile-101][dogpile-104][dogpile-108]") {
    on_every_region([](const RegionFactory& make) {
        const Calls counted;
        auto region = make();
        const auto cached = region.cache_on_arguments("sum", sum);
        CHECK_FALSE(cached.get(1, 2));
        CHECK(calls == 0);
        cached(1, 2);
        CHECK(cached.get(1, 2) == 3);
        CHECK(calls == 1);

        cached.set(0, 1, 2);
        CHECK(cached(1, 2) == 0);
        CHECK(cached.get(1, 2) == 0);
        CHECK(calls == 1);

        CHECK(cached.refresh(1, 2) == 3);
        CHECK(calls == 2);
        CHECK(cached(1, 2) == 3);
        CHECK(calls == 2);

        cached.invalidate(1, 2);
        CHECK_FALSE(cached.get(1, 2));
        CHECK(cached(1, 2) == 3);
        CHECK(calls == 3);
    });
}

TEST_CASE("the original is the function that was wrapped", "[dogpile-109]") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments("sum", sum);
    CHECK(cached.original()(1, 2) == 3);
    CHECK(cached.original()(1, 2) == 3);
    CHECK(calls == 2);
    CHECK(cached.original() == &sum);
    CHECK_FALSE(cached.get(1, 2));
}

TEST_CASE("two calls to which a generator gives one key share a value", "[dogpile-106]") {
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments(
        "sum", sum,
        {.function_key_generator = [](const kennel::FunctionName& function, std::span<const std::string> arguments) {
            return function.name + "/" + arguments.front();
        }});
    CHECK(cached(1, 2) == 3);
    CHECK(cached(1, 5) == 3);
    CHECK(cached(2, 5) == 7);
    CHECK(cached.key(1, 2) == "sum/1");
}

TEST_CASE("a region's generator makes the keys of all its functions, unless one has its own") {
    const RegionFactory make;
    auto region = make({}, {.function_key_generator = kennel::function_key_generator});
    const auto cached = region.cache_on_arguments("module:greeting", greeting, {.key_namespace = "ns"});
    CHECK(cached.key("a b", "c") == "module:greeting|ns|a b c");
    const auto own = region.cache_on_arguments(
        "module:greeting", greeting,
        {.function_key_generator = kennel::kwarg_function_key_generator({"name", "mark"})});
    CHECK(own.key("a", "b") == "module:greeting|b a");
}

TEST_CASE("the keys of different arguments never meet", "[defect-D21]") {
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments("greeting", greeting);
    CHECK(cached.key("a b", "c") != cached.key("a", "b c"));
    CHECK(cached.key("Ada", "!") == "greeting|Ada !");
    const auto other = region.cache_on_arguments("greeting|x", greeting);
    const auto spaced = region.cache_on_arguments("greeting", greeting, {.key_namespace = "x"});
    CHECK(other.key("a", "b") != spaced.key("a", "b"));
}

TEST_CASE("keys are made from the declared parameters, not from what is passed") {
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments(
        "wide", [](std::int64_t number, const std::string& text) { return std::to_string(number) + text; });
    const short small = 5;
    CHECK(cached.key(small, "x") == cached.key(5L, std::string("x")));
    CHECK(cached.key('\5', "x") == "wide|5 x");
    CHECK(cached(small, "x") == "5x");
}

TEST_CASE("two cached methods with different namespaces may call each other", "[dogpile-110]") {
    const RegionFactory make;
    auto region = make();
    const auto inner = region.cache_on_arguments("value", [](int number) { return number + 1; },
                                                 {.key_namespace = "inner"});
    const auto outer = region.cache_on_arguments("value", [&](int number) { return inner(number) * 2; },
                                                 {.key_namespace = "outer"});
    CHECK(outer(1) == 4);
    CHECK(outer(1) == 4);
    CHECK(inner.get(1) == 2);
}

TEST_CASE("functors, lambdas and std::function can be wrapped") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const auto functor = region.cache_on_arguments("functor", Doubling());
    CHECK(functor(2) == 4);
    CHECK(functor(2) == 4);
    CHECK(calls == 1);
    const auto lambda = region.cache_on_arguments("lambda", [offset = 10](int number) { return number + offset; });
    CHECK(lambda(1) == 11);
    const auto function = region.cache_on_arguments("function", std::function<int(int)>(Doubling()));
    CHECK(function(3) == 6);
    const auto nullary = region.cache_on_arguments("nullary", [] { return ++calls; });
    CHECK(nullary() == nullary());
    CHECK(nullary.key() == "nullary|");
}

TEST_CASE("an overloaded or generic callable is wrapped with its signature spelled out") {
    const RegionFactory make;
    auto region = make();
    const auto chosen = region.cache_on_arguments<int(int)>("overloaded", static_cast<int (*)(int)>(overloaded));
    CHECK(chosen(5) == 5);
    const auto generic = region.cache_on_arguments<std::string(int, bool)>(
        "generic", [](auto number, auto flag) { return std::to_string(number) + (flag ? "+" : "-"); });
    CHECK(generic(5, true) == "5+");
    CHECK(generic.key(5, true) == "generic|5 True");
}

TEST_CASE("the object of a member function is not part of the key", "[H28]") {
    on_every_region([](const RegionFactory& make) {
        const Calls counted;
        auto region = make();
        const auto times = region.cache_on_arguments("Account.times", &Account::times);
        const Account rich{.balance = 100};
        Account poor{.balance = 1};
        CHECK(times(rich, 3) == 300);
        CHECK(times(poor, 3) == 300);
        CHECK(calls == 1);
        CHECK(times.key(3) == "Account.times|3");
        CHECK(times.get(3) == 300);
        CHECK(times.refresh(poor, 3) == 3);
        times.invalidate(3);
        CHECK(times(poor, 3) == 3);
        times.set(9, 3);
        CHECK(times(rich, 3) == 9);
    });
}

TEST_CASE("an address is no part of a key, neither of a member function's object nor of a parameter", "[H28]") {
    STATIC_REQUIRE(kennel::KeyArgument<int>);
    STATIC_REQUIRE_FALSE(kennel::KeyArgument<const Account*>);
    STATIC_REQUIRE_FALSE(kennel::KeyArgument<std::shared_ptr<Account>>);
    STATIC_REQUIRE_FALSE(kennel::KeyArgument<std::vector<Account*>>);
    STATIC_REQUIRE_FALSE(kennel::KeyArgument<void*>);
    const RegionFactory make;
    auto region = make();
    const auto times = region.cache_on_arguments("Account.times", &Account::times);
    auto account = std::make_unique<Account>(Account{.balance = 5});
    CHECK(times(*account, 3) == 15);
    account.reset();
    const Account next{.balance = 6};
    CHECK(times(next, 3) == 15); // the entry is of use after its object is gone
}

TEST_CASE("a member function that changes its object is called on that object") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const auto plus = region.cache_on_arguments("Account.plus", &Account::plus);
    Account account{.balance = 1};
    CHECK(plus(account, 5) == 6);
    CHECK(plus(account, 5) == 6);
    CHECK(account.balance == 6);
    Savings savings;
    CHECK(plus.refresh(savings, 7) == 7);
    CHECK(savings.balance == 7);
}

TEST_CASE("a member function is called on what a pointer points to") {
    const Calls counted;
    const RegionFactory make;
    const auto times = make().cache_on_arguments("Account.times", &Account::times);
    const Account rich{.balance = 100};
    Account* poor = nullptr;
    Account account{.balance = 1};
    poor = &account;
    CHECK(times(&rich, 3) == 300);
    CHECK(times(poor, 3) == 300);
    CHECK(times.refresh(poor, 3) == 3);
}

TEST_CASE("a function that is null cannot be wrapped") {
    const RegionFactory make;
    auto region = make();
    int (*function)(int) = nullptr;
    CHECK(mentions(message_of<kennel::ValidationError>([&] { (void)region.cache_on_arguments("twice", function); }),
                   {"'twice'", "null"}));
    CHECK_THROWS_AS(region.cache_on_arguments("twice", std::function<int(int)>()), kennel::ValidationError);
    CHECK_THROWS_AS(region.cache_on_arguments("times", static_cast<decltype(&Account::times)>(nullptr)),
                    kennel::ValidationError);
}

TEST_CASE("a member function may take its creation") {
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments("Account.with_creation", &Account::with_creation);
    const Account account{.balance = 1};
    CHECK(cached(account, 2) == 3);
    CHECK(region.backend()->get(cached.key(2))->metadata.tags.names() == std::vector<std::string>{"account"});
}

TEST_CASE("an object that is to be part of the key is told apart by a key function", "[GL6]") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const auto times = region.cache_on_arguments(
        "times", [](const Account* account, int factor) { return account->times(factor); }, {},
        [](const Account* account, int factor) {
            return std::to_string(account->balance) + ":" + std::to_string(factor);
        });
    const Account rich{.balance = 100};
    const Account poor{.balance = 1};
    CHECK(times(&rich, 3) == 300);
    CHECK(times(&poor, 3) == 3);
    const Account equally_rich{.balance = 100};
    CHECK(times(&equally_rich, 3) == 300);
    CHECK(calls == 2);
    CHECK(times.key(&rich, 3) == "times|100:3");
}

TEST_CASE("parameters may have default values, and calls with and without them share a key") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments("sum", sum).with_defaults(10);
    CHECK(cached(1) == 11);
    CHECK(cached(1, 10) == 11);
    CHECK(calls == 1);
    CHECK(cached(1, 2) == 3);
    CHECK(cached.key(1) == "sum|1 10");
    CHECK(cached.get(1) == 11);
    cached.set(5, 1);
    CHECK(cached(1, 10) == 5);
    CHECK(cached.refresh(1) == 11);
    cached.invalidate(1);
    CHECK_FALSE(cached.get(1, 10));
    CHECK(cached.original() == &sum);
    const auto all = region.cache_on_arguments("sum", sum).with_defaults(1, 2);
    CHECK(all() == 3);
    CHECK(all.key() == all.key(1, 2));
    const auto texts = region.cache_on_arguments("greeting", greeting).with_defaults("you", "!");
    CHECK(texts() == "Hello you!");
    CHECK(texts("Ada") == "Hello Ada!");
}

TEST_CASE("calls with and without default values share a key also when it is ordered by the parameters' names",
          "[dogpile-117][dogpile-118]") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const kennel::FunctionKeyGenerator by_name = kennel::kwarg_function_key_generator({"right", "left"});
    const auto one = region.cache_on_arguments("one", sum, {.function_key_generator = by_name}).with_defaults(10);
    CHECK(one(1) == 11);
    CHECK(one(1, 10) == 11);
    CHECK(calls == 1);
    CHECK(one.key(1) == "one|10 1");
    CHECK(one.key(1, 10) == one.key(1));
    CHECK(one.key(10, 1) != one.key(1));
    const auto all = region.cache_on_arguments("all", sum, {.function_key_generator = by_name}).with_defaults(1, 2);
    CHECK(all() == 3);
    CHECK(all(1) == 3);
    CHECK(all(1, 2) == 3);
    CHECK(calls == 2);
    CHECK(all.key() == "all|2 1");
    const auto none = region.cache_on_arguments("none", [] { return ++calls; },
                                                {.function_key_generator = kennel::kwarg_function_key_generator({})});
    CHECK(none() == none());
    CHECK(none.key() == "none|");
}

TEST_CASE("a member function's parameters may have default values, too") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const auto times = region.cache_on_arguments("Account.times", &Account::times).with_defaults(2);
    const Account account{.balance = 5};
    CHECK(times(account) == 10);
    CHECK(times(account, 2) == 10);
    CHECK(calls == 1);
    CHECK(times.get() == 10);
    CHECK(times.refresh(account) == 10);
    CHECK(calls == 2);
}

TEST_CASE("a wrapped function may take its creation first, which is not part of the key") {
    on_every_region([](const RegionFactory& make) {
        auto region = make({.expiration_time = 1h});
        std::optional<int> previous;
        const auto cached = region.cache_on_arguments("load", [&](Creation& creation, int number) {
            previous.reset();
            if (const int* const before = creation.previous<int>()) previous = *before;
            if (number < 0) creation.do_not_store();
            creation.expire_after(10s).tag("loaded");
            return number + previous.value_or(0);
        });
        CHECK(cached.key(5) == "load|5");
        CHECK(cached(5) == 5);
        CHECK(region.backend()->get("load|5")->metadata.tags.names() == std::vector<std::string>{"loaded"});
        make.clock->advance(11s);
        CHECK_FALSE(cached.get(5));
        CHECK(cached(5) == 10);
        CHECK(previous == 5);
        CHECK(cached(-1) == -1);
        CHECK_FALSE(cached.get(-1));
    });
}

TEST_CASE("the filter of a wrapped function may look at value and key") {
    const Calls counted;
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments("sum", sum, {.should_cache_fn = [](int value, std::string_view key) {
                                                      return value > 10 && key.starts_with("sum|");
                                                  }});
    cached(1, 2);
    CHECK_FALSE(cached.get(1, 2));
    cached(10, 2);
    CHECK(cached.get(10, 2) == 12);
    CHECK(cached.refresh(1, 2) == 3);
    CHECK_FALSE(cached.get(1, 2));
}

TEST_CASE("a creation in the background owns the texts that it was called with") {
    const Calls counted;
    const Deferred deferred;
    auto region = deferred.region();
    const auto cached = region.cache_on_arguments("greeting", greeting);
    cached("Ada", "!");
    deferred.make.clock->advance(2min);
    {
        const auto name = std::make_unique<std::string>("Ada");
        const auto mark = std::make_unique<std::string>("!");
        CHECK(cached(*name, mark->c_str()) == "Hello Ada!");
        CHECK(deferred.jobs->size() == 1);
        name->assign("Bob");
        mark->assign("?");
    }
    cached.set("stale", "Bob", "?");
    deferred.run();
    CHECK(calls == 2);
    CHECK(cached.get("Ada", "!") == "Hello Ada!");
    CHECK(cached.get("Bob", "?") == "stale");
}

TEST_CASE("a null that a function was called with is null in the background, too") {
    const Deferred deferred;
    auto region = deferred.region();
    const auto describe = [](const char* text) { return std::string(text == nullptr ? "nothing" : text); };
    const auto cached = region.cache_on_arguments(
        "describe", describe, {}, [](const char* text) { return std::string(text == nullptr ? "null" : text); });
    CHECK(cached(nullptr) == "nothing");
    deferred.make.clock->advance(2min);
    cached.set("old", nullptr);
    deferred.make.clock->advance(2min);
    CHECK(cached(nullptr) == "old");
    CHECK(deferred.jobs->size() == 1);
    deferred.run();
    CHECK(cached.get(nullptr) == "nothing");
}

TEST_CASE("what only refers to its elements is never taken to the background") {
    const Deferred deferred;
    auto region = deferred.region();
    const auto total = [](auto... numbers) { return (0 + ... + numbers); };
    const auto by_span = region.cache_on_arguments("span", [](std::span<const int> numbers) {
        ++calls;
        return static_cast<int>(numbers.size());
    });
    const auto by_views = region.cache_on_arguments("views", [](const std::vector<std::string_view>& texts) {
        ++calls;
        return static_cast<int>(texts.front().size());
    });
    const auto by_option = region.cache_on_arguments("option", [](std::optional<std::string_view> text) {
        ++calls;
        return static_cast<int>(text->size());
    });
    const Calls counted;
    const std::vector<int> numbers{1, 2, 3};
    for (int round = 1; round != 3; ++round) {
        CHECK(total(by_span(numbers), by_views({"a text"}), by_option("text")) == 13);
        CHECK(calls == 3 * round);
        deferred.make.clock->advance(2min);
    }
    CHECK(deferred.jobs->empty());
}

TEST_CASE("text of other letters, changeable text and lists in braces are never taken to the background") {
    const Deferred deferred;
    auto region = deferred.region();
    const auto wide = region.cache_on_arguments("wide", [](std::wstring_view text) {
        ++calls;
        return static_cast<int>(text.size());
    });
    const auto changeable = region.cache_on_arguments("changeable", [](char* text) {
        ++calls;
        return static_cast<int>(std::string_view(text).size());
    });
    const auto list = region.cache_on_arguments("list", [](std::initializer_list<int> numbers) {
        ++calls;
        return static_cast<int>(numbers.size());
    });
    const Calls counted;
    std::string text = "text";
    for (int round = 1; round != 3; ++round) {
        CHECK(wide(L"wide text") + changeable(text.data()) + list({1, 2, 3}) == 16);
        CHECK(calls == 3 * round);
        deferred.make.clock->advance(2min);
    }
    CHECK(deferred.jobs->empty());
}

TEST_CASE("what may be of a derived class is never copied for the background") {
    const Deferred deferred;
    auto region = deferred.region();
    const auto name = region.cache_on_arguments("name", [](const Shape& shape) { return shape.name(); });
    const Circle circle;
    CHECK(name(circle) == "circle");
    region.invalidate(kennel::Invalidation::soft);
    CHECK(name(circle) == "circle");
    CHECK(deferred.jobs->empty());
    CHECK(name.get(circle) == "circle");
}

TEST_CASE("an argument is kept for the background when its copy owns what it is made of, as far as its type tells") {
    using kennel::detail::can_be_kept;
    STATIC_REQUIRE(can_be_kept<int>);
    STATIC_REQUIRE(can_be_kept<std::string_view>);
    STATIC_REQUIRE(can_be_kept<const char*>);
    STATIC_REQUIRE(can_be_kept<const std::wstring&>);
    STATIC_REQUIRE(can_be_kept<const std::map<std::string, std::vector<int>>&>);
    STATIC_REQUIRE(can_be_kept<const std::shared_ptr<const Shape>&>);
    STATIC_REQUIRE(can_be_kept<std::shared_ptr<Unknown>>);
    STATIC_REQUIRE(can_be_kept<const std::function<std::string_view(int&)>&>);
    STATIC_REQUIRE(can_be_kept<Shape>);
    STATIC_REQUIRE(can_be_kept<const Square&>);

    STATIC_REQUIRE_FALSE(can_be_kept<const Shape&>);
    STATIC_REQUIRE_FALSE(can_be_kept<Shape&&>);
    STATIC_REQUIRE_FALSE(can_be_kept<std::wstring_view>);
    STATIC_REQUIRE_FALSE(can_be_kept<const std::u8string_view&>);
    STATIC_REQUIRE_FALSE(can_be_kept<char*>);
    STATIC_REQUIRE_FALSE(can_be_kept<const wchar_t*>);
    STATIC_REQUIRE_FALSE(can_be_kept<const std::vector<char*>&>);
    STATIC_REQUIRE_FALSE(can_be_kept<std::initializer_list<int>>);
    STATIC_REQUIRE_FALSE(can_be_kept<std::span<const int, 3>>);
    STATIC_REQUIRE_FALSE(can_be_kept<std::tuple<int, const std::string&>>);
    STATIC_REQUIRE_FALSE(can_be_kept<std::ranges::ref_view<const std::vector<int>>>);
    STATIC_REQUIRE_FALSE(can_be_kept<std::ranges::subrange<const int*>>);
    STATIC_REQUIRE_FALSE(can_be_kept<std::optional<std::ranges::subrange<const int*>>>);
    STATIC_REQUIRE_FALSE(can_be_kept<const Borrowed&>);
}

TEST_CASE("arguments that can only be moved reach the original, with a key function") {
    const Calls counted;
    const Deferred deferred;
    auto region = deferred.region();
    const auto cached = region.cache_on_arguments(
        "move", [](std::unique_ptr<int> number) { return ++calls, *number * 2; }, {},
        [](const std::unique_ptr<int>& number) { return std::to_string(*number); });
    CHECK(cached(std::make_unique<int>(4)) == 8);
    CHECK(cached(std::make_unique<int>(4)) == 8);
    CHECK(calls == 1);
    deferred.make.clock->advance(2min);
    CHECK(cached(std::make_unique<int>(4)) == 8);
    CHECK(calls == 2);
    CHECK(deferred.jobs->empty());
}

TEST_CASE("values that can only be moved are shared by pointer") {
    const RegionFactory make;
    auto region = make();
    const auto cached = region.cache_on_arguments("shared", [](int number) {
        return std::make_shared<const std::unique_ptr<int>>(std::make_unique<int>(number));
    });
    CHECK(**cached(5) == 5);
    CHECK(cached(5) == cached(5));
}

TEST_CASE("a wrapper outlives the region's handle and the scope that made it") {
    const Calls counted;
    const auto make_wrapper = [] {
        kennel::CacheRegion<> region({.name = "short-lived"});
        region.configure("memory");
        return region.cache_on_arguments("sum", sum);
    };
    auto copy = std::make_unique<decltype(make_wrapper())>(make_wrapper());
    const auto cached = *copy;
    copy.reset();
    CHECK(cached(1, 2) == 3);
    CHECK(cached(1, 2) == 3);
    CHECK(calls == 1);
}

TEST_CASE("a function wrapped at namespace scope works once its region is configured") {
    const Calls counted;
    CHECK_THROWS_AS(global_sum(1, 2), kennel::RegionNotConfigured);
    CHECK_THROWS_AS(global_sum.set(1, 1, 2), kennel::RegionNotConfigured);
    CHECK(global_sum.key(1, 2) == "global_sum|1 2");
    CHECK(calls == 0);
    global_region.configure("memory");
    CHECK(global_sum(1, 2) == 3);
    CHECK(global_sum(1, 2) == 3);
    CHECK(calls == 1);
}

TEST_CASE("a wrapped function's stale time and timeouts go before the region's") {
    const Calls counted;
    const Deferred deferred;
    auto region = deferred.region();
    const auto cached = region.cache_on_arguments("sum", sum, {.stale_time = 0s});
    cached(1, 2);
    deferred.make.clock->advance(2min);
    CHECK(cached(1, 2) == 3);
    CHECK(calls == 2);
    CHECK(deferred.jobs->empty());
}

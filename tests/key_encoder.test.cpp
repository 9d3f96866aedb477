#include "kennel/key_encoder.hpp"

#include "kennel/errors.hpp"
#include "kennel/key_generator.hpp"
#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace {

struct Plain {};

struct Team {
    std::string name;
};

struct Shouting {
    std::string text;
    operator std::string_view() const { return text; } // NOLINT(*-explicit-*)
};

enum class Colour : std::uint8_t { red, green };
enum Size { small_size = -1, large_size = 3 };

} // namespace

template <>
struct kennel::KeyEncoder<Team> {
    static void append(std::string& key, const Team& team) { key += "team " + team.name; }
};

template <>
struct kennel::KeyEncoder<std::shared_ptr<Team>> {
    static void append(std::string& key, const std::shared_ptr<Team>& team) { key += team->name; }
};

namespace {

using kennel::KeyArgument;

static_assert(KeyArgument<int> && KeyArgument<const int&> && KeyArgument<bool> && KeyArgument<char>);
static_assert(KeyArgument<std::string> && KeyArgument<std::string_view> && KeyArgument<const char*>);
static_assert(KeyArgument<char*> && KeyArgument<const char (&)[4]> && KeyArgument<Shouting>);
static_assert(KeyArgument<std::optional<std::vector<std::pair<int, std::string>>>>);
static_assert(KeyArgument<std::map<std::string, std::set<int>>> && KeyArgument<std::span<const int>>);
static_assert(KeyArgument<std::variant<std::monostate, int, std::tuple<>>>);
static_assert(KeyArgument<std::chrono::seconds> && KeyArgument<std::chrono::system_clock::time_point>);
static_assert(KeyArgument<Team> && KeyArgument<std::vector<Team>> && KeyArgument<std::shared_ptr<Team>>);

static_assert(!KeyArgument<void> && !KeyArgument<void()> && !KeyArgument<void (*)()>);
static_assert(!KeyArgument<int*> && !KeyArgument<const Plain*> && !KeyArgument<void*>);
static_assert(!KeyArgument<std::nullptr_t> && !KeyArgument<const unsigned char*>);
static_assert(!KeyArgument<Plain> && !KeyArgument<Plain&> && !KeyArgument<std::vector<Plain>>);
static_assert(!KeyArgument<std::shared_ptr<int>> && !KeyArgument<std::unique_ptr<std::string>>);
static_assert(!KeyArgument<std::unordered_map<std::string, int>> && !KeyArgument<std::unordered_set<int>>);
static_assert(!KeyArgument<std::unordered_multimap<int, int>>);
static_assert(!KeyArgument<std::reference_wrapper<int>>);
static_assert(!KeyArgument<std::reference_wrapper<const std::string_view>>);
static_assert(!KeyArgument<std::optional<int*>> && !KeyArgument<std::tuple<int, Plain>>);
static_assert(!KeyArgument<std::variant<int, const Plain*>> && !KeyArgument<std::map<int, int*>>);
static_assert(!KeyArgument<std::filesystem::path>); // a range of itself

template <class Type>
std::string encoded(const Type& argument) {
    std::string key;
    kennel::append_key_argument(key, argument);
    return key;
}

} // namespace

TEST_CASE("values in a key are written as Python writes them") {
    CHECK(encoded(true) == "True");
    CHECK(encoded(false) == "False");
    CHECK(encoded(0) == "0");
    CHECK(encoded(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(encoded(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(encoded(static_cast<signed char>(-5)) == "-5");
    CHECK(encoded(static_cast<unsigned char>(200)) == "200");
    CHECK(encoded(U'A') == "65");
    CHECK(encoded(std::nullopt) == "None");
    CHECK(encoded(std::optional<int>()) == "None");
    CHECK(encoded(std::optional<int>(7)) == "7");
    CHECK(encoded("text") == "text");
    CHECK(encoded(std::string("sch\xc3\xb6n")) == "sch\xc3\xb6n");
}

TEST_CASE("floating point numbers are written as Python's repr, shortest and locale-free") {
    CHECK(encoded(1.0) == "1.0");
    CHECK(encoded(-1.5) == "-1.5");
    CHECK(encoded(0.1) == "0.1");
    CHECK(encoded(0.1 + 1e-9) == "0.100000001");
    CHECK(encoded(123456.75) == "123456.75");
    CHECK(encoded(1e15) == "1000000000000000.0");
    CHECK(encoded(1e16) == "1e+16");
    CHECK(encoded(1.25e22) == "1.25e+22");
    CHECK(encoded(9007199254740993.0) == "9007199254740992.0");
    CHECK(encoded(0.0001) == "0.0001");
    CHECK(encoded(0.00001) == "1e-05");
    CHECK(encoded(0.000123) == "0.000123");
    CHECK(encoded(1e100) == "1e+100");
    CHECK(encoded(5e-324) == "5e-324");
    CHECK(encoded(0.0) == "0.0");
    CHECK(encoded(-0.0) == "-0.0");
    CHECK(encoded(std::numeric_limits<double>::infinity()) == "inf");
    CHECK(encoded(-std::numeric_limits<double>::infinity()) == "-inf");
    CHECK(encoded(std::numeric_limits<double>::quiet_NaN()) == "nan");
    CHECK(encoded(-std::numeric_limits<double>::quiet_NaN()) == "nan");
    CHECK(encoded(0.1F) == "0.1");
    CHECK(encoded(0.5L) == "0.5");
}

TEST_CASE("characters with a meaning in keys are escaped in text, all others stay") {
    CHECK(encoded("a b") == "a%20b");
    CHECK(encoded("100%|a,b[c](d)") == "100%25%7Ca%2Cb%5Bc%5D%28d%29");
    CHECK(encoded(std::string_view("\0\x1f\x7f\n", 4)) == "%00%1F%7F%0A");
    CHECK(encoded("\xe2\x82\xac\xff!:;{}\"'=") == "\xe2\x82\xac\xff!:;{}\"'=");
    CHECK(encoded(' ') == "%20");
    CHECK(encoded('a') == "a");
    CHECK(encoded(Shouting{"a b"}) == "a%20b");
}

TEST_CASE("enumerations are their value, durations and time points their ticks") {
    CHECK(encoded(Colour::green) == "1");
    CHECK(encoded(small_size) == "-1");
    CHECK(encoded(std::byte{255}) == "255");
    CHECK(encoded(std::chrono::milliseconds(1500)) == "1500");
    CHECK(encoded(std::chrono::duration<double>(1.5)) == "1.5");
    CHECK(encoded(std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))) == "1800000000");
}

TEST_CASE("containers, pairs, tuples and variants nest in a key") {
    CHECK(encoded(std::vector{1, 2}) == "[1,2]");
    CHECK(encoded(std::vector<bool>{true, false}) == "[True,False]");
    CHECK(encoded(std::array<std::string, 2>{"a b", "c"}) == "[a%20b,c]");
    CHECK(encoded(std::deque{1}) == "[1]");
    CHECK(encoded(std::list<int>()) == "[]");
    CHECK(encoded(std::set{3, 1}) == "[1,3]");
    CHECK(encoded(std::map<std::string, int>{{"b", 2}, {"a", 1}}) == "[(a,1),(b,2)]");
    const std::array numbers = {4, 5};
    CHECK(encoded(std::span<const int>(numbers)) == "[4,5]");
    CHECK(encoded(std::pair(1, std::string("x"))) == "(1,x)");
    CHECK(encoded(std::tuple(1, std::vector{2}, std::optional<int>())) == "(1,[2],None)");
    CHECK(encoded(std::tuple()) == "()");
    CHECK(encoded(std::variant<int, std::string>("1")) == "1:1");
    CHECK(encoded(std::variant<int, std::string>(1)) == "0:1");
}

TEST_CASE("an empty text, no text and the text None are three keys, however they nest") {
    using Text = std::optional<std::string>;
    using Nested = std::optional<Text>;
    CHECK(encoded(Text()) == "None");
    CHECK(encoded(Text("None")) == "%4Eone");
    CHECK(encoded(Text("%4Eone")) == "%254Eone");
    CHECK(encoded(std::string("None")) == "None");
    CHECK(encoded(Nested()) == "None");
    CHECK(encoded(Nested(Text())) == "%4Eone");
    CHECK(encoded(Nested(Text("None"))) == "%4E%4Eone");
    CHECK(encoded(std::optional<std::monostate>(std::monostate())) == "%4Eone");
    CHECK(encoded(std::vector<std::string>()) == "[]");
    CHECK(encoded(std::vector<std::string>{""}) == "[%]");
    CHECK(encoded(std::vector<std::string>{"", ""}) == "[%,%]");
    CHECK(encoded(std::vector<std::string>{"%"}) == "[%25]");
}

TEST_CASE("a user's own text for a type is escaped, also inside containers and instead of a refusal") {
    CHECK(encoded(Team{"a|b"}) == "team%20a%7Cb");
    CHECK(encoded(std::vector{Team{"x"}, Team{"y,z"}}) == "[team%20x,team%20y%2Cz]");
    CHECK(encoded(std::make_shared<Team>(Team{"None"})) == "None");
    CHECK(encoded(std::optional(std::make_shared<Team>(Team{"None"}))) == "%4Eone");
}

TEST_CASE("a null pointer to text is refused, and an array of characters ends at its NUL") {
    const char* null = nullptr;
    REQUIRE_THROWS_AS(encoded(null), kennel::ValidationError);
    REQUIRE_THROWS_AS(kennel::key_text(null), kennel::ValidationError);
    const char array[8] = "abc";
    CHECK(encoded(array) == "abc");
    const char full[2] = {'a', 'b'};
    CHECK(encoded(full) == "ab");
}

namespace {

/// Makes values from alphabets that are as likely as can be to give the same text twice.
class Chance {
public:
    explicit Chance(unsigned seed) : engine_(seed) {}

    void fill(int& number) { number = static_cast<int>(below(4)) - 1; }
    void fill(bool& flag) { flag = below(2) == 0; }
    void fill(char& symbol) { symbol = pick({'a', ' ', ',', '%', '|', ')', '\0'}); }
    void fill(double& number) { number = pick({0.0, -0.0, 1.0, 1.5, 1e16}); }
    void fill(std::monostate&) {}
    void fill(std::string& text) {
        text.clear();
        for (std::size_t parts = below(3); parts != 0; --parts)
            text += pick<std::string>(
                {"", "None", "one", "%4E", "%", " ", ",", "[", "]", "(", ")", "|", "0:", "1", "True", "%2C", "%20"});
    }
    template <class Value>
    void fill(std::optional<Value>& optional) {
        optional.reset();
        if (below(2) == 0) return;
        Value value{};
        fill(value);
        optional = std::move(value);
    }
    template <class Value>
    void fill(std::vector<Value>& values) {
        values.resize(below(3));
        for (Value& value : values) fill(value);
    }
    template <class Key, class Value>
    void fill(std::map<Key, Value>& values) {
        values.clear();
        for (std::size_t count = below(3); count != 0; --count) {
            Key key;
            fill(key);
            fill(values[key]);
        }
    }
    template <class First, class Second>
    void fill(std::pair<First, Second>& pair) {
        fill(pair.first);
        fill(pair.second);
    }
    template <class... Elements>
    void fill(std::tuple<Elements...>& tuple) {
        std::apply([this](auto&... elements) { (this->fill(elements), ...); }, tuple);
    }
    template <class First, class Second>
    void fill(std::variant<First, Second>& variant) {
        First first{};
        Second second{};
        fill(first);
        fill(second);
        if (below(2) == 0) variant.template emplace<0>(std::move(first));
        else variant.template emplace<1>(std::move(second));
    }

private:
    std::size_t below(std::size_t end) { return engine_() % end; }

    template <class Value>
    Value pick(std::initializer_list<Value> values) {
        return values.begin()[below(values.size())];
    }

    std::mt19937 engine_;
};

/// Whether all keys of random argument lists of these types that are equal come from equal lists.
template <class... Parameters>
bool keys_are_injective(unsigned seed) {
    Chance chance(seed);
    std::map<std::string, std::tuple<Parameters...>> seen;
    for (int round = 0; round != 20'000; ++round) {
        std::tuple<Parameters...> arguments;
        chance.fill(arguments);
        const std::string key = std::apply([](const auto&... each) { return kennel::make_key("f|", each...); },
                                           arguments);
        const auto [place, is_new] = seen.emplace(key, arguments);
        const auto text_of = [](const auto& list) { return kennel::key_text(list); };
        if (!is_new && (place->second != arguments || text_of(place->second) != text_of(arguments))) {
            UNSCOPED_INFO(key << " stands for " << text_of(place->second) << " and " << text_of(arguments));
            return false;
        }
    }
    return seen.size() > 1;
}

} // namespace

TEST_CASE("different argument lists of the same types never have the same key") {
    using Text = std::string;
    using MaybeText = std::optional<Text>;
    using Choice = std::variant<Text, MaybeText>;
    const unsigned seed = GENERATE(1U, 2U, 3U);
    CHECK(keys_are_injective<Text, Text>(seed));
    CHECK(keys_are_injective<Text, Text, Text>(seed));
    CHECK(keys_are_injective<int, bool, char, double, Text>(seed));
    CHECK(keys_are_injective<MaybeText, MaybeText>(seed));
    CHECK(keys_are_injective<std::optional<std::optional<MaybeText>>, char>(seed));
    CHECK(keys_are_injective<std::optional<std::optional<std::monostate>>>(seed));
    CHECK(keys_are_injective<std::vector<Text>, Text>(seed));
    CHECK(keys_are_injective<std::vector<std::vector<Text>>, std::vector<MaybeText>>(seed));
    CHECK(keys_are_injective<std::optional<std::vector<MaybeText>>>(seed));
    CHECK(keys_are_injective<std::vector<std::optional<std::vector<Text>>>>(seed));
    CHECK(keys_are_injective<std::map<Text, std::vector<Text>>, Text>(seed));
    CHECK(keys_are_injective<std::pair<Text, MaybeText>, std::tuple<Text, std::tuple<Text>>>(seed));
    CHECK(keys_are_injective<std::vector<Choice>, std::optional<Choice>>(seed));
    CHECK(keys_are_injective<std::vector<std::variant<std::monostate, std::vector<Text>>>>(seed));
}

TEST_CASE("the text of an argument for Python is what Python's str gives") {
    using kennel::key_text;
    CHECK(key_text("a b|c%") == "a b|c%");
    CHECK(key_text(std::optional<std::string>()) == "None");
    CHECK(key_text(std::optional<std::string>("None")) == "None");
    CHECK(key_text(true) == "True");
    CHECK(key_text(1.0) == "1.0");
    CHECK(key_text('x') == "x");
    CHECK(key_text(Colour::red) == "0");
    CHECK(key_text(std::chrono::seconds(90)) == "90");
    CHECK(key_text(Team{"a b"}) == "team a b");
    CHECK(key_text(std::variant<int, std::string>("one two")) == "one two");
    CHECK(key_text(std::vector<std::string>{"a", "it's", "\"'\\\n\x01"}) == R"(['a', "it's", '"\'\\\n\x01'])");
    CHECK(key_text(std::vector<double>{}) == "[]");
    CHECK(key_text(std::tuple(1, "a", std::optional<int>())) == "(1, 'a', None)");
    CHECK(key_text(std::tuple(1)) == "(1,)");
    CHECK(key_text(std::tuple()) == "()");
    CHECK(key_text(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == "{'a': 1, 'b': 2}");
    CHECK(key_text(std::map<int, int>{}) == "{}");
    CHECK(key_text(std::set{2, 1}) == "{1, 2}");
    CHECK(key_text(std::set<int>{}) == "set()");
}

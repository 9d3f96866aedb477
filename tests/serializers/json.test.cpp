// needs: json
#include "kennel/serializers/json.hpp"

#include "kennel/kennel.hpp"
#include "kennel/testing/serializer_contract.hpp"
#include "support/catch.hpp"
#include "support/chosen_keys.hpp"
#include "support/contract.hpp"
#include "support/python.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace json_test {

enum class Level { low = 1, high = 2 };
enum class Color { red, green };
NLOHMANN_JSON_SERIALIZE_ENUM(Color, {{Color::red, "red"}, {Color::green, "green"}})

struct User {
    std::string name;
    int age = 0;
    bool operator==(const User&) const = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(User, name, age)
};

struct Plain {
    int number = 0;
};

struct Picky {
    int number = 0;
};

inline void to_json(nlohmann::json& tree, const Picky& picky) {
    if (picky.number < 0) tree.at("nothing"); // a nlohmann exception
    tree = picky.number;
}

inline void from_json(const nlohmann::json&, Picky&) { throw std::runtime_error("never"); }

struct Measured {
    std::uint8_t small = 0;
    std::int64_t big = 0;
    double exact = 0;
    float rough = 0;
    bool flag = false;
    bool operator==(const Measured&) const = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(Measured, small, big, exact, rough, flag)
};

struct Hash {
    std::size_t operator()(const Measured& measured) const noexcept { return measured.small; }
};

struct Sets {
    std::unordered_set<std::string> texts;
    std::unordered_set<std::int64_t> numbers;
    std::unordered_set<Measured, Hash> structs;
    std::tuple<int, double> pair;
    bool operator==(const Sets&) const = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(Sets, texts, numbers, structs, pair)
};

/// Takes text for a number, and a number for a flag, because its author wants it so.
struct Lenient {
    int number = 0;
    bool flag = false;
};

inline void to_json(nlohmann::json& tree, const Lenient& lenient) {
    tree = {{"number", std::to_string(lenient.number)}, {"flag", lenient.flag}};
}

inline void from_json(const nlohmann::json& tree, Lenient& lenient) {
    const auto& number = tree.at("number");
    lenient.number = number.is_string() ? std::stoi(number.get<std::string>()) : number.get<int>();
    lenient.flag = tree.at("flag") != 0 && tree.at("flag") != false;
}

/// Cannot be written from every value that can be read.
struct WritesInfinity {
    double number = 0;
};

inline void to_json(nlohmann::json& tree, const WritesInfinity& value) {
    tree = {value.number, std::numeric_limits<double>::quiet_NaN()};
}

inline void from_json(const nlohmann::json& tree, WritesInfinity& value) { value.number = tree.at(0).get<double>(); }

} // namespace json_test

using namespace json_test;
using kennel::CantDeserializeException;
using kennel::JsonSerializer;
using kennel::SerializationError;
using kennel::SerializerFor;

namespace {

const JsonSerializer serializer;

template <class Type>
Type round_trip(const Type& value) {
    return serializer.deserialize<Type>(serializer.serialize(value));
}

template <class Type>
bool is_refused(std::string_view bytes) {
    try {
        (void)serializer.deserialize<Type>(bytes);
        return false;
    } catch (const CantDeserializeException&) {
        return true;
    }
}

std::string hex(std::string_view bytes) {
    std::string digits;
    for (const char byte : bytes) {
        digits += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
        digits += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
    }
    return digits;
}

} // namespace

TEST_CASE("the JSON serializer keeps the serializer contract", "[json]") {
    kennel::testing_support::run_contract(kennel::serializer_contract(serializer));
}

TEST_CASE("values are written as the JSON that one expects", "[json]") {
    using Object = std::map<std::string, int>;
    CHECK(serializer.serialize(std::string("a\"\\\n|\xc3\xa9")) == "\"a\\\"\\\\\\n|\xc3\xa9\"");
    CHECK(serializer.serialize(-5) == "-5");
    CHECK(serializer.serialize(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(serializer.serialize('A') == "65");
    CHECK(serializer.serialize(1.0) == "1.0");
    CHECK(serializer.serialize(true) == "true");
    CHECK(serializer.serialize(Level::high) == "2");
    CHECK(serializer.serialize(Color::green) == "\"green\"");
    CHECK(serializer.serialize(std::optional<int>()) == "null");
    CHECK(serializer.serialize(std::vector<std::optional<int>>{1, std::nullopt}) == "[1,null]");
    CHECK(serializer.serialize(std::make_shared<const int>(3)) == "3");
    CHECK(serializer.serialize(std::tuple<int, std::string, std::pair<bool, bool>>(1, "x", {true, false})) ==
          "[1,\"x\",[true,false]]");
    CHECK(serializer.serialize(std::vector<bool>{true}) == "[true]");
    CHECK(serializer.serialize(Object{{"b", 2}, {"a", 1}}) == "{\"a\":1,\"b\":2}");
    CHECK(serializer.serialize(Object()) == "{}");
    CHECK(serializer.serialize(std::map<int, bool>{{1, true}}) == "[[1,true]]");
    CHECK(serializer.serialize(User{"ann", 30}) == "{\"age\":30,\"name\":\"ann\"}");
    CHECK(serializer.serialize(nlohmann::json{{"a", nullptr}}) == "{\"a\":null}");
}

TEST_CASE("values of all kinds come back", "[json]") {
    using Users = std::unordered_map<std::string, std::vector<User>>;
    const Users users{{"x", {{"ann", 30}, {"", -1}}}, {"", {}}};
    CHECK(round_trip(users) == users);
    CHECK(round_trip(std::map<std::pair<int, int>, std::string>{{{1, 2}, "a"}}).at({1, 2}) == "a");
    CHECK(round_trip(std::set<std::string>{"a", "b"}).size() == 2);
    CHECK(round_trip(std::array<Level, 2>{Level::high, Level::low})[0] == Level::high);
    CHECK(round_trip(Color::green) == Color::green);
    CHECK(round_trip(std::tuple<>()) == std::tuple<>());
    CHECK(*round_trip(std::make_shared<const User>(User{"bob", 1})) == User{"bob", 1});
    CHECK(round_trip(std::shared_ptr<int>()) == nullptr);
    CHECK(round_trip(nlohmann::json()) == nlohmann::json());
    CHECK(round_trip(nlohmann::json{{"a", {1, 2.5, "x", nullptr, false}}}).at("a").size() == 5);
    CHECK(round_trip(0.1F) == 0.1F);
}

TEST_CASE("JSON as Python writes it is read", "[json]") {
    const std::string_view text = R"({"foo": ["bar", 1, false, null], "u": "\u00e9", "x": 1.5})";
    const auto tree = serializer.deserialize<nlohmann::json>(text);
    REQUIRE(tree.at("foo") == nlohmann::json{"bar", 1, false, nullptr});
    REQUIRE(tree.at("u") == "\xc3\xa9");
    REQUIRE(tree.at("x") == 1.5);

    using Row = std::tuple<std::string, int, bool, std::optional<int>>;
    REQUIRE(serializer.deserialize<Row>(R"(["bar", 1, false, null])") == Row("bar", 1, false, std::nullopt));
    REQUIRE(serializer.deserialize<double>("1e+16") == 1e16);
    REQUIRE(serializer.deserialize<std::string>(R"("\ud83d\udc15")") == "\xf0\x9f\x90\x95");
}

TEST_CASE("Python reads what is written", "[json]") {
    using Object = std::map<std::string, nlohmann::json>;
    const Object object{{"foo", {"bar", 1, false, nullptr}},
                        {"u", "\xc3\xa9\xf0\x9f\x90\x95|\x7f\n"},
                        {"x", 1.5},
                        {"zero", std::string(1, '\0')},
                        {"big", std::numeric_limits<std::uint64_t>::max()},
                        {"", nlohmann::json::object()}};
    const std::string expected =
        R"({"foo": ["bar", 1, False, None], "u": "\u00e9\U0001f415|\x7f\n", "x": 1.5, "zero": "\0",)"
        R"( "big": 2 ** 64 - 1, "": {}})";
    if (!test::run_python("")) SKIP("there is no python3");
    const auto answer = test::run_python("import json\nprint(json.loads(bytes.fromhex(\"" +
                                         hex(serializer.serialize(object)) + "\")) == " + expected + ")");
    REQUIRE(answer == "True\n");
}

TEST_CASE("an integer is read from an integer in its range only", "[json]") {
    CHECK(serializer.deserialize<std::int8_t>("-128") == -128);
    for (const std::string_view text :
         {"128", "-129", "1.0", "1e2", "true", "null", "\"1\"", "[1]", "", "99999999999999999999"})
        CHECK(is_refused<std::int8_t>(text));
    CHECK(is_refused<unsigned>("-1"));
    CHECK(is_refused<std::uint64_t>("18446744073709551616"));
    CHECK(is_refused<std::int64_t>("9223372036854775808"));
    CHECK(is_refused<char>("1000"));
    CHECK(is_refused<std::vector<int>>("[1, true]"));
    CHECK(is_refused<Level>("1.5"));
    CHECK(is_refused<Level>("true"));
}

TEST_CASE("members of a type with from_json are read as strictly as values alone", "[json]") {
    CHECK(serializer.deserialize<Measured>(R"({"small": 255, "big": -5, "exact": 7, "rough": 0.1, "flag": true})") ==
          Measured{255, -5, 7.0, 0.1F, true});
    CHECK(serializer.deserialize<Measured>(R"({"exact": 9007199254740993, "rough": 16777217, "unknown": 1.5})") ==
          Measured{.exact = 9007199254740992.0, .rough = 16777216.0F});
    for (const std::string_view text :
         {R"({"small": 1.7})", R"({"small": 1.0})", R"({"small": true})", R"({"small": 256})", R"({"small": -1})",
          R"({"big": 9223372036854775808})", R"({"big": 18446744073709551615})", R"({"big": 1e19})",
          R"({"exact": true})", R"({"exact": false})", R"({"rough": 1e300})", R"({"rough": true})", R"({"flag": 1})",
          R"({"small": "1"})"})
        CHECK(is_refused<Measured>(text));
    CHECK(is_refused<std::vector<Measured>>(R"([{"small": 1}, {"small": 1.5}])"));
    CHECK(is_refused<User>(R"({"name": "ann", "age": 30.5})"));
}

TEST_CASE("the order of a hash table's elements in a type with from_json does not matter, their kind does", "[json]") {
    Sets sets;
    for (std::int64_t number = 0; number != 100; ++number) {
        sets.numbers.insert(number * 1'000'003 % 1'009);
        sets.numbers.insert(9'007'199'254'740'992 + number);
        sets.structs.insert(Measured{.small = static_cast<std::uint8_t>(number), .exact = 0.5, .flag = true});
    }
    CHECK(round_trip(sets) == sets);
    CHECK(serializer.deserialize<Sets>(R"({"numbers": [3, 1, 2]})").numbers.size() == 3);
    CHECK(serializer.deserialize<Sets>(R"({"texts": ["b", "a", "a"]})").texts.size() == 2);
    CHECK(is_refused<Sets>(R"({"numbers": [3, 1, 1.5]})"));
    CHECK(is_refused<Sets>(R"({"numbers": [3, true, 2]})"));
    CHECK(is_refused<Sets>(R"({"numbers": [1, 1]})"));
    CHECK(is_refused<Sets>(R"({"structs": [{"small": 3}, {"small": 1.5}]})"));
    CHECK(is_refused<Sets>(R"({"pair": [1.5, 1.5]})"));
    CHECK(serializer.deserialize<Sets>(R"({"pair": [2, 1]})").pair == std::tuple(2, 1.0));
}

TEST_CASE("a from_json may take what it likes, as long as a number that is written was read", "[json]") {
    CHECK(serializer.deserialize<Lenient>(R"({"number": "5", "flag": true})").number == 5);
    CHECK(serializer.deserialize<Lenient>(R"({"number": 5, "flag": 1})").flag);
    CHECK(is_refused<WritesInfinity>("[1.5, 1]"));
}

TEST_CASE("a truth value is read from true and false only, text from text only", "[json]") {
    for (const std::string_view text : {"0", "1", "null", "\"true\"", "[]"}) CHECK(is_refused<bool>(text));
    for (const std::string_view text : {"0", "null", "true", "[\"a\"]", "{}"}) CHECK(is_refused<std::string>(text));
}

TEST_CASE("a fraction is read from any number in its range", "[json]") {
    CHECK(serializer.deserialize<double>("5") == 5.0);
    CHECK(serializer.deserialize<double>("-5") == -5.0);
    CHECK(serializer.deserialize<double>("18446744073709551616") == 18446744073709551616.0);
    for (const std::string_view text : {"true", "null", "\"1.5\"", "1e999", "NaN", "Infinity", "-Infinity"})
        CHECK(is_refused<double>(text));
    CHECK(is_refused<float>("1e300"));
}

TEST_CASE("what is absent is null, and nothing else is", "[json]") {
    CHECK(serializer.deserialize<std::optional<int>>("null") == std::nullopt);
    for (const std::string_view text : {"false", "\"\"", "[]", "{}"}) CHECK(is_refused<std::optional<int>>(text));
    CHECK(is_refused<std::vector<int>>("null"));
    CHECK(is_refused<int>("null"));
}

TEST_CASE("an empty value is a hit in a region whose values are JSON", "[json][H21]") {
    kennel::CacheRegion<JsonSerializer> region;
    region.configure("memory_bytes");
    const auto is_hit = [&](const auto& empty) {
        using Value = std::remove_cvref_t<decltype(empty)>;
        int calls = 0;
        const auto create = [&] { return ++calls, empty; };
        region.erase("key");
        return region.get_or_create("key", create) == empty && region.get_or_create("key", create) == empty &&
               calls == 1 && region.get<Value>("key") == std::optional<Value>(empty);
    };
    CHECK(is_hit(std::optional<int>()));
    CHECK(is_hit(std::optional<std::string>()));
    CHECK(is_hit(std::shared_ptr<int>()));
    CHECK(is_hit(nlohmann::json()));
    CHECK(is_hit(false));
    CHECK(is_hit(0));
    CHECK(is_hit(std::string()));
    CHECK(is_hit(std::vector<int>()));
    CHECK(is_hit(std::map<std::string, int>()));
}

TEST_CASE("tuples, pairs and arrays are read from arrays of their size only", "[json]") {
    using Pair = std::pair<int, int>;
    using Tuple = std::tuple<int, int>;
    using Array = std::array<int, 2>;
    for (const std::string_view text : {"[1]", "[1,2,3]", "[]", "{\"0\":1,\"1\":2}", "null", "\"12\""}) {
        CHECK(is_refused<Pair>(text));
        CHECK(is_refused<Tuple>(text));
        CHECK(is_refused<Array>(text));
    }
}

TEST_CASE("containers are read from their own kind only", "[json]") {
    using Object = std::map<std::string, int>;
    using Pairs = std::map<int, int>;
    CHECK(is_refused<std::vector<int>>("{\"a\":1}"));
    CHECK(is_refused<Object>("[[\"a\",1]]"));
    CHECK(is_refused<Object>("{\"a\":\"1\"}"));
    CHECK(is_refused<Pairs>("{\"1\":1}"));
    CHECK(is_refused<Pairs>("[[1,1],[1,2]]"));
    CHECK(is_refused<std::set<int>>("[1,1]"));
}

TEST_CASE("keys that were chosen to fill one bucket of a hash table are refused, not read ever more slowly", "[json]") {
    using Numbers = std::unordered_set<std::uint64_t>;
    using Pairs = std::unordered_map<std::uint64_t, bool>;
    using Names = std::unordered_map<std::string, bool>;
    nlohmann::json numbers;
    nlohmann::json pairs;
    nlohmann::json names;
    for (const std::uint64_t number : test::chosen_numbers(1'000)) {
        numbers.push_back(number);
        pairs.push_back({number, true});
    }
    for (const std::string& text : test::chosen_texts(400)) names[text] = true;
    CHECK(is_refused<Numbers>(numbers.dump()));
    CHECK(is_refused<Pairs>(pairs.dump()));
    CHECK(is_refused<Names>(names.dump()));

    Pairs consecutive;
    for (std::uint64_t number = 0; number != 1'000; ++number) consecutive[number] = true;
    CHECK(round_trip(consecutive) == consecutive);
}

TEST_CASE("of repeated names in an object the last counts", "[json]") {
    using Object = std::map<std::string, int>;
    REQUIRE(serializer.deserialize<Object>(R"({"a": 1, "a": 2})") == Object{{"a", 2}});
    REQUIRE(serializer.deserialize<nlohmann::json>(R"({"a": {"x": 1}, "a": {"y": 2}})") ==
            nlohmann::json{{"a", {{"y", 2}}}});
}

TEST_CASE("what is no JSON is refused", "[json]") {
    for (const std::string_view text : {"", " ", "nul", "[1,]", "{\"a\"}", "{a:1}", "'a'", "1 2", "// c\n1", "[1",
                                        "\"\xff\"", "\"\\ud800\"", "\"a\nb\"", "NaN"})
        CHECK(is_refused<nlohmann::json>(text));
}

TEST_CASE("infinite numbers and NaN are not written", "[json]") {
    const double infinity = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    REQUIRE_THROWS_AS((void)serializer.serialize(infinity), SerializationError);
    REQUIRE_THROWS_AS((void)serializer.serialize(static_cast<float>(-infinity)), SerializationError);
    REQUIRE_THROWS_AS((void)serializer.serialize(std::vector<std::optional<double>>{1.0, nan}), SerializationError);
    REQUIRE_THROWS_AS((void)serializer.serialize(nlohmann::json{{"a", {nan}}}), SerializationError);
}

TEST_CASE("text that is not UTF-8 is not written, and the error says so", "[json]") {
    using Object = std::map<std::string, int>;
    const std::string bad = "a\xff";
    REQUIRE_THROWS_WITH((void)serializer.serialize(bad), "in JSON, text must be valid UTF-8");
    REQUIRE_THROWS_AS((void)serializer.serialize(Object{{bad, 1}}), SerializationError);
    REQUIRE_THROWS_AS((void)serializer.serialize(User{bad, 1}), SerializationError);
}

TEST_CASE("null within an optional is not written, because it would come back as none", "[json]") {
    using Nested = std::optional<std::optional<int>>;
    REQUIRE_THROWS_AS((void)serializer.serialize(Nested(std::in_place)), SerializationError);
    REQUIRE_THROWS_AS((void)serializer.serialize(std::optional<nlohmann::json>(nlohmann::json())), SerializationError);
    REQUIRE(round_trip(Nested(5)) == Nested(5));
    REQUIRE(round_trip(Nested()) == Nested());
}

TEST_CASE("binary values, which JSON has not, are not written", "[json]") {
    REQUIRE_THROWS_AS((void)serializer.serialize(nlohmann::json::binary({1, 2})), SerializationError);
    REQUIRE_THROWS_AS((void)serializer.serialize(nlohmann::json(nlohmann::json::value_t::discarded)),
                      SerializationError);
}

TEST_CASE("64 levels are written and read, 65 are not", "[json]") {
    const auto brackets = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    const auto deepest = serializer.deserialize<nlohmann::json>(brackets(64));
    REQUIRE(serializer.serialize(deepest) == brackets(64));
    REQUIRE_THROWS_AS((void)serializer.serialize(nlohmann::json::array({deepest})), SerializationError);
    REQUIRE(is_refused<nlohmann::json>(brackets(65)));
    REQUIRE(is_refused<nlohmann::json>(std::string(1'000'000, '[')));

    std::string objects;
    for (int level = 0; level != 1'000'000; ++level) objects += "{\"\":";
    REQUIRE(is_refused<nlohmann::json>(objects));
}

TEST_CASE("brackets in text and side by side are not nested", "[json]") {
    const std::string text = '"' + std::string(100, '[') + "\\\"" + std::string(100, '{') + "\\\\\"";
    REQUIRE(serializer.deserialize<std::string>(text) == std::string(100, '[') + '"' + std::string(100, '{') + '\\');
    std::string flat = "[[]";
    for (int count = 0; count != 1000; ++count) flat += ",[]";
    REQUIRE(serializer.deserialize<std::vector<std::vector<int>>>(flat + ']').size() == 1001);
}

TEST_CASE("exceptions of a type's own functions become the serializer's", "[json]") {
    CHECK(is_refused<User>("{\"name\": \"ann\"}"));
    CHECK(is_refused<User>("[]"));
    CHECK(is_refused<std::vector<User>>("[{\"name\": 1, \"age\": 1}]"));
    CHECK(is_refused<Picky>("1"));
    CHECK_THROWS_AS((void)serializer.serialize(Picky{-1}), SerializationError);
}

TEST_CASE("the JSON serializer is none for types that it would read carelessly or not at all", "[json]") {
    STATIC_REQUIRE(kennel::Serializer<JsonSerializer>);
    STATIC_REQUIRE(SerializerFor<JsonSerializer, std::optional<User>>);
    STATIC_REQUIRE(SerializerFor<JsonSerializer, Picky>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, Plain>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, std::vector<Plain>>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, const char*>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, std::string_view>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, int*>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, const std::string*>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, std::nullptr_t>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, int[3]>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, long double>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, std::list<int>>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, std::unique_ptr<int>>);
    STATIC_REQUIRE_FALSE(SerializerFor<JsonSerializer, nlohmann::ordered_json>);
}

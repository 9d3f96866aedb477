#include "kennel/default_serializer.hpp"

#include "kennel/testing/serializer_contract.hpp"
#include "support/catch.hpp"
#include "support/chosen_keys.hpp"
#include "support/contract.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace default_serializer_test {

enum class Level : std::uint8_t { low = 1, high = 2 };
enum Old : int { old_one = 1 };

struct Empty {
    bool operator==(const Empty&) const = default;
};

struct Point {
    int x = 0;
    int y = 0;
    bool operator==(const Point&) const = default;
};

struct Place {
    int x = 0;
    int y = 0;
    bool operator==(const Place&) const = default;
};

struct Tree {
    int value = 0;
    std::vector<Tree> children;
    bool operator==(const Tree&) const = default;
};

struct Node {
    std::shared_ptr<Node> next;
};

struct WithoutDefault {
    explicit WithoutDefault(int start) : number(start) {}
    int number;
    bool operator==(const WithoutDefault&) const = default;
};

struct Rich {
    std::string name{};
    bool is_active = false;
    WithoutDefault number;
    std::optional<std::string> note{};
    std::vector<bool> flags{};
    std::map<std::string, std::vector<Point>> places{};
    std::variant<std::monostate, int, Point> choice{};
    Level level = Level::low;
    double share = 0;
    std::chrono::milliseconds delay{};
    bool operator==(const Rich&) const = default;
};

struct TwentyFour {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w;
    std::string x;
    bool operator==(const TwentyFour&) const = default;
};

inline std::size_t allocated_bytes = 0;

template <class Type>
struct CountingAllocator {
    using value_type = Type;

    CountingAllocator() = default;
    template <class Other>
    CountingAllocator(const CountingAllocator<Other>&) noexcept {} // NOLINT(*-explicit-*)

    Type* allocate(std::size_t count) {
        allocated_bytes += count * sizeof(Type);
        return std::allocator<Type>().allocate(count);
    }
    void deallocate(Type* memory, std::size_t count) noexcept { std::allocator<Type>().deallocate(memory, count); }

    bool operator==(const CountingAllocator&) const = default;
};

class Percent {
public:
    explicit Percent(int number) : number_(number) {
        if (number < 0 || number > 100) throw std::out_of_range("a percentage is between 0 and 100");
    }
    [[nodiscard]] int number() const { return number_; }
    bool operator==(const Percent&) const = default;

private:
    int number_;
};

} // namespace default_serializer_test

template <>
struct kennel::Codec<default_serializer_test::WithoutDefault> {
    static void encode(const default_serializer_test::WithoutDefault& value, Encoder& encoder) {
        encoder.write(value.number);
    }
    static default_serializer_test::WithoutDefault decode(Decoder& decoder) {
        return default_serializer_test::WithoutDefault(decoder.read<int>());
    }
};

template <>
struct kennel::Codec<default_serializer_test::Percent> {
    using Percent = default_serializer_test::Percent;
    static void encode(const Percent& percent, Encoder& encoder) { encoder.write(percent.number()); }
    static Percent decode(Decoder& decoder) { return Percent(decoder.read<int>()); }
    static void describe(Signature& signature) { signature.add("Percent"); }
};

using namespace default_serializer_test;
using namespace std::chrono_literals;
using kennel::CantDeserializeException;
using kennel::DefaultSerializer;

namespace {

const DefaultSerializer serializer;

std::string hex(std::string_view bytes) {
    std::string digits;
    for (const char byte : bytes) {
        digits += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
        digits += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
    }
    return digits;
}

template <class Type>
Type round_trip(const Type& value) {
    return serializer.deserialize<Type>(serializer.serialize(value));
}

/// The fingerprint of `Type`, then whatever bytes.
template <class Type>
std::string forged(std::string_view bytes) {
    kennel::Encoder encoder;
    encoder.write_number(kennel::fingerprint_of<Type>(), 8);
    encoder.write_bytes(bytes);
    return std::move(encoder).take();
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

std::string length_of(std::uint64_t length) {
    kennel::Encoder encoder;
    encoder.write_length(static_cast<std::size_t>(length));
    return std::move(encoder).take();
}

} // namespace

TEST_CASE("the default serializer keeps the serializer contract", "[default_serializer]") {
    kennel::testing_support::run_contract(kennel::serializer_contract(serializer));
}

TEST_CASE("the stored form is fixed, byte by byte", "[default_serializer]") {
    using Milliseconds = std::chrono::duration<std::int64_t, std::milli>;
    using Time = std::chrono::time_point<std::chrono::system_clock, Milliseconds>;

    CHECK(hex(serializer.serialize(258)) == "4591412b19b3f22a"
                                            "02010000");
    CHECK(hex(serializer.serialize(std::int64_t{-2})) == "4617332b19afe12a"
                                                         "feffffffffffffff");
    CHECK(hex(serializer.serialize(std::uint64_t{1} << 63)) == "f2668d3e19d3354d"
                                                               "0000000000000080");
    CHECK(hex(serializer.serialize('A')) == "bd3e5b0b9193a3f2"
                                            "41");
    CHECK(hex(serializer.serialize(true)) == "bd14b0c69bd42fcd"
                                             "01");
    CHECK(hex(serializer.serialize(1.5)) == "aba17eff184c74dd"
                                            "000000000000f83f");
    CHECK(hex(serializer.serialize(-0.5F)) == "443570ff185063dd"
                                              "000000bf");
    CHECK(hex(serializer.serialize(std::string("a|b"))) == "7e409519eff404fa"
                                                           "03617c62");
    CHECK(hex(serializer.serialize(std::string())) == "7e409519eff404fa"
                                                      "00");
    CHECK(hex(serializer.serialize(std::vector<std::string>{"", "x"})) == "5ac3102c42f81a22"
                                                                          "02000178");
    CHECK(hex(serializer.serialize(std::vector<bool>{true, false})) == "97b170c244aac30e"
                                                                       "020100");
    CHECK(hex(serializer.serialize(std::set<std::uint16_t>{1, 256})) == "cb61776f69069a5a"
                                                                        "0201000001");
    CHECK(hex(serializer.serialize(std::map<std::string, int>{{"k", 1}})) == "5c4f3a8a875cb79c"
                                                                             "01016b01000000");
    CHECK(hex(serializer.serialize(std::array<std::uint8_t, 3>{1, 2, 3})) == "baa55556402d9c81"
                                                                             "010203");
    CHECK(hex(serializer.serialize(std::optional<int>())) == "072f5a232ec2a50e"
                                                             "00");
    CHECK(hex(serializer.serialize(std::optional<int>(1))) == "072f5a232ec2a50e"
                                                              "0101000000");
    CHECK(hex(serializer.serialize(std::make_shared<const int>(1))) == "46b1cf7d6f46aa65"
                                                                       "0101000000");
    CHECK(hex(serializer.serialize(std::pair<std::string, bool>("y", true))) == "d602eb20612df18c"
                                                                                "017901");
    CHECK(hex(serializer.serialize(std::variant<int, std::string>("v"))) == "c734f7159f333935"
                                                                            "010176");
    CHECK(hex(serializer.serialize(std::monostate())) == "0a335eefde984b1c"
                                                         "00");
    CHECK(hex(serializer.serialize(Milliseconds(1))) == "fba4dec5a3340b0c"
                                                        "0100000000000000");
    CHECK(hex(serializer.serialize(Time(Milliseconds(-1)))) == "3602874adca9c987"
                                                               "ffffffffffffffff");
    CHECK(hex(serializer.serialize(Level::high)).substr(16) == "02");
    CHECK(hex(serializer.serialize(Point{1, -1})).substr(16) == "01000000ffffffff");
}

TEST_CASE("the fingerprint is the FNV-1a hash of the signature", "[default_serializer]") {
    REQUIRE(kennel::fingerprint_of<Point>() == kennel::detail::fnv1a_64(kennel::Signature::of<Point>()));
    REQUIRE(kennel::detail::fnv1a_64("") == 0xcbf29ce484222325);
    REQUIRE(kennel::detail::fnv1a_64("foobar") == 0x85944171f73967e8);
}

TEST_CASE("a struct with everything in it comes back as it was", "[default_serializer]") {
    const Rich rich{.name = "n\0n",
                    .is_active = true,
                    .number = WithoutDefault(7),
                    .note = "",
                    .flags = {true, false},
                    .places = {{"a", {{1, 2}, {3, 4}}}, {"b", {}}},
                    .choice = Point{5, 6},
                    .level = Level::high,
                    .share = 0.25,
                    .delay = 250ms};
    REQUIRE(round_trip(rich) == rich);
}

TEST_CASE("a struct of 24 members comes back as it was", "[default_serializer]") {
    const TwentyFour value{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, "24"};
    REQUIRE(round_trip(value) == value);
}

TEST_CASE("values of a type that contains itself come back", "[default_serializer]") {
    const Tree tree{1, {{2, {}}, {3, {{4, {}}}}}};
    REQUIRE(round_trip(tree) == tree);
}

TEST_CASE("every bit of a floating point number comes back", "[default_serializer]") {
    const auto bits = [](double number) { return std::bit_cast<std::uint64_t>(number); };
    const double payload_nan = std::bit_cast<double>(0x7ff8000000abcdef);
    REQUIRE(bits(round_trip(payload_nan)) == 0x7ff8000000abcdef);
    REQUIRE(bits(round_trip(-0.0)) == bits(-0.0));
    REQUIRE(round_trip(-std::numeric_limits<double>::infinity()) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("empty values in containers come back", "[default_serializer]") {
    REQUIRE(round_trip(std::vector<Empty>(3)).size() == 3);
    REQUIRE(round_trip(std::vector<std::monostate>(3)).size() == 3);
    REQUIRE(round_trip(std::vector<std::tuple<>>(3)).size() == 3);
    REQUIRE(round_trip(std::vector<std::array<int, 0>>(3)).size() == 3);
    REQUIRE(round_trip(std::optional<std::optional<int>>(std::in_place)).has_value());
}

TEST_CASE("a shared pointer comes back as an equal value of its own, or as null", "[default_serializer]") {
    const auto pointer = std::make_shared<const std::string>("x");
    const auto back = round_trip(pointer);
    REQUIRE(*back == "x");
    REQUIRE(back != pointer);
    REQUIRE(round_trip(std::shared_ptr<int>()) == nullptr);
}

TEST_CASE("int32_t reads what int wrote, deque reads what vector wrote", "[default_serializer]") {
    REQUIRE(serializer.deserialize<std::int32_t>(serializer.serialize(int{5})) == 5);
    REQUIRE(serializer.deserialize<long long>(serializer.serialize(std::int64_t{5})) == 5);
    REQUIRE(serializer.deserialize<std::deque<int>>(serializer.serialize(std::vector<int>{1, 2})).back() == 2);
}

TEST_CASE("bytes of another type are refused although they would fit", "[default_serializer]") {
    REQUIRE(is_refused<Place>(serializer.serialize(Point{1, 2})));
    REQUIRE(is_refused<unsigned>(serializer.serialize(1)));
    REQUIRE(is_refused<float>(serializer.serialize(1)));
    REQUIRE(is_refused<std::uint8_t>(serializer.serialize(true)));
    REQUIRE(is_refused<Level>(serializer.serialize(std::uint8_t{1})));
    REQUIRE(is_refused<std::vector<char>>(serializer.serialize(std::string("ab"))));
    REQUIRE(is_refused<int>(serializer.serialize(std::optional<int>(1))));
}

TEST_CASE("a flag that is neither 0 nor 1 is refused", "[default_serializer]") {
    REQUIRE(is_refused<bool>(forged<bool>("\x02")));
    REQUIRE(is_refused<std::optional<bool>>(forged<std::optional<bool>>("\x03\x01")));
    REQUIRE(is_refused<std::shared_ptr<bool>>(forged<std::shared_ptr<bool>>("\xff\x01")));
    REQUIRE(is_refused<std::vector<bool>>(forged<std::vector<bool>>("\x01\x02")));
}

TEST_CASE("a variant's index out of range is refused", "[default_serializer]") {
    using Choice = std::variant<bool, char>;
    REQUIRE(serializer.deserialize<Choice>(forged<Choice>("\x01z")) == Choice('z'));
    REQUIRE(is_refused<Choice>(forged<Choice>("\x02z")));
    REQUIRE(is_refused<Choice>(forged<Choice>("\xffz")));
}

TEST_CASE("an enumeration takes every value of its underlying type", "[default_serializer]") {
    REQUIRE(serializer.deserialize<Level>(forged<Level>("\xc8")) == static_cast<Level>(200));
    REQUIRE(round_trip(old_one) == old_one);
}

TEST_CASE("repeated elements of a set and keys of a map are refused", "[default_serializer]") {
    using Map = std::map<char, char>;
    REQUIRE(is_refused<std::set<char>>(forged<std::set<char>>("\x02xx")));
    REQUIRE(is_refused<Map>(forged<Map>("\x02xaxb")));
}

TEST_CASE("an empty value that is not empty is refused", "[default_serializer]") {
    REQUIRE_FALSE(is_refused<Empty>(forged<Empty>(std::string(1, '\0'))));
    REQUIRE(is_refused<Empty>(forged<Empty>("\x01")));
    REQUIRE(is_refused<Empty>(forged<Empty>("")));
}

TEST_CASE("a length that the bytes cannot hold is refused before anything is allocated for it",
          "[default_serializer]") {
    for (const std::uint64_t length : {std::uint64_t{1} << 20, std::uint64_t{1} << 40, std::uint64_t{1} << 60,
                                       std::numeric_limits<std::uint64_t>::max()}) {
        const std::string bomb = length_of(length) + "xxxxxxxxxxxx";
        REQUIRE(is_refused<std::string>(forged<std::string>(bomb)));
        REQUIRE(is_refused<std::vector<int>>(forged<std::vector<int>>(bomb)));
        REQUIRE(is_refused<std::vector<Empty>>(forged<std::vector<Empty>>(bomb)));
        REQUIRE(is_refused<std::vector<bool>>(forged<std::vector<bool>>(bomb)));
        REQUIRE(is_refused<std::unordered_set<int>>(forged<std::unordered_set<int>>(bomb)));
        REQUIRE(is_refused<std::unordered_map<int, int>>(forged<std::unordered_map<int, int>>(bomb)));
    }
}

TEST_CASE("memory is allocated in proportion to the bytes, not to the number that they claim", "[default_serializer]") {
    using Large = std::array<std::uint64_t, 1000>;
    using List = std::vector<Large, CountingAllocator<Large>>;
    using Text = std::basic_string<char, std::char_traits<char>, CountingAllocator<char>>;
    using Texts = std::vector<Text, CountingAllocator<Text>>;
    const std::string bytes = length_of(100'000) + std::string(100'000, '\0');

    allocated_bytes = 0;
    REQUIRE(is_refused<List>(forged<List>(bytes)));
    REQUIRE(allocated_bytes <= 2 * bytes.size());

    allocated_bytes = 0;
    REQUIRE(is_refused<Texts>(forged<Texts>(bytes.substr(0, 90'000))));
    REQUIRE(allocated_bytes == 0);

    allocated_bytes = 0;
    REQUIRE(serializer.deserialize<Texts>(forged<Texts>(bytes)).size() == 100'000);
    REQUIRE(allocated_bytes <= 4 * sizeof(Text) * bytes.size());
}

TEST_CASE("elements that are much larger than their bytes take at most four times their size", "[default_serializer]") {
    using Large = std::optional<std::array<char, 4096>>;
    using List = std::vector<Large, CountingAllocator<Large>>;
    constexpr std::size_t count = 1'000;

    allocated_bytes = 0;
    const std::string bytes = length_of(count) + std::string(count, '\0');
    REQUIRE(serializer.deserialize<List>(forged<List>(bytes)).size() == count);
    REQUIRE(allocated_bytes <= 4 * sizeof(Large) * bytes.size());

    allocated_bytes = 0;
    REQUIRE(is_refused<List>(forged<List>(length_of(count) + std::string(10, '\0') + std::string(count, 'x'))));
    REQUIRE(allocated_bytes <= 4 * sizeof(Large) * 11);
}

TEST_CASE("keys that were chosen to fill one bucket of a hash table are refused, not put in ever more slowly",
          "[default_serializer]") {
    using Numbers = std::unordered_set<std::uint64_t>;
    using Names = std::unordered_map<std::string, bool>;
    const auto numbers = test::chosen_numbers(5'000);
    kennel::Encoder encoder;
    encoder.write_length(numbers.size());
    for (const std::uint64_t number : numbers) encoder.write(number);
    REQUIRE(is_refused<Numbers>(forged<Numbers>(std::move(encoder).take())));

    Names names;
    for (const std::string& text : test::chosen_texts(400)) names[text] = true;
    REQUIRE(is_refused<Names>(serializer.serialize(names)));
    std::erase_if(names, [&](const auto&) { return names.size() > 256; });
    REQUIRE(round_trip(names) == names);
}

TEST_CASE("a large hash table comes back, whatever its keys have in common", "[default_serializer]") {
    std::unordered_set<int> consecutive;
    std::unordered_set<std::uint64_t> spaced;
    std::unordered_map<std::string, int> named;
    for (int number = 0; number != 20'000; ++number) {
        consecutive.insert(number);
        spaced.insert(static_cast<std::uint64_t>(number) << 12U);
        named.emplace("a name with a number at its end: " + std::to_string(number), number);
    }
    REQUIRE(round_trip(consecutive) == consecutive);
    REQUIRE(round_trip(spaced) == spaced);
    REQUIRE(round_trip(named) == named);
}

TEST_CASE("nesting stops at 64 levels, in writing and in reading", "[default_serializer]") {
    const auto chain = [](int length) {
        Node node;
        for (int count = 1; count < length; ++count) node = Node{std::make_shared<Node>(std::move(node))};
        return node;
    };
    const std::string deepest = serializer.serialize(chain(31));
    REQUIRE_NOTHROW((void)serializer.deserialize<Node>(deepest));
    REQUIRE_THROWS_AS((void)serializer.serialize(chain(32)), kennel::SerializationError);
    REQUIRE(is_refused<Node>(forged<Node>(std::string(1'000'000, '\x01'))));

    std::string tree;
    for (int level = 0; level != 1000; ++level) tree += std::string("\0\0\0\0\x01", 5);
    REQUIRE(is_refused<Tree>(forged<Tree>(tree)));
}

TEST_CASE("a ring of shared pointers is an error, not an endless loop", "[default_serializer]") {
    const auto node = std::make_shared<Node>();
    node->next = node;
    REQUIRE_THROWS_AS((void)serializer.serialize(node), kennel::SerializationError);
    node->next = nullptr;
}

TEST_CASE("an exception of a type's codec means that the bytes are not such a value", "[default_serializer]") {
    REQUIRE(round_trip(Percent(50)) == Percent(50));
    REQUIRE(is_refused<Percent>(forged<Percent>(std::string("\x65\0\0\0", 4))));
}

TEST_CASE("a struct with everything in it survives any damage to its bytes", "[default_serializer]") {
    const Rich rich{
        .name = "name", .number = WithoutDefault(7), .flags = {true, false}, .places = {{"a", {{1, 2}}}}, .choice = 1};
    const std::string bytes = serializer.serialize(rich);
    const auto is_harmless = [](const std::vector<std::string>& damaged) {
        for (const std::string& each : damaged) (void)is_refused<Rich>(each);
        return true;
    };
    for (const std::string& beginning : kennel::detail::truncations(bytes)) REQUIRE(is_refused<Rich>(beginning));
    REQUIRE(is_harmless(kennel::detail::flipped_bits(bytes)));
    REQUIRE(is_harmless(kennel::detail::overwritten_runs(bytes)));
    REQUIRE(is_harmless(kennel::detail::random_tails(bytes)));
}

TEST_CASE("the default serializer is none for types that it does not know", "[default_serializer]") {
    STATIC_REQUIRE(kennel::Serializer<DefaultSerializer>);
    STATIC_REQUIRE(kennel::SerializerFor<DefaultSerializer, Rich>);
    STATIC_REQUIRE_FALSE(kennel::SerializerFor<DefaultSerializer, const char*>);
    STATIC_REQUIRE_FALSE(kennel::SerializerFor<DefaultSerializer, std::string_view>);
    STATIC_REQUIRE_FALSE(kennel::SerializerFor<DefaultSerializer, std::unique_ptr<int>>);
    STATIC_REQUIRE_FALSE(kennel::SerializerFor<DefaultSerializer, std::vector<int*>>);
}

#include "kennel/codec.hpp"

#include "support/catch.hpp"

#include <any>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace codec_test {

enum class Level : std::uint8_t { low, high };
enum class Rank : std::uint8_t { first, second };

struct Empty {};

struct Point {
    int x = 0;
    int y = 0;
};

struct Place {
    int x = 0;
    int y = 0;
};

struct Tree {
    int value = 0;
    std::vector<Tree> children;
};

struct Odd;
struct Even {
    std::shared_ptr<const Odd> next;
};
struct Odd {
    std::shared_ptr<const Even> next;
};

struct WithoutDefault {
    explicit WithoutDefault(int);
};

struct TwentyFour {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x;
};

struct TwentyFive {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y;
};

struct WithArray {
    int numbers[3];
    int more;
};

struct WithArrayOfOne {
    int numbers[1];
};

struct WithUnion {
    int kind;
    union {
        int integer;
        float fraction;
    };
};

struct WithBase : Point {
    int z;
};

struct WithEmptyBase : Empty {
    int z;
};

struct WithConstReference {
    const int& number;
};

struct WithDefaultReference {
    int number;
    const int& same = number;
};

struct WithPointer {
    const char* text;
};

struct WithView {
    std::string_view text;
};

struct WithAny {
    int number;
    std::any any;
};

struct WithBits {
    int small : 3;
    unsigned medium : 12;
};

class Closed {
public:
    int number() const { return number_; }

private:
    int number_ = 0;
};

class Base {
public:
    virtual ~Base() = default;
};

class Money {
public:
    explicit Money(std::int64_t cents) : cents_(cents) {}
    [[nodiscard]] std::int64_t cents() const { return cents_; }

private:
    std::int64_t cents_;
};

struct Named {};
struct Unnamed {};

struct ListLike : std::vector<int> {};

namespace {
struct Hidden {
    std::optional<std::string> text;
    std::shared_ptr<const Point> point;
};
} // namespace

} // namespace codec_test

template <>
struct kennel::Codec<codec_test::Base> {
    static void encode(const codec_test::Base&, Encoder&) {}
    static codec_test::Base decode(Decoder&) { return {}; }
};

template <>
struct kennel::Codec<codec_test::Money> {
    static void encode(const codec_test::Money& money, Encoder& encoder) { encoder.write(money.cents()); }
    static codec_test::Money decode(Decoder& decoder) { return codec_test::Money(decoder.read<std::int64_t>()); }
    static void describe(Signature& signature) { signature.add<std::int64_t>("Money 1"); }
};

template <>
struct kennel::Codec<codec_test::Unnamed> {
    static void encode(codec_test::Unnamed, Encoder&) {}
    static codec_test::Unnamed decode(Decoder&) { return {}; }
};

template <class Element>
struct kennel::Codec<std::list<Element>> : SequenceCodec<std::list<Element>> {};

using namespace codec_test;
using kennel::Encodable;
using kennel::Signature;

TEST_CASE("text, numbers, times, containers and choices are encodable", "[codec]") {
    STATIC_REQUIRE(Encodable<std::string>);
    STATIC_REQUIRE(Encodable<bool>);
    STATIC_REQUIRE(Encodable<char>);
    STATIC_REQUIRE(Encodable<wchar_t>);
    STATIC_REQUIRE(Encodable<long long>);
    STATIC_REQUIRE(Encodable<float>);
    STATIC_REQUIRE(Encodable<Level>);
    STATIC_REQUIRE(Encodable<std::chrono::hours>);
    STATIC_REQUIRE(Encodable<std::chrono::system_clock::time_point>);
    STATIC_REQUIRE(Encodable<std::vector<bool>>);
    STATIC_REQUIRE(Encodable<std::deque<std::array<int, 2>>>);
    STATIC_REQUIRE(Encodable<std::unordered_map<std::string, std::unordered_set<int>>>);
    STATIC_REQUIRE(Encodable<std::variant<std::monostate, std::pair<int, std::tuple<>>>>);
    STATIC_REQUIRE(Encodable<std::shared_ptr<const std::optional<int>>>);
}

TEST_CASE("plain structs of up to 24 encodable members are encodable", "[codec]") {
    STATIC_REQUIRE(Encodable<Empty>);
    STATIC_REQUIRE(Encodable<Point>);
    STATIC_REQUIRE(Encodable<WithBits>);
    STATIC_REQUIRE(Encodable<Hidden>);
    STATIC_REQUIRE(Encodable<TwentyFour>);
    STATIC_REQUIRE_FALSE(Encodable<TwentyFive>);
    STATIC_REQUIRE(Encodable<std::map<std::string, std::optional<Point>>>);
}

TEST_CASE("types that contain themselves are encodable", "[codec]") {
    STATIC_REQUIRE(Encodable<Tree>);
    STATIC_REQUIRE(Encodable<Even>);
}

TEST_CASE("what borrows, hides or depends on the platform is not encodable, and asking is no error", "[codec]") {
    STATIC_REQUIRE_FALSE(Encodable<void>);
    STATIC_REQUIRE_FALSE(Encodable<int&>);
    STATIC_REQUIRE_FALSE(Encodable<const int>);
    STATIC_REQUIRE_FALSE(Encodable<int*>);
    STATIC_REQUIRE_FALSE(Encodable<std::nullptr_t>);
    STATIC_REQUIRE_FALSE(Encodable<int[3]>);
    STATIC_REQUIRE_FALSE(Encodable<int()>);
    STATIC_REQUIRE_FALSE(Encodable<const char*>);
    STATIC_REQUIRE_FALSE(Encodable<std::string_view>);
    STATIC_REQUIRE_FALSE(Encodable<long double>);
    STATIC_REQUIRE_FALSE(Encodable<std::unique_ptr<int>>);
    STATIC_REQUIRE_FALSE(Encodable<std::weak_ptr<int>>);
    STATIC_REQUIRE_FALSE(Encodable<std::shared_ptr<int[]>>);
    STATIC_REQUIRE_FALSE(Encodable<std::shared_ptr<void>>);
    STATIC_REQUIRE_FALSE(Encodable<Closed>);
    STATIC_REQUIRE_FALSE(Encodable<WithoutDefault>);
    STATIC_REQUIRE_FALSE(Encodable<WithPointer>);
    STATIC_REQUIRE_FALSE(Encodable<WithView>);
    STATIC_REQUIRE_FALSE(Encodable<WithAny>);
    STATIC_REQUIRE_FALSE(Encodable<WithArray>);
    STATIC_REQUIRE_FALSE(Encodable<WithArrayOfOne>);
    STATIC_REQUIRE_FALSE(Encodable<WithUnion>);
    STATIC_REQUIRE_FALSE(Encodable<WithBase>);
    STATIC_REQUIRE_FALSE(Encodable<WithEmptyBase>);
    STATIC_REQUIRE_FALSE(Encodable<WithConstReference>);
    STATIC_REQUIRE_FALSE(Encodable<WithDefaultReference>);
    STATIC_REQUIRE_FALSE(Encodable<ListLike>);
}

TEST_CASE("what contains something that is not encodable is not encodable", "[codec]") {
    STATIC_REQUIRE_FALSE(Encodable<std::vector<int*>>);
    STATIC_REQUIRE_FALSE(Encodable<std::map<std::string_view, int>>);
    STATIC_REQUIRE_FALSE(Encodable<std::optional<Closed>>);
    STATIC_REQUIRE_FALSE(Encodable<std::variant<int, WithPointer>>);
    STATIC_REQUIRE_FALSE(Encodable<std::tuple<int, std::array<WithArray, 2>>>);
}

TEST_CASE("a shared pointer to a base class is not encodable, because it would lose the derived class", "[codec]") {
    STATIC_REQUIRE(Encodable<Base>);
    STATIC_REQUIRE_FALSE(Encodable<std::shared_ptr<Base>>);
}

TEST_CASE("integers of one width and signedness have one signature", "[codec]") {
    REQUIRE(Signature::of<int>() == Signature::of<std::int32_t>());
    REQUIRE(Signature::of<long>() == Signature::of<std::int64_t>());
    REQUIRE(Signature::of<long long>() == Signature::of<std::int64_t>());
    REQUIRE(Signature::of<unsigned>() != Signature::of<int>());
    REQUIRE(Signature::of<std::int8_t>() != Signature::of<char>());
    REQUIRE(Signature::of<bool>() != Signature::of<std::uint8_t>());
    REQUIRE(Signature::of<char16_t>() != Signature::of<std::uint16_t>());
}

TEST_CASE("how a container keeps its elements is no part of the signature", "[codec]") {
    REQUIRE(Signature::of<std::deque<int>>() == Signature::of<std::vector<int>>());
    REQUIRE(Signature::of<std::unordered_set<int>>() == Signature::of<std::set<int>>());
    REQUIRE(Signature::of<std::unordered_map<int, int>>() == Signature::of<std::map<int, int>>());
    REQUIRE(Signature::of<std::set<int>>() != Signature::of<std::vector<int>>());
    REQUIRE(Signature::of<std::string>() != Signature::of<std::vector<char>>());
    REQUIRE(Signature::of<std::array<int, 2>>() != Signature::of<std::array<int, 3>>());
}

TEST_CASE("structs and enumerations of other names have other signatures", "[codec]") {
    REQUIRE(Signature::of<Point>() != Signature::of<Place>());
    REQUIRE(Signature::of<Level>() != Signature::of<Rank>());
}

TEST_CASE("the signature spells out a named type once and refers to it then", "[codec]") {
    REQUIRE(Signature::of<Tree>() == "struct N10codec_test4TreeE<i32,list<again 0>>");
    REQUIRE(Signature::of<Even>() ==
            "struct N10codec_test4EvenE<pointer<struct N10codec_test3OddE<pointer<again 0>>>>");
    REQUIRE(Signature::of<std::pair<Money, Money>>() == "tuple<Money 1<i64>,again 0>");
    REQUIRE(Signature::of<std::pair<long, long long>>() == "tuple<i64,i64>");
}

TEST_CASE("a codec without a description is described by its type's name", "[codec]") {
    REQUIRE(Signature::of<Unnamed>() == "N10codec_test7UnnamedE");
}

TEST_CASE("a user makes another container known in one line", "[codec]") {
    STATIC_REQUIRE(Encodable<std::list<int>>);
    STATIC_REQUIRE_FALSE(Encodable<std::list<int*>>);
    REQUIRE(Signature::of<std::list<int>>() == "list<i32>");
}

TEST_CASE("a length takes seven bits to a byte and has one form only", "[codec]") {
    const auto written = [](std::size_t length) {
        kennel::Encoder encoder;
        encoder.write_length(length);
        return std::move(encoder).take();
    };
    REQUIRE(written(0) == std::string(1, '\0'));
    REQUIRE(written(127) == "\x7f");
    REQUIRE(written(128) == "\x80\x01");
    REQUIRE(written(300) == "\xac\x02");

    const std::string followed = written(300) + std::string(300, 'x');
    REQUIRE(kennel::Decoder(followed).read_length() == 300);
    for (const std::string& bad :
         {std::string("\x80\x00", 2), std::string("\x80"), std::string(10, '\xff'), std::string(9, '\xff') + '\x01',
          std::string(9, '\x80') + '\x02', std::string(20, '\x80')})
        REQUIRE_THROWS_AS(kennel::Decoder(bad).read_length(), kennel::CantDeserializeException);
}

TEST_CASE("a length beyond the end is refused", "[codec]") {
    const std::string bytes = "\x04"
                              "abc";
    REQUIRE_THROWS_AS(kennel::Decoder(bytes).read_length(), kennel::CantDeserializeException);
}

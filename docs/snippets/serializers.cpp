// For docs/serializers.md.

#include <kennel/kennel.hpp>
#include <kennel/testing/serializer_contract.hpp>

#include "expect.hpp"

#include <charconv>
#include <cstdint>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// [aggregate]
struct User {
    int id = 0;
    std::string name;
    std::vector<std::string> roles;
};
// [/aggregate]

class Money {
public:
    Money(std::int64_t cents, std::string currency)
        : cents_(cents), currency_(std::move(currency)) {}
    std::int64_t cents() const { return cents_; }
    const std::string& currency() const { return currency_; }

private:
    std::int64_t cents_;
    std::string currency_;
};

// [codec]
template <>
struct kennel::Codec<Money> {
    static void encode(const Money& money, Encoder& encoder) {
        encoder.write(money.cents());
        encoder.write(money.currency());
    }
    static Money decode(Decoder& decoder) {
        const auto cents = decoder.read<std::int64_t>();
        auto currency = decoder.read<std::string>();
        if (currency.size() != 3) decoder.refuse("a currency has three letters");
        return Money(cents, std::move(currency));
    }
    static void describe(Signature& signature) {
        signature.add<std::int64_t, std::string>("Money 1");
    }
};
// [/codec]

// [serializer]
/// Keeps text as it is, and no other type.
class TextSerializer {
public:
    std::string serialize(const std::string& text) const { return text; }

    template <class Type>
        requires std::same_as<Type, std::string>
    Type deserialize(std::string_view bytes) const {
        return std::string(bytes);
    }
};

static_assert(kennel::Serializer<TextSerializer>);
static_assert(kennel::SerializerFor<TextSerializer, std::string>);
// [/serializer]

int main() {
    kennel::CacheRegion region;
    region.configure("memory_bytes");
    region.set("user", User{5, "Ada", {"admin"}});
    expect(region.get<User>("user")->roles.front() == "admin", "a plain struct needs no code");
    region.set("price", Money(995, "EUR"));
    expect(region.get<Money>("price")->cents() == 995, "a class needs a codec");

    // [use]
    kennel::CacheRegion<TextSerializer> texts;
    texts.configure("memory_bytes");
    texts.set("greeting", "hello");
    // [/use]
    expect(texts.get<std::string>("greeting") == "hello", "text comes back");
    try {
        texts.set("number", 5);
        expect(false, "a number is refused");
    } catch (const kennel::SerializationError&) {
    }

    // The bytes that the page shows.
    const kennel::DefaultSerializer serializer;
    using namespace std::string_view_literals;
    expect(serializer.serialize(5) == "\x45\x91\x41\x2b\x19\xb3\xf2\x2a\x05\0\0\0"sv,
           "the form of 5");
    expect(serializer.serialize(std::string("hi")) == "\x7e\x40\x95\x19\xef\xf4\x04\xfa\x02hi"sv,
           "the form of hi");
    using Map = std::map<std::string, std::vector<int>>;
    expect(serializer.serialize(Map{{"a", {1, 2}}}) ==
               "\x8a\xbc\xfb\x74\xcd\xdd\xdd\xf6\x01\x01\x61\x02\x01\0\0\0\x02\0\0\0"sv,
           "the form of a map");
    expect(kennel::Signature::of<Map>() == "map<text,list<i32>>", "the signature of a map");
}

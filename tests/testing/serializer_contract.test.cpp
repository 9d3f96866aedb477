#include "kennel/testing/serializer_contract.hpp"

#include "kennel/default_serializer.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

template <class Serializer>
std::vector<std::string> broken_promises(const Serializer& serializer) {
    return kennel::testing_support::broken_promises(kennel::serializer_contract(serializer));
}

struct PlainText {
    std::string serialize(const std::string& text) const { return text; }
    template <std::same_as<std::string> Type>
    Type deserialize(std::string_view bytes) const {
        return Type(bytes);
    }
};

struct CutsAtZero : PlainText {
    std::string serialize(const std::string& text) const { return text.c_str(); }
};

struct ReadsAnything {
    template <class Type>
    std::string serialize(const Type& value) const {
        return kennel::DefaultSerializer().serialize(value);
    }
    template <class Type>
    Type deserialize(std::string_view bytes) const {
        try {
            return kennel::DefaultSerializer().deserialize<Type>(bytes);
        } catch (const kennel::CantDeserializeException&) {
            return Type();
        }
    }
};

struct ThrowsItsOwn {
    template <class Type>
    std::string serialize(const Type& value) const {
        return kennel::DefaultSerializer().serialize(value);
    }
    template <class Type>
    Type deserialize(std::string_view bytes) const {
        try {
            return kennel::DefaultSerializer().deserialize<Type>(bytes);
        } catch (const kennel::CantDeserializeException&) {
            throw std::invalid_argument("not mine");
        }
    }
};

} // namespace

TEST_CASE("a serializer for text alone can keep the contract", "[serializer_contract]") {
    REQUIRE(broken_promises(PlainText()).empty());
}

TEST_CASE("the contract finds a serializer that loses a part of a value", "[serializer_contract]") {
    REQUIRE(broken_promises(CutsAtZero()) == std::vector<std::string>{"text of all kinds comes back as it is"});
}

TEST_CASE("the contract finds a serializer that makes values from foreign bytes", "[serializer_contract]") {
    REQUIRE(broken_promises(ReadsAnything()) == std::vector<std::string>{"bytes of another type are refused",
                                                                         "incomplete bytes do no harm",
                                                                         "surplus bytes are refused"});
}

TEST_CASE("the contract finds a serializer that refuses by another exception", "[serializer_contract]") {
    const std::vector<std::string> broken = broken_promises(ThrowsItsOwn());
    REQUIRE(std::count(broken.begin(), broken.end(), "damaged bytes do no harm") == 1);
}

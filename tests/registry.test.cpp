#include "kennel/registry.hpp"

#include "support/catch.hpp"
#include "support/messages.hpp"

#include <string>
#include <string_view>

namespace {

using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using Names = kennel::Registry<int>;

constexpr kennel::PluginAlias aliases[] = {
    {"old.house.cellar", "cellar"}, {"old.house.vault", "cellar"}, {"old.loft", "attic"}};
constexpr kennel::ShippedPlugin shipped[] = {{"attic", "bring a ladder"}};
constexpr kennel::KnownPlugins known{.aliases = aliases, .shipped = shipped, .remedy = "build it"};

std::string refusal_of(const Names& names, std::string_view name) {
    return message_of<kennel::PluginNotFound>([&] { static_cast<void>(names.find(name)); });
}

} // namespace

TEST_CASE("a registry finds what was added under a name", "[registry]") {
    Names names("thing");
    names.add("one", 1);
    names.add("two", 2);
    CHECK(names.find("one") == 1);
    CHECK(names.find("two") == 2);
}

TEST_CASE("a registry refuses a name that is taken, by name, and an empty one", "[registry]") {
    Names names("thing");
    names.add("one", 1);
    CHECK(mentions(message_of<kennel::ValidationError>([&] { names.add("one", 2); }), {"thing", "'one'"}));
    CHECK(mentions(message_of<kennel::ValidationError>([&] { names.add("", 2); }), {"thing", "name"}));
    CHECK(names.find("one") == 1);
}

TEST_CASE("what registers itself any number of times is registered once", "[registry]") {
    Names names("thing");
    CHECK(names.add_once("one", 1));
    CHECK_FALSE(names.add_once("one", 2));
    CHECK(names.find("one") == 1);
}

TEST_CASE("a registry that lacks a name says what to do and which ones there are", "[registry]") {
    Names names("thing", known);
    CHECK(refusal_of(names, "three") == "there is no thing named 'three': build it; registered: none");
    names.add("one", 1);
    names.add("two", 2);
    CHECK(refusal_of(names, "three") == "there is no thing named 'three': build it; registered: one, two");
    CHECK(refusal_of(Names("thing"), "three") == "there is no thing named 'three'; registered: none");
}

TEST_CASE("what a registry finds under a name it finds under an alias", "[registry]") {
    Names names("room", known);
    names.add("cellar", 1);
    CHECK(names.find("old.house.cellar") == 1);
    CHECK(names.find("old.house.vault") == 1);
    CHECK(refusal_of(names, "vault").find("(perhaps 'cellar' is meant); registered: cellar") != std::string::npos);
}

TEST_CASE("a registry refuses to give an alias to something else, and says what it is the name of", "[registry]") {
    Names names("room", known);
    for (int round = 0; round != 2; ++round) {
        CHECK(mentions(message_of<kennel::ValidationError>([&] { names.add("old.house.vault", 2); }),
                       {"room", "'old.house.vault'", "another name", "'cellar'"}));
        if (round == 0) names.add("cellar", 1);
    }
    CHECK(names.find("old.house.vault") == 1);
}

TEST_CASE("a registry says how to get what is known and not registered, under each of its names", "[registry]") {
    Names names("room", known);
    CHECK(refusal_of(names, "attic") == "there is no room named 'attic': bring a ladder; registered: none");
    CHECK(refusal_of(names, "old.loft") ==
          "there is no room named 'attic', which 'old.loft' stands for: bring a ladder; registered: none");
    names.add("attics", 1);
    CHECK(refusal_of(names, "attic") == "there is no room named 'attic': bring a ladder; registered: attics");
}

TEST_CASE("a registry sees which name was meant by one that has one slip in it", "[registry]") {
    Names names("room", known);
    names.add("kitchen", 1);
    for (const std::string_view slip :
         {"Kitchen", "KITCHEN", "kitchne", "ikTchen", "kitchn", "itchen", "kitchens", "kitchin", "house.kitchen"})
        CHECK(refusal_of(names, slip) ==
              "there is no room named '" + std::string(slip) + "' (perhaps 'kitchen' is meant); registered: kitchen");
    CHECK(refusal_of(names, "Attic") ==
          "there is no room named 'Attic' (perhaps 'attic' is meant): bring a ladder; registered: kitchen");
    CHECK(refusal_of(names, "old.house.cellra").find("perhaps 'cellar' is meant") != std::string::npos);
}

TEST_CASE("a registry does not guess at what is too short or too different", "[registry]") {
    Names names("room", known);
    names.add("a", 1);
    names.add("hall", 1);
    for (const std::string_view other : {"", "b", "x.", "hill top", "lahl", "ha", "haalll", "room"})
        CHECK(refusal_of(names, other).find("perhaps") == std::string::npos);
}

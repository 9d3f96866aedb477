#include "kennel/detail/stripped.hpp"

#include "support/catch.hpp"

#include <string_view>

using kennel::detail::stripped;

TEST_CASE("the blanks around a text go, those inside it stay") {
    CHECK(stripped(" \t one two\r\n") == "one two");
    CHECK(stripped("\v\fone\x1c\x1d\x1e\x1f") == "one");
    CHECK(stripped("one") == "one");
}

TEST_CASE("nothing is left of nothing but blanks") {
    CHECK(stripped(" \t ").empty());
    CHECK(stripped("").empty());
}

TEST_CASE("what is no blank stays, even if it cannot be seen") {
    using namespace std::string_view_literals;
    CHECK(stripped("\0one\0"sv) == "\0one\0"sv);
    CHECK(stripped("\x1bone\xc2\xa0") == "\x1bone\xc2\xa0");
}

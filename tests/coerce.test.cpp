#include "kennel/coerce.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace {

bool is_text(std::string_view setting, const std::string& text) {
    return kennel::coerce_string_conf(setting).as<std::string>() == text;
}

std::optional<std::int64_t> integer(std::string_view setting) {
    const kennel::ArgumentValue value = kennel::coerce_string_conf(setting);
    return value.as<std::string>() ? std::nullopt : value.as<std::int64_t>();
}

std::optional<double> floating(std::string_view setting) {
    const kennel::ArgumentValue value = kennel::coerce_string_conf(setting);
    return value.as<std::string>() || value.as<std::int64_t>() ? std::nullopt : value.as<double>();
}

std::optional<bool> flag(std::string_view setting) {
    const kennel::ArgumentValue value = kennel::coerce_string_conf(setting);
    return value.as<std::string>() ? std::nullopt : value.as<bool>();
}

} // namespace

TEST_CASE("digits with or without a sign are a whole number", "[dogpile-136]") {
    CHECK(integer("15") == 15);
    CHECK(integer("+15") == 15);
    CHECK(integer("-1") == -1);
    CHECK(integer("00123") == 123);
    CHECK(integer("  7\t\n") == 7);
    CHECK(integer("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("decimals and exponents are a number", "[dogpile-136]") {
    CHECK(floating("5.5") == 5.5);
    CHECK(floating("+5.5") == 5.5);
    CHECK(floating("-3.14") == -3.14);
    CHECK(floating("1e3") == 1000.0);
    CHECK(floating("1.5E-3") == 0.0015);
    CHECK(floating("-.5") == -0.5);
    CHECK(floating("5.") == 5.0);
    CHECK(floating("5.e+2") == 500.0);
}

TEST_CASE("true and false in any case are a flag, and None is null", "[dogpile-136]") {
    CHECK(flag("true") == true);
    CHECK(flag("TrUe") == true);
    CHECK(flag(" FALSE ") == false);
    CHECK(kennel::coerce_string_conf("None").is_null());
    CHECK(kennel::coerce_string_conf(" None ").is_null());
}

TEST_CASE("everything else stays text without the blanks around it", "[dogpile-136]") {
    for (const char* const text :
         {"inf", "nan", "none", "NONE", "0x10",  "",    "-",   "+",   ".",     "-.",
          "e5",  ".e5", "1e",   "1e+",  "1.2.3", "--1", "+-1", "1 2", "truee", "localhost:6379",
          "a, b"})
        CHECK(is_text(text, text));
    CHECK(is_text("  text  ", "text"));
    CHECK(is_text(" \t ", ""));
    CHECK(is_text(std::string_view("true\0", 5), std::string("true\0", 5)));
}

TEST_CASE("a number that does not fit stays text, so nothing of it is lost") {
    CHECK(is_text("9223372036854775808", "9223372036854775808"));
    CHECK(is_text("1e999", "1e999"));
    CHECK(is_text("1e-999", "1e-999"));
}

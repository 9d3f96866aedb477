#include "kennel/key_mangler.hpp"

#include "kennel/errors.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>

TEST_CASE("the SHA-1 mangler gives the digest in hexadecimal", "[dogpile-126][dogpile-127]") {
    CHECK(kennel::sha1_mangle_key("some_key") == "53def077a4264bd3183d4eb21b1f56f883e1b572");
    CHECK(kennel::sha1_mangle_key("tests.cache.test_decorator:one|1 2") == "aead490a8ace2d69a00160f1fd8fd8a16552c24f");
}

TEST_CASE("SHA-1 gives the published digests, also across its blocks") {
    CHECK(kennel::sha1_mangle_key("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(kennel::sha1_mangle_key("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(kennel::sha1_mangle_key("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(kennel::sha1_mangle_key(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    CHECK(kennel::sha1_mangle_key(std::string(55, 'x')) == "cef734ba81a024479e09eb5a75b6ddae62e6abf1");
    CHECK(kennel::sha1_mangle_key(std::string(56, 'x')) == "901305367c259952f4e7af8323f480d59f81335b");
    CHECK(kennel::sha1_mangle_key(std::string(63, 'x')) == "0ddc4e0cccd9a12850deb5abb0853a4425559fec");
    CHECK(kennel::sha1_mangle_key(std::string(64, 'x')) == "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163");
}

TEST_CASE("the length-conditional mangler counts characters and mangles from its length on") {
    const auto mark = [](std::string_view key) { return "<" + std::string(key) + ">"; };
    const kennel::KeyMangler mangler = kennel::length_conditional_mangler(4, mark);
    CHECK(mangler("abc") == "abc");
    CHECK(mangler("abcd") == "<abcd>");
    CHECK(mangler("") == "");
    CHECK(mangler("\xc3\xa9\xc3\xa9\xe2\x82\xac") == "\xc3\xa9\xc3\xa9\xe2\x82\xac");
    CHECK(mangler("\xc3\xa9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == "<\xc3\xa9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>");
    CHECK(kennel::length_conditional_mangler(0, mark)("") == "<>");
}

TEST_CASE("the length-conditional mangler needs a mangler") {
    REQUIRE_THROWS_AS(kennel::length_conditional_mangler(4, nullptr), kennel::ValidationError);
}

TEST_CASE("the prefix mangler puts its prefix before every key") {
    const kennel::KeyMangler mangler = kennel::prefix_mangler("app:");
    CHECK(mangler("user:5") == "app:user:5");
    CHECK(mangler("") == "app:");
    CHECK(kennel::prefix_mangler("")("user:5") == "user:5");
}

// needs: crypto
#include "kennel/manglers/sha256.hpp"

#include "kennel/key_mangler.hpp"
#include "support/catch.hpp"

TEST_CASE("the SHA-256 mangler gives the digest in hexadecimal") {
    CHECK(kennel::sha256_mangle_key("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(kennel::sha256_mangle_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("the SHA-256 mangler is a key mangler") {
    const kennel::KeyMangler mangler = kennel::length_conditional_mangler(3, kennel::sha256_mangle_key);
    CHECK(mangler("ab") == "ab");
    CHECK(mangler("abc").size() == 64);
}

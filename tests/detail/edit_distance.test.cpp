#include "kennel/detail/edit_distance.hpp"

#include "support/catch.hpp"

using kennel::detail::edit_distance;

TEST_CASE("the edit distance counts letters that are missing, added, wrong or swapped") {
    CHECK(edit_distance("", "", 2) == 0);
    CHECK(edit_distance("port", "port", 2) == 0);
    CHECK(edit_distance("port", "prot", 2) == 1);
    CHECK(edit_distance("port", "pot", 2) == 1);
    CHECK(edit_distance("port", "sport", 2) == 1);
    CHECK(edit_distance("port", "post", 2) == 1);
    CHECK(edit_distance("lock_timeout", "locktimout", 2) == 2);
    CHECK(edit_distance("host", "port", 2) == 2);
    CHECK(edit_distance("", "ab", 2) == 2);
}

TEST_CASE("the edit distance of what is further apart than its limit is more than the limit") {
    CHECK(edit_distance("port", "url", 2) > 2);
    CHECK(edit_distance("abc", "xyz", 2) > 2);
    CHECK(edit_distance("ab", "cd", 1) > 1);
    CHECK(edit_distance("a", "b", 0) > 0);
}

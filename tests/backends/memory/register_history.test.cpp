#include "support/register_history.hpp"

#include "support/catch.hpp"

#include <string>

namespace {

using test::RegisterHistory;
using Kind = test::RegisterOperation::Kind;

/// What is wrong with operations given as {kind, value, called, returned}.
std::string flaw(RegisterHistory::Operations operations, bool may_evict = false) {
    return RegisterHistory(std::move(operations)).flaw(may_evict);
}

bool is_good(const RegisterHistory::Operations& operations, bool may_evict = false) {
    return flaw(operations, may_evict).empty();
}

} // namespace

TEST_CASE("the checker of histories finds nothing wrong with what may be", "[memory]") {
    CHECK(is_good({}));
    CHECK(is_good({{Kind::miss, 0, 1, 2}, {Kind::write, 7, 3, 4}, {Kind::read, 7, 5, 6}}));
    CHECK(is_good({{Kind::write, 7, 1, 2}, {Kind::erase, 0, 3, 4}, {Kind::miss, 0, 5, 6}}));
    CHECK(is_good({{Kind::write, 7, 1, 6}, {Kind::read, 7, 2, 3}, {Kind::read, 7, 4, 5}}));
    CHECK(is_good({{Kind::write, 7, 1, 2}, {Kind::write, 8, 3, 8}, {Kind::read, 7, 4, 5}, {Kind::read, 8, 6, 7}}));
    CHECK(is_good({{Kind::write, 7, 1, 2}, {Kind::erase, 0, 3, 8}, {Kind::miss, 0, 4, 5}, {Kind::miss, 0, 6, 7}}));
    CHECK(is_good({{Kind::write, 7, 1, 2}, {Kind::miss, 0, 3, 4}}, true));
}

TEST_CASE("the checker of histories finds what cannot be", "[memory]") {
    CHECK_FALSE(is_good({{Kind::read, 7, 1, 2}}));
    CHECK_FALSE(is_good({{Kind::read, 7, 1, 2}, {Kind::write, 7, 3, 4}}, true));
    CHECK_FALSE(is_good({{Kind::write, 7, 1, 2}, {Kind::write, 8, 3, 4}, {Kind::read, 7, 5, 6}}, true)); // stale
    CHECK_FALSE(is_good({{Kind::write, 7, 1, 2}, {Kind::erase, 0, 3, 4}, {Kind::read, 7, 5, 6}}, true));
    CHECK_FALSE(is_good({{Kind::write, 7, 1, 2}, {Kind::miss, 0, 3, 4}}));
    CHECK_FALSE(is_good({{Kind::write, 7, 1, 2}, {Kind::miss, 0, 3, 4}, {Kind::read, 7, 5, 6}}));
    CHECK_FALSE(
        is_good({{Kind::write, 7, 1, 2}, {Kind::erase, 0, 3, 4}, {Kind::write, 8, 5, 6}, {Kind::miss, 0, 7, 8}}));
    // two readers that disagree on which of two writes was the later
    CHECK_FALSE(is_good({{Kind::write, 7, 1, 9},
                         {Kind::write, 8, 2, 10},
                         {Kind::read, 7, 11, 12},
                         {Kind::read, 8, 13, 14},
                         {Kind::read, 7, 15, 16}},
                        true));
    // an old value after the new one, while the new one is still being written
    CHECK_FALSE(
        is_good({{Kind::write, 7, 1, 2}, {Kind::write, 8, 3, 9}, {Kind::read, 8, 4, 5}, {Kind::read, 7, 6, 7}}, true));
}

#include "kennel/backends/redis/left_over.hpp"

#include "support/catch.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace {

using kennel::detail::RedisLeftOver;
using kennel::detail::RedisReply;

class Moving final : public kennel::detail::RedisTopology {
public:
    [[nodiscard]] kennel::detail::RedisRoute route(std::string_view, kennel::detail::RedisPurpose,
                                                   kennel::SteadyTime) override {
        return {};
    }
    [[nodiscard]] bool is_about_one_key(std::string_view error) const override { return error.starts_with("MOVED"); }
};

RedisReply error(const char* text) { return {.kind = RedisReply::Kind::error, .text = text}; }

} // namespace

TEST_CASE("keys are left over for errors that are about them alone, each once and in order") {
    const Moving topology;
    RedisLeftOver left_over(topology);
    CHECK(left_over.take(error("MOVED 1 a:1"), 7));
    CHECK(left_over.take(error("MOVED 1 a:1"), 2));
    CHECK(left_over.take(error("MOVED 1 a:1"), 7));
    CHECK_FALSE(left_over.take(error("OOM"), 3));
    CHECK(left_over.indexes() == std::vector<std::size_t>{2, 7});
}

TEST_CASE("no key is left over where answers are final") {
    RedisLeftOver none;
    CHECK_FALSE(none.take(error("MOVED 1 a:1"), 1));
    CHECK(none.indexes().empty());
}

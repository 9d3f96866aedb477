#include "kennel/backends/net/first_readable.hpp"

#include "support/catch.hpp"
#include "support/sockets.hpp"
#include "support/threads.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace {

using kennel::detail::first_readable;
using namespace std::chrono_literals;

/// Three descriptors from which nothing can be read yet.
struct Silence {
    std::array<test::Descriptor, 3> events{test::Descriptor(::eventfd(0, EFD_CLOEXEC)),
                                           test::Descriptor(::eventfd(0, EFD_CLOEXEC)),
                                           test::Descriptor(::eventfd(0, EFD_CLOEXEC))};
    std::array<int, 3> numbers{events[0].number(), events[1].number(), events[2].number()};

    void end(std::size_t position) const {
        const std::uint64_t one = 1;
        REQUIRE(::write(numbers.at(position), &one, sizeof one) == sizeof one);
    }
};

kennel::SteadyTime in(std::chrono::milliseconds span) { return std::chrono::steady_clock::now() + span; }

} // namespace

TEST_CASE("of several descriptors one is found from which something can be read") {
    const Silence silence;
    SECTION("already") {
        silence.end(2);
        CHECK(first_readable(silence.numbers, in(60s)) == 2);
        silence.end(1);
        CHECK(first_readable(silence.numbers, in(60s)) == 1);
    }
    SECTION("only later") {
        auto found = test::on_another_thread([&] { return first_readable(silence.numbers, in(60s)); });
        silence.end(1);
        CHECK(found.get() == 1);
    }
    SECTION("after the deadline") {
        silence.end(1);
        CHECK(first_readable(silence.numbers, in(-1s)) == 1);
    }
}

TEST_CASE("after the deadline it is the first of several descriptors, of which none can be read") {
    const Silence silence;
    const auto start = std::chrono::steady_clock::now();
    CHECK(first_readable(silence.numbers, in(50ms)) == 0);
    CHECK(std::chrono::steady_clock::now() - start >= 50ms);
}

TEST_CASE("one descriptor alone is not waited for") {
    const Silence silence;
    CHECK(first_readable({silence.numbers.data(), 1}, kennel::no_deadline) == 0);
}

#include "kennel/payload.hpp"

#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using kennel::Payload;

static_assert(std::is_nothrow_move_constructible_v<Payload> && std::is_nothrow_move_assignable_v<Payload>);

/// What contains a payload, as a cache entry does.
struct Container {
    Payload payload;
};

static_assert(!std::is_nothrow_copy_assignable_v<Container> && std::is_nothrow_move_assignable_v<Container>);

/// Counts its living objects, and throws from a copy when told to.
struct Tracked {
    explicit Tracked(int number) : value(number) { ++alive; }
    Tracked(const Tracked& other) : value(other.value) {
        if (copies_throw) throw std::runtime_error("no copy");
        ++alive;
        ++copies;
    }
    Tracked(Tracked&& other) noexcept : value(other.value) { ++alive; }
    Tracked& operator=(const Tracked&) = delete;
    ~Tracked() { --alive; }

    int value;
    static inline std::atomic<int> alive = 0;
    static inline std::atomic<int> copies = 0;
    static inline std::atomic<bool> copies_throw = false;
};

struct alignas(256) Wide {
    std::array<char, 300> bytes{};
};

template <class Type>
bool is_aligned(const Type* object) {
    return reinterpret_cast<std::uintptr_t>(object) % alignof(Type) == 0;
}

} // namespace

TEST_CASE("a payload is empty, an object or bytes") {
    const Payload empty;
    CHECK(empty.empty());
    CHECK_FALSE(empty.is_object());
    CHECK_FALSE(empty.is_bytes());
    CHECK_FALSE(empty.is_borrowed());
    CHECK(empty.type() == nullptr);
    CHECK(empty.address() == nullptr);
    CHECK(empty.as_bytes().empty());

    const Payload object = Payload::object(std::string("value"));
    CHECK(object.is_object());
    CHECK_FALSE(object.is_bytes());
    CHECK_FALSE(object.empty());
    CHECK(object.as_bytes().empty());
    CHECK(object.address() == object.get_if<std::string>());

    const Payload bytes = Payload::bytes("value");
    CHECK(bytes.is_bytes());
    CHECK_FALSE(bytes.is_object());
    CHECK(bytes.as_bytes() == "value");
    CHECK(bytes.address() == nullptr);
    CHECK(bytes.get_if<std::string>() == nullptr);
}

TEST_CASE("no bytes are still bytes") {
    CHECK(Payload::bytes("").is_bytes());
    CHECK(Payload::borrowed_bytes(std::string_view()).is_bytes());
    const Payload copy = Payload(Payload::borrowed_bytes(std::string_view()));
    CHECK(copy.is_bytes());
    CHECK(copy.as_bytes().empty());
}

TEST_CASE("an object comes back as exactly the type it went in") {
    const Payload payload = Payload::object(5);
    REQUIRE(payload.get_if<int>() != nullptr);
    CHECK(*payload.get_if<int>() == 5);
    CHECK(payload.get_if<unsigned>() == nullptr);
    CHECK(payload.get_if<long>() == nullptr);
    CHECK(payload.get_if<std::string>() == nullptr);
    const int lvalue = 6;
    CHECK(*Payload::object(lvalue).get_if<int>() == 6);
}

TEST_CASE("types are the same by address or by name") {
    CHECK(kennel::is_same_type(kennel::describe<int>(), kennel::describe<int>()));
    CHECK_FALSE(kennel::is_same_type(kennel::describe<int>(), kennel::describe<unsigned>()));
    // As another shared library would have it: the same type, described elsewhere.
    const kennel::TypeDescriptor elsewhere = kennel::describe<int>();
    CHECK(kennel::is_same_type(elsewhere, kennel::describe<int>()));
    const int number = 7;
    const Payload payload = Payload::borrowed_object(elsewhere, &number);
    REQUIRE(payload.get_if<int>() != nullptr);
    CHECK(*payload.get_if<int>() == 7);
    CHECK(payload.get_if<unsigned>() == nullptr);
}

TEST_CASE("copies share an owned object, and the last one destroys it") {
    REQUIRE(Tracked::alive == 0);
    Tracked::copies = 0;
    {
        const Payload first = Payload::object(Tracked(5));
        CHECK(Tracked::alive == 1);
        {
            const Payload second = first; // NOLINT(*-unnecessary-copy-initialization): that is what is tested
            CHECK(second.get_if<Tracked>() == first.get_if<Tracked>());
        }
        Payload third;
        third = first;
        CHECK(Tracked::alive == 1);
        const Payload fourth = std::move(third);
        CHECK(third.empty()); // NOLINT(*-use-after-move): promised to be empty
        CHECK(fourth.get_if<Tracked>()->value == 5);
    }
    CHECK(Tracked::alive == 0);
    CHECK(Tracked::copies == 0);
}

TEST_CASE("a borrowed payload refers to the value, and its copy owns one") {
    Tracked::copies = 0;
    Payload kept;
    {
        const Tracked original(5);
        const Payload borrowed = Payload::borrowed_object(original);
        CHECK(borrowed.is_borrowed());
        CHECK(borrowed.get_if<Tracked>() == &original);
        CHECK(Tracked::copies == 0);
        kept = borrowed;
        CHECK(Tracked::copies == 1);
        CHECK_FALSE(kept.is_borrowed());
    }
    REQUIRE(kept.get_if<Tracked>() != nullptr);
    CHECK(kept.get_if<Tracked>()->value == 5);
    kept = Payload();
    CHECK(Tracked::alive == 0);
}

TEST_CASE("borrowed bytes are copied with the payload and moved with it as they are") {
    std::string bytes = "some bytes that are too long for a short string";
    Payload borrowed = Payload::borrowed_bytes(bytes);
    CHECK(borrowed.as_bytes().data() == bytes.data());
    const Payload copy = borrowed;
    const Payload moved = std::move(borrowed);
    CHECK(moved.is_borrowed());
    CHECK(moved.as_bytes().data() == bytes.data());
    bytes.assign(bytes.size(), 'x');
    CHECK(copy.as_bytes() == "some bytes that are too long for a short string");
    CHECK(moved.as_bytes() == bytes);
}

TEST_CASE("a payload may be assigned to itself") {
    Payload payload = Payload::object(std::string("value"));
    const Payload& same = payload;
    payload = same;
    REQUIRE(payload.get_if<std::string>() != nullptr);
    CHECK(*payload.get_if<std::string>() == "value");
}

TEST_CASE("a copy constructor that throws leaves nothing behind") {
    {
        const Tracked original(5);
        const Payload borrowed = Payload::borrowed_object(original);
        Payload target = Payload::object(6);
        Tracked::copies_throw = true;
        REQUIRE_THROWS_AS(Payload(borrowed), std::runtime_error);
        REQUIRE_THROWS_AS(target = borrowed, std::runtime_error);
        REQUIRE_THROWS_AS(Payload::object(original), std::runtime_error);
        Tracked::copies_throw = false;
        CHECK(*target.get_if<int>() == 6);
        CHECK(Tracked::alive == 1);
    }
    CHECK(Tracked::alive == 0);
}

TEST_CASE("an object is aligned as its type demands, however strictly") {
    const Payload wide = Payload::object(Wide());
    CHECK(is_aligned(wide.get_if<Wide>()));
    const Wide original;
    const Payload copy = Payload(Payload::borrowed_object(original));
    CHECK(is_aligned(copy.get_if<Wide>()));
    CHECK(is_aligned(Payload::object('c').get_if<char>()));
    CHECK(is_aligned(Payload::object(1.5L).get_if<long double>()));
}

TEST_CASE("many threads may copy and drop one payload") {
    {
        const Payload shared = Payload::object(Tracked(5));
        std::atomic<int> wrong = 0;
        std::latch start(4);
        std::vector<std::thread> threads;
        for (int index = 0; index != 4; ++index)
            threads.emplace_back([&] {
                start.arrive_and_wait();
                for (int round = 0; round != 5'000; ++round) {
                    const Payload copy = shared; // NOLINT(*-unnecessary-copy-initialization)
                    if (copy.get_if<Tracked>()->value != 5) ++wrong;
                }
            });
        for (std::thread& thread : threads) thread.join();
        CHECK(wrong == 0);
        CHECK(Tracked::alive == 1);
    }
    CHECK(Tracked::alive == 0);
}

TEST_CASE("a payload takes over containers that own their bytes, and no views") {
    STATIC_REQUIRE(kennel::detail::owns_its_bytes<std::string>);
    STATIC_REQUIRE(kennel::detail::owns_its_bytes<std::vector<unsigned char>>);
    STATIC_REQUIRE(kennel::detail::owns_its_bytes<std::array<char, 3>>);
    STATIC_REQUIRE_FALSE(kennel::detail::owns_its_bytes<std::string_view>);
    STATIC_REQUIRE_FALSE(kennel::detail::owns_its_bytes<std::span<char>>);
    STATIC_REQUIRE_FALSE(kennel::detail::owns_its_bytes<std::span<const std::byte>>);
    STATIC_REQUIRE_FALSE(kennel::detail::owns_its_bytes<std::vector<int>>);
    CHECK(Payload::bytes_in(std::array{'a', 'b', 'c'}).as_bytes() == "abc");
}

TEST_CASE("a payload can take over a text and its bytes without copying them") {
    std::string text(1000, 'x');
    const char* const bytes = text.data();
    const kennel::Payload payload = kennel::Payload::bytes_in(std::move(text));
    CHECK(payload.is_bytes());
    CHECK_FALSE(payload.is_object());
    CHECK_FALSE(payload.is_borrowed());
    CHECK(payload.get_if<std::string>() == nullptr);
    CHECK(payload.as_bytes() == std::string(1000, 'x'));
    CHECK(payload.as_bytes().data() == bytes);
    const kennel::Payload copy = payload;
    CHECK(copy.as_bytes().data() == bytes);
    CHECK(kennel::Payload::bytes_in(std::string()).is_bytes());
    CHECK(kennel::Payload::bytes_in(std::string("short")).as_bytes() == "short");
}

#include "kennel/backends/memory.hpp"
#include "support/catch.hpp"
#include "support/memory_backend.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

using namespace test;

/// Stops a writer where it allocates, which is under the lock of its part of the backend.
struct Halt {
    std::atomic<bool> is_on{false};
    Stop stop;
};

template <class Type>
struct HaltingAllocator {
    using value_type = Type;

    explicit HaltingAllocator(Halt& halt_) : halt(&halt_) {}
    template <class Other>
    HaltingAllocator(const HaltingAllocator<Other>& other) : halt(other.halt) {} // NOLINT(*-explicit-*)

    Type* allocate(std::size_t count) {
        if (halt->is_on.exchange(false)) halt->stop.halt();
        return std::allocator<Type>().allocate(count);
    }
    void deallocate(Type* memory, std::size_t count) { std::allocator<Type>().deallocate(memory, count); }

    bool operator==(const HaltingAllocator& other) const { return halt == other.halt; }

    Halt* halt;
};

/// Aligns to cache lines and to nothing more.
template <class Type>
struct CarelessAllocator {
    using value_type = Type;

    CarelessAllocator() = default;
    template <class Other>
    CarelessAllocator(const CarelessAllocator<Other>& /*other*/) {} // NOLINT(*-explicit-*)

    static constexpr std::size_t line = 64;
    static constexpr std::size_t alignment = 1U << 16U;

    Type* allocate(std::size_t count) {
        const std::size_t size = (count * sizeof(Type) + line + alignment - 1) / alignment * alignment;
        return reinterpret_cast<Type*>(static_cast<char*>(std::aligned_alloc(alignment, size)) + line);
    }
    void deallocate(Type* memory, std::size_t /*count*/) { std::free(reinterpret_cast<char*>(memory) - line); }

    friend bool operator==(const CarelessAllocator&, const CarelessAllocator&) { return true; }
};

} // namespace

TEST_CASE("readers do not wait for a writer who holds the lock, nor for one who evicts", "[memory]") {
    Halt halt;
    kennel::MemorySettings settings;
    settings.max_entries = 100; // one part, and so one lock
    kennel::BasicMemoryBackend<void, HaltingAllocator<std::byte>> backend(settings, kennel::SystemClock::shared(),
                                                                          HaltingAllocator<std::byte>(halt));
    const auto store_bytes = [&](const std::string& key, std::size_t size) {
        const std::string bytes(size, 'b');
        backend.set(key, {kennel::Payload::borrowed_bytes(bytes), {}});
    };
    for (int number = 0; number != 100; ++number) store_bytes("key " + std::to_string(number), 10);
    halt.is_on = true;
    auto writing = on_another_thread([&] { store_bytes("large", 10'000); }); // a block of its own
    halt.stop.await_arrival();
    for (int number = 0; number != 100; ++number) CHECK(backend.get("key " + std::to_string(number)).has_value());
    CHECK_FALSE(backend.get("large").has_value());
    halt.stop.let_go();
    writing.get();
    CHECK(backend.get("large").has_value());
    CHECK(backend.size() == 100);
}

TEST_CASE("an allocator that does not align is found out before anything breaks", "[memory]") {
    kennel::BasicMemoryBackend<void, CarelessAllocator<std::byte>> backend;
    CHECK_THROWS_AS(store(backend, "key", 1), kennel::ValidationError);
    CHECK(backend.size() == 0);
}

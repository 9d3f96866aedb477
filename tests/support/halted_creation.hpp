#ifndef KENNEL_TESTS_SUPPORT_HALTED_CREATION_HPP
#define KENNEL_TESTS_SUPPORT_HALTED_CREATION_HPP

#include "kennel/cache_region.hpp"
#include "support/threads.hpp"

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A call on another thread whose creator has begun and stands still, so that others can ask meanwhile. It goes on
/// when it is told to, or else when the test is over.
template <class Result>
class HaltedCall {
public:
    HaltedCall(const HaltedCall&) = delete;
    HaltedCall& operator=(const HaltedCall&) = delete;

    /// Lets the creator return.
    void let_go() { going_on_.open(); }

    /// Lets the creator return, and gives what its caller gets.
    [[nodiscard]] Result finish() {
        let_go();
        return call_.get();
    }

protected:
    HaltedCall() = default;
    ~HaltedCall() { let_go(); }

    /// The creator in `call` stops at `halt`. A call that ends without its creator is an error of the test.
    template <class Call>
    void begin(Call call) {
        call_ = on_another_thread([this, call = std::move(call)] {
            const OpenedAtEnd arrived{arrived_};
            return call();
        });
        arrived_.pass();
        if (is_halted_) return;
        static_cast<void>(call_.get());
        throw std::logic_error("the call has ended without its creator");
    }
    void halt() {
        is_halted_ = true;
        arrived_.open();
        going_on_.pass();
    }

private:
    struct OpenedAtEnd {
        Gate& gate;
        ~OpenedAtEnd() { gate.open(); }
    };

    Gate arrived_;
    Gate going_on_;
    std::atomic<bool> is_halted_ = false;
    std::future<Result> call_;
};

/// A call of `get_or_create` that stands still in its creator.
class HaltedCreation final : public HaltedCall<int> {
public:
    HaltedCreation(const kennel::CacheRegion<>& region, const std::string& key, int value,
                   const kennel::CreateOptions<int>& options = {}) {
        begin([=, this] { return region.get_or_create(key, [=, this] { return halt(), value; }, options); });
    }
};

/// A call of `get_or_create_multi` that stands still in its creator, which makes the same value for all the keys it
/// gets.
class HaltedCreations final : public HaltedCall<std::vector<int>> {
public:
    HaltedCreations(const kennel::CacheRegion<>& region, const std::vector<std::string>& keys, int value) {
        begin([=, this] {
            return region.get_or_create_multi(keys, [=, this](const std::vector<std::string>& missing) {
                created_ = missing;
                halt();
                return std::vector<int>(missing.size(), value);
            });
        });
    }

    /// The keys whose values it creates.
    [[nodiscard]] const std::vector<std::string>& created() const { return created_; }

private:
    std::vector<std::string> created_;
};

} // namespace test

#endif

#ifndef KENNEL_BACKENDS_NET_BACK_OFF_HPP
#define KENNEL_BACKENDS_NET_BACK_OFF_HPP

#include "kennel/backends/net/endpoint.hpp"
#include "kennel/backends/net/jitter.hpp"
#include "kennel/backends/net/network_errors.hpp"
#include "kennel/clock.hpp"

#include <algorithm>
#include <chrono>
#include <string>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// How long to leave a server alone that could not be reached: 50 ms after the first failure, twice as long after each
/// further one, up to a limit, each time up to a half longer by chance. Not thread-safe.
class BackOff {
public:
    BackOff() = default;

    /// A server is left alone for `longest` at most. Who tries again does so alone, if that takes no longer than
    /// `patience`.
    explicit BackOff(TimeSpan longest, TimeSpan patience = {}) : longest_(longest.duration()), patience_(patience) {}

    /// Throws the last failure again while it is too early for another attempt.
    void refuse_while_waiting(const Endpoint& endpoint) const {
        const std::chrono::milliseconds left = time_left();
        if (left == std::chrono::milliseconds()) return;
        throw NotReached(joined({last_failure_, " (the next attempt to reach ", endpoint.text(), " is made in ",
                                 std::to_string(left.count()), " ms)"}));
    }

    /// Somebody tries now.
    void begin_attempt() {
        if (failures_ != 0 && patience_ != TimeSpan())
            next_attempt_ = later_by(std::chrono::steady_clock::now(), patience_);
    }

    void failed(const char* why) {
        const auto wait = (std::min)(shortest * (1 << (std::min)(failures_, 6)), longest_);
        ++failures_;
        next_attempt_ = std::chrono::steady_clock::now() + wait + random_up_to(wait / 2);
        last_failure_ = why;
    }

    /// How long it is still too early for another attempt.
    [[nodiscard]] std::chrono::milliseconds time_left() const {
        if (failures_ == 0) return {};
        return (std::max)(
            std::chrono::ceil<std::chrono::milliseconds>(next_attempt_ - std::chrono::steady_clock::now()),
            std::chrono::milliseconds());
    }

    void succeeded() noexcept { failures_ = 0; }

private:
    static constexpr std::chrono::nanoseconds shortest = std::chrono::milliseconds(50);

    std::chrono::nanoseconds longest_ = std::chrono::seconds(2);
    TimeSpan patience_{};
    int failures_ = 0; ///< since the last success
    SteadyTime next_attempt_{};
    std::string last_failure_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

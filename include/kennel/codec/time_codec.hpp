#ifndef KENNEL_CODEC_TIME_CODEC_HPP
#define KENNEL_CODEC_TIME_CODEC_HPP

#include "kennel/codec/decoder.hpp"
#include "kennel/codec/encoder.hpp"
#include "kennel/codec/signature.hpp"

#include <chrono>
#include <concepts>
#include <string>
#include <typeinfo>

KENNEL_NAMESPACE_BEGIN

/// A length of time: its number of ticks.
template <class Rep, class Period>
struct Codec<std::chrono::duration<Rep, Period>> {
    using Duration = std::chrono::duration<Rep, Period>;
    using Parts = CodecParts<Rep>;

    static void encode(Duration duration, Encoder& encoder) { encoder.write(duration.count()); }

    static Duration decode(Decoder& decoder) { return Duration(decoder.read<Rep>()); }

    static void describe(Signature& signature) {
        signature.add<Rep>("duration " + std::to_string(Period::num) + '/' + std::to_string(Period::den));
    }
};

/// A point in time: the length of time since its clock's epoch. One of a steady clock means nothing to another machine.
template <class Clock, class Duration>
struct Codec<std::chrono::time_point<Clock, Duration>> {
    using TimePoint = std::chrono::time_point<Clock, Duration>;
    using Parts = CodecParts<Duration>;

    static void encode(TimePoint point, Encoder& encoder) { encoder.write(point.time_since_epoch()); }

    static TimePoint decode(Decoder& decoder) { return TimePoint(decoder.read<Duration>()); }

    static void describe(Signature& signature) {
        constexpr bool is_wall_time = std::same_as<Clock, std::chrono::system_clock>;
        signature.add<Duration>(std::string("time ") + (is_wall_time ? "unix" : typeid(Clock).name()));
    }
};

KENNEL_NAMESPACE_END

#endif

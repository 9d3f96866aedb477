#ifndef KENNEL_ENVELOPE_HPP
#define KENNEL_ENVELOPE_HPP

#include "kennel/cached_value.hpp"
#include "kennel/detail/json_scanner.hpp"
#include "kennel/detail/json_string.hpp"
#include "kennel/detail/number_text.hpp"
#include "kennel/errors.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

namespace detail {

/// The seconds since 1970 as the nearest double; whole seconds apart, or they would be rounded
/// twice.
inline double epoch_seconds(WallTime moment) {
    const std::int64_t nanoseconds = moment.time_since_epoch().count();
    // Zero or more, also before 1970.
    const std::int64_t rest = (nanoseconds % 1'000'000'000 + 1'000'000'000) % 1'000'000'000;
    return static_cast<double>((nanoseconds - rest) / 1'000'000'000) + static_cast<double>(rest) / 1e9;
}

/// The moment that many seconds after 1970, to the nearest nanosecond; nothing when that is not
/// later than 1970 or later than a `WallTime` can be.
template <class Seconds>
std::optional<Late<WallTime, Seconds>> wall_time(Seconds seconds) {
    constexpr double end_of_time = 9.2e9;
    if (!(seconds > 0 && seconds < end_of_time)) return std::nullopt;
    const auto whole = static_cast<std::int64_t>(seconds);
    const double rest = (seconds - static_cast<double>(whole)) * 1e9;
    const WallTime moment(TimeSpan::Nanoseconds(whole * 1'000'000'000 + static_cast<std::int64_t>(rest + 0.5)));
    if (moment == WallTime()) return std::nullopt;
    return moment;
}

template <class Lazy>
void append_metadata(std::string& out, const Late<Metadata, Lazy>& metadata) {
    out += R"({"ct": )";
    append_float(out, epoch_seconds(metadata.created));
    out += R"(, "v": )";
    append_integer(out, metadata.version);
    if (metadata.time_to_live) {
        out += R"(, "ttl": )";
        append_float(out, metadata.time_to_live->seconds());
    }
    const char* before_tag = R"(, "tags": [)";
    for (const std::string& tag : metadata.tags.template names<Lazy>()) {
        out += before_tag;
        before_tag = ", ";
        append_json_string(out, tag);
    }
    if (!metadata.tags.empty()) out += ']';
    if (metadata.creation_cost != TimeSpan()) {
        out += R"(, "cost": )";
        append_float(out, metadata.creation_cost.seconds());
    }
    out += '}';
}

/// Reads the JSON object before the `|`. Of a name that is there twice the last one counts; a field
/// of ours that is not what it should be makes the whole entry useless, a foreign one is skipped.
template <class Lazy>
class MetadataReader {
public:
    explicit MetadataReader(std::string_view json) : scanner_(json) {}

    [[nodiscard]] std::optional<Late<Metadata, Lazy>> read() {
        static_cast<void>(scanner_.take_word("\xef\xbb\xbf"));
        if (!scanner_.take('{')) return std::nullopt;
        if (!scanner_.take('}')) {
            do {
                if (!take_field()) return std::nullopt;
            } while (scanner_.take(','));
            if (!scanner_.take('}')) return std::nullopt;
        }
        return scanner_.at_end() ? metadata() : std::nullopt;
    }

private:
    static constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

    [[nodiscard]] bool take_field() {
        if (!scanner_.take_string(text_) || !scanner_.take(':')) return false;
        if (text_ == "ct") return take_number(created_);
        if (text_ == "v") return take_number(version_);
        if (text_ == "ttl") return take_span(time_to_live_);
        if (text_ == "cost") return take_span(cost_);
        if (text_ == "tags") return take_tags();
        return scanner_.take_value();
    }

    /// Takes any value; one that is not a number comes as NaN.
    [[nodiscard]] bool take_number(double& number) {
        const char first = scanner_.peek();
        const bool is_number = first == '-' || (first >= '0' && first <= '9') || first == 'N' || first == 'I';
        if (is_number) return scanner_.take_number(number);
        number = not_a_number;
        return scanner_.take_value();
    }

    [[nodiscard]] bool take_span(std::optional<Late<double, Lazy>>& seconds) {
        seconds.reset();
        return scanner_.take_word("null") || take_number(seconds.emplace());
    }

    [[nodiscard]] bool take_tags() {
        tags_.clear();
        tags_are_text_ = true;
        if (scanner_.take_word("null")) return true;
        if (!scanner_.take('[')) {
            tags_are_text_ = false;
            return scanner_.take_value();
        }
        if (scanner_.take(']')) return true;
        do {
            tags_are_text_ = tags_are_text_ && scanner_.peek() == '"';
            if (!(tags_are_text_ ? scanner_.take_string(tags_.emplace_back()) : scanner_.take_value())) return false;
        } while (scanner_.take(','));
        return scanner_.take(']');
    }

    [[nodiscard]] std::optional<Late<Metadata, Lazy>> metadata() {
        const auto created = wall_time<Late<double, Lazy>>(created_);
        const bool has_version = version_ >= -1e9 && version_ <= 1e9 && version_ == static_cast<int>(version_);
        const bool spans_are_lengths = time_to_live_.value_or(0) >= 0 && cost_.value_or(0) >= 0;
        if (!created || !has_version || !spans_are_lengths || !tags_are_text_) return std::nullopt;
        Late<Metadata, Lazy> result{
            .created = *created, .version = static_cast<int>(version_), .tags = Tags(std::move(tags_))};
        if (time_to_live_) result.time_to_live = TimeSpan::from_seconds(*time_to_live_);
        if (cost_) result.creation_cost = TimeSpan::from_seconds(*cost_);
        return result;
    }

    JsonScanner scanner_;
    std::string text_;
    double created_ = not_a_number;
    double version_ = not_a_number;
    std::optional<Late<double, Lazy>> time_to_live_;
    std::optional<Late<double, Lazy>> cost_;
    std::vector<Late<std::string, Lazy>> tags_;
    bool tags_are_text_ = true;
};

} // namespace detail

/// Appends an entry as dogpile stores it: `{"ct": 1795243567.8039305, "v": 2}|payload`.
///
/// `ct` is the creation time in seconds since 1970. Behind `v` come what dogpile does not know, and
/// only when there is any: `ttl` in seconds, `tags`, and the creation's `cost` in seconds. Throws
/// `SerializationError` when the payload is not bytes.
template <class Lazy = void>
void append_envelope(std::string& out, const CachedValue& value) {
    if (!value.payload.is_bytes())
        throw SerializationError("only a payload of bytes can be put into an envelope: serialize the object first");
    detail::append_metadata<Lazy>(out, value.metadata);
    out += '|';
    out += value.payload.as_bytes();
}

/// An entry as dogpile stores it; see `append_envelope`.
template <class Lazy = void>
[[nodiscard]] std::string encode_envelope(const CachedValue& value) {
    std::string out;
    out.reserve(64 + value.payload.as_bytes().size());
    append_envelope<Lazy>(out, value);
    return out;
}

namespace detail {

/// Reads `{"ct": 1795243567.8039305, "v": 2}|`, which most entries begin with, and says how long it is; zero for all
/// others, which `MetadataReader` is for.
template <class Lazy>
[[nodiscard]] std::size_t take_plain_metadata(std::string_view stored, Late<Metadata, Lazy>& metadata) {
    constexpr std::string_view begin = R"({"ct": )";
    constexpr std::string_view end = R"(, "v": 2}|)";
    if (!stored.starts_with(begin)) return 0;
    std::size_t position = begin.size();
    const auto digit = [&] { return position < stored.size() ? static_cast<unsigned>(stored[position] - '0') : 10U; };
    std::int64_t nanoseconds = 0;
    for (int count = 0; count != 10; ++count, ++position) { // seconds: ten digits from 2001 to 2286
        if (digit() > 9 || (count == 0 && digit() == 0)) return 0;
        nanoseconds = nanoseconds * 10 + digit();
    }
    if (nanoseconds >= 9'200'000'000 || position == stored.size() || stored[position++] != '.') return 0;
    if (digit() > 9) return 0;
    for (int count = 0; count != 9; ++count) {
        const bool has_digit = digit() <= 9;
        nanoseconds = nanoseconds * 10 + (has_digit ? digit() : 0);
        position += has_digit ? 1 : 0;
    }
    if (!stored.substr(position).starts_with(end)) return 0;
    metadata.created = Late<WallTime, Lazy>(TimeSpan::Nanoseconds(nanoseconds));
    return position + end.size();
}

} // namespace detail

/// Reads an entry that dogpile or we have stored; nothing when it cannot be understood, whatever
/// the bytes are.
///
/// The payload borrows from `stored`. An entry of another version than `value_version` is given
/// with that version: whether to use it is the caller's business.
template <class Lazy = void>
[[nodiscard]] std::optional<CachedValue> decode_envelope(std::string_view stored) {
    if (CachedValue value; const std::size_t size = detail::take_plain_metadata<Lazy>(stored, value.metadata)) {
        value.payload = Payload::borrowed_bytes(stored.substr(size));
        return value;
    }
    const std::size_t end = stored.find('|');
    if (end == std::string_view::npos) return std::nullopt;
    auto metadata = detail::MetadataReader<Lazy>(stored.substr(0, end)).read();
    if (!metadata) return std::nullopt;
    return CachedValue{Payload::borrowed_bytes(stored.substr(end + 1)), *std::move(metadata)};
}

KENNEL_NAMESPACE_END

#endif

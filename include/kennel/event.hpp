#ifndef KENNEL_EVENT_HPP
#define KENNEL_EVENT_HPP

#include "kennel/detail/joined.hpp"
#include "kennel/time_span.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// What can happen in a region that somebody may want to hear of.
enum class EventKind : std::uint8_t {
    miss,             ///< no fresh entry was found
    created,          ///< a creator made a value
    creation_failed,  ///< a creator threw
    not_stored,       ///< a value was made, and its creator or `should_cache_fn` refused to store it
    write_dropped,    ///< a value was made too late: its key was set, erased or invalidated meanwhile
    hard_invalidated, ///< an entry was found that a hard invalidation has hit
    version_differs,  ///< an entry of another format version was found
    not_understood,   ///< an entry was found that is not a value of the type asked for
    read_failed,      ///< the backend could not be read
    write_failed,     ///< the backend could not be written
    lock_failed,      ///< the backend's lock could not be asked; a creation goes on without it
    lock_lost,        ///< the backend's lock was lost while a value was created, which is not stored then
    runner_refused,   ///< the background runner did not take a creation; it was done in place
};

/// How many kinds of events there are.
inline constexpr std::size_t event_kind_count = 13;

/// One happening in a region. The texts live as long as the listener's call. It never carries a value.
struct Event {
    EventKind kind;          ///< what has happened
    std::string_view region; ///< its name
    std::string_view key;    ///< as the caller wrote it; several are joined by ", "
    TimeSpan elapsed{};      ///< of a creation
    std::string_view detail; ///< the text of an error, or the types of an entry that is `not_understood`
};

/// Hears of events, on the thread where they happen and under no lock. What it throws is ignored.
using EventListener = std::function<void(const Event&)>;

/// The event as a line of a log; a long list of keys is cut in the middle.
[[nodiscard]] std::string to_string(const Event& event);

namespace detail {

inline constexpr std::size_t longest_logged_key = 300;

inline std::string abridged(std::string_view text) {
    if (text.size() <= longest_logged_key) return std::string(text);
    const std::size_t half = longest_logged_key / 2;
    const std::size_t cut = text.size() - 2 * half;
    return joined({text.substr(0, half), " ... (", std::to_string(cut), " more characters) ... ",
                   text.substr(text.size() - half)});
}

inline std::string_view what_happened(EventKind kind) {
    switch (kind) {
    case EventKind::miss: return "no value present that is fresh";
    case EventKind::created: return "value created";
    case EventKind::creation_failed: return "creator failed";
    case EventKind::not_stored: return "value created and, as asked, not stored";
    case EventKind::write_dropped: return "value not stored, for it was overtaken";
    case EventKind::hard_invalidated: return "value found, but hard-invalidated";
    case EventKind::version_differs: return "value found, but of another format version";
    case EventKind::not_understood: return "value found, but not understood";
    case EventKind::read_failed: return "backend could not be read";
    case EventKind::write_failed: return "backend could not be written";
    case EventKind::lock_failed: return "backend's lock could not be asked";
    case EventKind::lock_lost: return "backend's lock was lost while creating, value not stored";
    case EventKind::runner_refused: return "background runner refused, creating in place";
    }
    return "something happened";
}

} // namespace detail

inline std::string to_string(const Event& event) {
    std::string line(event.region);
    if (!line.empty()) line.append(": ");
    line.append(detail::what_happened(event.kind));
    if (event.elapsed.nanoseconds() > 0)
        line.append(" in ").append(std::to_string(event.elapsed.seconds())).append(" s");
    line.append(" for ").append(detail::abridged(event.key));
    if (!event.detail.empty()) line.append(" (").append(event.detail).append(")");
    return line;
}

KENNEL_NAMESPACE_END

#endif

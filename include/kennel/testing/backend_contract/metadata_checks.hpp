#ifndef KENNEL_TESTING_BACKEND_CONTRACT_METADATA_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_METADATA_CHECKS_HPP

#include "kennel/testing/backend_contract/backend_probe.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Bytes have times as fractions of seconds, which are not exact to the nanosecond.
[[nodiscard]] inline bool is_same_length(TimeSpan::Nanoseconds left, TimeSpan::Nanoseconds right) {
    return std::chrono::abs(left - right) <= std::chrono::microseconds(1);
}

[[nodiscard]] inline Metadata metadata_after(const BackendProbe& probe, const Metadata& metadata) {
    const std::string key = probe.own("metadata");
    CachedValue value = probe.entry("value");
    value.metadata = metadata;
    probe.backend().set(key, value);
    const std::optional<CachedValue> found = probe.backend().get(key);
    expect(found.has_value(), "an entry with metadata is not found");
    Metadata visited;
    probe.backend().visit(key, [&](const CachedValue& entry) { visited = entry.metadata; });
    expect(visited.created == found->metadata.created && visited.version == found->metadata.version &&
               visited.time_to_live == found->metadata.time_to_live && visited.tags == found->metadata.tags &&
               visited.creation_cost == found->metadata.creation_cost,
           "visit gives other metadata than get");
    return found->metadata;
}

inline void creation_time_survives(const BackendProbe& probe) {
    for (const WallTime created :
         {WallTime(std::chrono::seconds(1)), WallTime(std::chrono::nanoseconds(1'795'243'567'803'930'512)),
          WallTime(std::chrono::seconds(4'102'444'800))}) {
        const Metadata found = metadata_after(probe, {.created = created});
        expect(is_same_length(found.created - WallTime(), created - WallTime()),
               "the creation time is off by more than a microsecond");
        expect(!probe.keeps_objects() || found.created == created, "the creation time is not exact");
        expect(found.version == value_version, "the version is lost");
    }
}

inline void further_metadata_survive(const BackendProbe& probe) {
    const Metadata all{.created = WallTime(std::chrono::seconds(1'700'000'000)),
                       .time_to_live = TimeSpan(std::chrono::milliseconds(90'500)),
                       .tags = Tags(std::vector<std::string>{"team:7", "", "a|b\"\\\n", "gr\xc3\xbc\xc3\x9f"}),
                       .creation_cost = std::chrono::microseconds(1'234'567)};
    const Metadata found = metadata_after(probe, all);
    expect(found.time_to_live && is_same_length(found.time_to_live->duration(), all.time_to_live->duration()),
           "an entry's own time to live is lost");
    expect(found.tags == all.tags, "tags are lost");
    expect(is_same_length(found.creation_cost.duration(), all.creation_cost.duration()), "the creation cost is lost");
}

inline void metadata_are_replaced(const BackendProbe& probe) {
    const WallTime early(std::chrono::seconds(1'600'000'000));
    const WallTime late(std::chrono::seconds(1'700'000'000));
    static_cast<void>(metadata_after(probe, {.created = late,
                                             .time_to_live = TimeSpan(std::chrono::hours(1)),
                                             .tags = Tags(std::vector<std::string>{"tag"}),
                                             .creation_cost = std::chrono::seconds(1)}));
    const Metadata found = metadata_after(probe, {.created = early});
    expect(found.created == early, "an older creation time does not replace a later one");
    expect(!found.time_to_live && found.tags.empty() && found.creation_cost == TimeSpan(),
           "metadata of a value stay when it is replaced by one without");
}

inline void other_versions_are_not_disguised(const BackendProbe& probe) {
    const std::string key = probe.own("version");
    CachedValue value = probe.entry("value");
    value.metadata.version = value_version + 1;
    probe.backend().set(key, value);
    const std::optional<CachedValue> found = probe.backend().get(key);
    expect(!found || found->metadata.version == value_version + 1, "an entry of another version comes back as ours");
}

inline void set_useful_for(const BackendProbe& probe, const std::string& key, std::string_view text, TimeSpan span) {
    CachedValue value = probe.entry(text);
    value.metadata.useful_for = span;
    probe.backend().set(key, value);
}

inline void short_usefulness_is_no_error(const BackendProbe& probe) {
    using namespace std::chrono_literals;
    for (const TimeSpan span : {TimeSpan(), TimeSpan(1ns), TimeSpan(1us), TimeSpan(1ms), TimeSpan(999ms)}) {
        const std::string key = probe.own("short");
        probe.set(key, "before");
        set_useful_for(probe, key, "short", span);
        const std::optional<std::string> text = probe.get(key);
        expect(!text || text == "short", "the value before is found after one that was only shortly of use");
        probe.set(key, "after");
        probe.expect_text(key, "after", "a value is dropped because the one before was only shortly of use");
    }
}

inline void long_usefulness_is_no_error(const BackendProbe& probe) {
    using namespace std::chrono_literals;
    for (const TimeSpan span : {TimeSpan(1h), TimeSpan(24h * 31), TimeSpan(24h * 365 * 200), unlimited}) {
        const std::string key = probe.own("long");
        set_useful_for(probe, key, "long", span);
        probe.expect_text(key, "long", "a value is not found while it is of use");
    }
}

inline void useless_entries_are_dropped(const BackendProbe& probe) {
    if (!probe.backend().capabilities().expires_entries) return;
    const std::string key = probe.own("useless");
    set_useful_for(probe, key, "value", std::chrono::milliseconds(1));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (probe.get(key)) {
        expect(std::chrono::steady_clock::now() < deadline, "a backend that drops useless entries does not drop one");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    probe.expect_text(key, std::nullopt, "an entry that was dropped is found");
}

inline constexpr BackendCheck metadata_checks[] = {
    {"the creation time survives to a microsecond, and the version", creation_time_survives},
    {"time to live, tags and creation cost survive", further_metadata_survive},
    {"metadata are replaced with the value", metadata_are_replaced},
    {"an entry of another version does not come back as ours", other_versions_are_not_disguised},
    {"an entry may be of use for no time at all", short_usefulness_is_no_error},
    {"an entry is kept as long as it is of use", long_usefulness_is_no_error},
    {"a backend that says so drops entries that are of no more use", useless_entries_are_dropped},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

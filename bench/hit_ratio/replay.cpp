#include "replay.hpp"

#include <kennel/backends/memory.hpp>

#include <string_view>

namespace bench {

namespace {

kennel::MemorySettings settings_of(const std::string& policy, std::size_t capacity) {
    kennel::MemorySettings settings;
    settings.max_entries = capacity;
    settings.policy = policy;
    return settings;
}

} // namespace

std::vector<std::string> policy_names() {
    std::vector<std::string> names;
    for (const auto& policy : kennel::MemorySettings::policies()) names.emplace_back(policy.name);
    return names;
}

void require_policy(const std::string& policy) { settings_of(policy, 1).validate("--policy"); }

std::uint64_t misses_of_backend(const Trace& trace, const std::string& policy, std::size_t capacity,
                                const Advance& advance) {
    kennel::MemoryBackend backend(settings_of(policy, capacity));
    const std::uint64_t small = 0;
    const kennel::CachedValue value{kennel::Payload::borrowed_object(small), {}};
    std::uint64_t misses = 0;
    for_each_request(trace.requests.size(), advance, [&](std::size_t request) {
        const std::string_view key = trace.keys[trace.requests[request]];
        if (backend.visit(key, [](const kennel::CachedValue&) {})) return;
        ++misses;
        backend.set(key, value);
    });
    return misses;
}

} // namespace bench

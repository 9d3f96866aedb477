#ifndef KENNEL_REGION_FIRST_READER_HPP
#define KENNEL_REGION_FIRST_READER_HPP

#include "kennel/region/freshness.hpp"

#include <exception>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Reads an entry as `EntryReader` does, for the first look of a call: what can be said at once of an entry that is
/// plainly fresh is said here, and the rest is left to that.
template <class Lazy>
class FirstReader {
public:
    FirstReader(const BasicConfiguration<Lazy>& configuration, std::string_view key, const RuleChanges& changes,
                ValueRequest& request, Reading& reading)
        : configuration_(configuration), key_(key), changes_(changes), request_(request), reading_(reading) {}

    [[gnu::always_inline]] void operator()(const CachedValue& entry) noexcept {
        try {
            if (!is_plainly_fresh(entry.metadata)) [[unlikely]]
                look_closely(entry);
            else if (request_.take(entry.payload)) [[likely]] reading_.standing = Standing::fresh;
            else note_misunderstanding<Lazy>(reading_, entry, changes_.wanted);
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }

    /// What the request has thrown when it was to take the value, if it has.
    [[nodiscard]] const std::exception_ptr& thrown() const noexcept { return thrown_; }

private:
    [[nodiscard]] [[gnu::always_inline]] bool is_plainly_fresh(const Metadata& metadata) const {
        if (metadata.version != value_version || metadata.time_to_live ||
            configuration_.hit(key_, metadata) != Invalidation::none) [[unlikely]]
            return false;
        const bool has_own = changes_.expiration != nullptr && changes_.expiration->has_value();
        return is_surely_fresh(configuration_, metadata.created,
                               has_own ? **changes_.expiration : configuration_.rules.expiration);
    }

    [[gnu::cold]] void look_closely(const CachedValue& entry) {
        const FreshnessRules rules = applied_to_freshness(changes_, configuration_.rules);
        const auto take = [&](const CachedValue& servable) { return request_.take(servable.payload); };
        EntryReader<Lazy, decltype(take)> reader(configuration_, key_, rules, take, reading_);
        reader(entry);
        thrown_ = reader.thrown();
    }

    const BasicConfiguration<Lazy>& configuration_;
    std::string_view key_;
    const RuleChanges& changes_;
    ValueRequest& request_;
    Reading& reading_;
    std::exception_ptr thrown_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

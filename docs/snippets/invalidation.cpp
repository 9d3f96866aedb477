// For docs/expiration_and_invalidation.md.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

// [tags]
/// Invalidates what has a tag, and everything.
class TagInvalidation final : public kennel::RegionInvalidationStrategy {
public:
    using Kind = kennel::Invalidation;

    void invalidate_tag(const std::string& tag) {
        const std::unique_lock lock(mutex_);
        tags_[tag].invalidate(Kind::hard, std::chrono::system_clock::now());
    }

    void invalidate(Kind kind, kennel::WallTime now) override { all_.invalidate(kind, now); }

    Kind judge(std::string_view key, const kennel::Metadata& metadata) const override {
        Kind worst = all_.judge(key, metadata);
        const std::shared_lock lock(mutex_);
        for (const std::string& tag : metadata.tags.names())
            if (const auto found = tags_.find(tag); found != tags_.end())
                worst = (std::max)(worst, found->second.judge(key, metadata));
        return worst;
    }

    bool was_soft_invalidated() const override { return all_.was_soft_invalidated(); }

    kennel::WallTime stamp(kennel::WallTime now) const override {
        now = all_.stamp(now);
        const std::shared_lock lock(mutex_);
        for (const auto& [tag, moments] : tags_) now = moments.stamp(now);
        return now;
    }

private:
    kennel::DefaultInvalidationStrategy all_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, kennel::DefaultInvalidationStrategy, std::less<>> tags_;
};
// [/tags]

int main() {
    // [use_tags]
    const auto by_tag = std::make_shared<TagInvalidation>();
    kennel::CacheRegion pages;
    pages.configure("memory", {.expiration_time = 1h, .region_invalidator = by_tag});

    pages.set("page:5", "Ada's page", {.tags = {"user:ada"}});
    by_tag->invalidate_tag("user:ada");
    // [/use_tags]
    expect(!pages.get<std::string>("page:5"), "what has the tag is gone");
    pages.set("page:5", "Ada's new page", {.tags = {"user:ada"}});
    expect(pages.get<std::string>("page:5").has_value(), "what is stored later is not");

    // [kinds]
    pages.invalidate();                           // hard: nobody is served what there is now
    pages.invalidate(kennel::Invalidation::soft); // as if it had just expired
    // [/kinds]
    expect(!pages.get<std::string>("page:5", {.expiration_time = 1h}), "all is gone");

    // [spans]
    kennel::CacheRegion reports;
    reports.configure("memory", {.expiration_time = "2h5m", .stale_time = 30min});
    kennel::CacheRegion constants;
    constants.configure("memory", {.expiration_time = kennel::unlimited}); // as if it were left out
    // [/spans]
    expect(kennel::TimeSpan("2h5m") == kennel::TimeSpan(125min), "text is a length of time");
}

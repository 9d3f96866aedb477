#ifndef KENNEL_TESTING_BACKEND_CONTRACT_FAILURE_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_FAILURE_CHECKS_HPP

#include "kennel/testing/backend_contract/backend_probe.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Thrown by the code of a user that a backend runs.
struct UserFailure {};

/// Cannot be copied while it is told so.
class BrittleObject {
public:
    explicit BrittleObject(std::shared_ptr<const bool> is_broken) : is_broken_(std::move(is_broken)) {}
    BrittleObject(const BrittleObject& other) : is_broken_(other.is_broken_) {
        if (*is_broken_) throw UserFailure();
    }
    BrittleObject& operator=(const BrittleObject&) = delete;
    ~BrittleObject() = default;

private:
    std::shared_ptr<const bool> is_broken_;
};

inline void expect_usable(const BackendProbe& probe, const std::string& key) {
    probe.set(key, "usable");
    probe.expect_text(key, "usable", "the backend cannot be used after an exception of its user");
    probe.backend().erase(key);
    probe.expect_text(key, std::nullopt, "the backend cannot be used after an exception of its user");
}

inline void failing_copy_in_set_does_no_harm(const BackendProbe& probe) {
    if (!probe.keeps_objects()) return;
    const std::vector<std::string> keys = probe.own_multi({"new", "old", "other"});
    const auto is_broken = std::make_shared<bool>(false);
    const BrittleObject object(is_broken);
    probe.set(keys[1], "before");
    probe.set(keys[2], "other");
    *is_broken = true;
    const CachedValue value{Payload::borrowed_object(object), {}};
    for (const std::string& key : {keys[0], keys[1]})
        expect_throws<UserFailure>([&] { probe.backend().set(key, value); },
                                   "the exception of a value's copy constructor does not reach the caller of set");
    expect(!probe.get(keys[0]), "a value that could not be copied is found");
    const std::optional<std::string> text = probe.get(keys[1]);
    expect(!text || text == "before", "a value that could not be copied damages the one before");
    probe.expect_text(keys[2], "other", "a value that could not be copied damages another");
    for (const std::string& key : keys) expect_usable(probe, key);
}

inline void failing_copy_in_reader_does_no_harm(const BackendProbe& probe) {
    if (!probe.keeps_objects()) return;
    const std::string key = probe.own("brittle");
    const auto is_broken = std::make_shared<bool>(false);
    const BrittleObject object(is_broken);
    probe.backend().set(key, {Payload::borrowed_object(object), {}});
    const auto copy = [&](const CachedValue& value) {
        const auto* const found = value.payload.get_if<BrittleObject>();
        expect(found != nullptr, "an object does not come back with its type");
        const BrittleObject copied = *found; // NOLINT(performance-unnecessary-copy-*): the copy is what fails
    };
    *is_broken = true;
    expect_throws<UserFailure>([&] { probe.backend().visit(key, copy); },
                               "the exception of a copy does not reach the caller of visit");
    *is_broken = false;
    expect(probe.backend().visit(key, copy), "a value is lost when a copy of it could not be made");
    expect_usable(probe, key);
}

inline void failing_reader_does_no_harm(const BackendProbe& probe) {
    const std::vector<std::string> keys = probe.own_multi({"a", "b", "c"});
    for (const std::string& key : keys) probe.set(key, "value");
    expect_throws<UserFailure>([&] { probe.backend().visit(keys[0], [](const CachedValue&) { throw UserFailure(); }); },
                               "the exception of a reader does not reach the caller of visit");
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    expect_throws<UserFailure>(
        [&] { probe.backend().get_multi(views, [](std::size_t, const CachedValue&) { throw UserFailure(); }); },
        "the exception of a reader does not reach the caller of get_multi");
    for (const std::string& key : keys) {
        probe.expect_text(key, "value", "a value is lost when its reader throws");
        expect_usable(probe, key);
    }
}

inline constexpr BackendCheck failure_checks[] = {
    {"a value whose copy constructor throws in set does no harm", failing_copy_in_set_does_no_harm},
    {"a value whose copy constructor throws in a reader does no harm", failing_copy_in_reader_does_no_harm},
    {"a reader's exception reaches its caller and does no harm", failing_reader_does_no_harm},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

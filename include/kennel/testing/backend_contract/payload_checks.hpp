#ifndef KENNEL_TESTING_BACKEND_CONTRACT_PAYLOAD_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_PAYLOAD_CHECKS_HPP

#include "kennel/errors.hpp"
#include "kennel/testing/backend_contract/backend_probe.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

inline void expect_bytes(const BackendProbe& probe, std::string_view bytes) {
    const std::string key = probe.own("bytes");
    probe.backend().set(key, {Payload::borrowed_bytes(bytes), probe.entry("").metadata});
    const std::optional<CachedValue> found = probe.backend().get(key);
    expect(found && found->payload.is_bytes() && found->payload.as_bytes() == bytes, "bytes do not come back exactly");
}

inline void bytes_come_back_exactly(const BackendProbe& probe) {
    using namespace std::string_view_literals;
    std::string all_bytes;
    for (int byte = 0; byte != 256; ++byte) all_bytes += static_cast<char>(byte);
    for (const std::string_view bytes : {""sv, "\0"sv, "a\0b"sv, "|"sv, "a|b||"sv, "\r\n"sv, "END\r\n"sv, "0"sv,
                                         "null"sv, R"({"ct": 1.5, "v": 2}|payload)"sv, std::string_view(all_bytes)})
        expect_bytes(probe, bytes);
    for (const std::size_t size : {std::size_t{255}, std::size_t{4096}, std::size_t{65'536}, std::size_t{500'000}})
        expect_bytes(probe, std::string(size, '\xff'));
}

inline void large_value_is_whole_or_refused(const BackendProbe& probe) {
    try {
        expect_bytes(probe, std::string(1'048'576, 'x') + '\0');
    } catch (const BackendError&) { // a server may have a limit
        expect_bytes(probe, "small");
    }
}

template <class Object>
void expect_object(const BackendProbe& probe, const Object& object) {
    const std::string key = probe.own("object");
    probe.backend().set(key, {Payload::borrowed_object(object), {}});
    const std::optional<CachedValue> found = probe.backend().get(key);
    const Object* const value = found ? found->payload.get_if<Object>() : nullptr;
    expect(value != nullptr && *value == object, "an object does not come back as it was, with its type");
    expect(value != &object, "an object is not copied, although it was only lent");
}

inline void objects_keep_their_types(const BackendProbe& probe) {
    if (!probe.keeps_objects()) return;
    expect_object(probe, 0);
    expect_object(probe, 7U);
    expect_object(probe, false);
    expect_object(probe, 2.5);
    expect_object(probe, std::string());
    expect_object(probe, std::optional<int>());
    expect_object(probe, std::vector<std::string>{"a", "", std::string(1'000, 'b')});
}

/// An entry that refers to text which lies elsewhere.
inline CachedValue borrowing_entry(const BackendProbe& probe, const std::string& text) {
    Payload payload = probe.keeps_objects() ? Payload::borrowed_object(text) : Payload::borrowed_bytes(text);
    return {std::move(payload), probe.entry("").metadata};
}

inline void what_is_borrowed_may_die(const BackendProbe& probe) {
    const std::string first = probe.own("first");
    const std::string second = probe.own("second");
    std::string text = "a value that is too long for the short string optimization";
    const std::string original = text;
    probe.backend().set(first, borrowing_entry(probe, text));
    const CachedValue lent = borrowing_entry(probe, text);
    const BackendEntry entry{second, &lent};
    probe.backend().set_multi({&entry, 1});
    text.assign(text.size(), '?');
    probe.expect_text(first, original, "set keeps a reference to a value that was only lent");
    probe.expect_text(second, original, "set_multi keeps a reference to a value that was only lent");
}

inline void what_was_read_stays(const BackendProbe& probe) {
    const std::string key = probe.own("key");
    const std::string original = "a value that is too long for the short string optimization";
    probe.set(key, original);
    const std::optional<CachedValue> found = probe.backend().get(key);
    const std::optional<CachedValue> copy = found;
    probe.set(key, std::string(original.size(), '?'));
    probe.backend().erase(key);
    expect(found && BackendProbe::text_of(*found) == original,
           "a value that was read changes with a later set or erase");
    expect(copy && BackendProbe::text_of(*copy) == original, "a copy of a value that was read changes later");
}

inline constexpr BackendCheck payload_checks[] = {
    {"bytes come back exactly", bytes_come_back_exactly},
    {"a value of more than 1 MiB comes back whole, or is refused by BackendError", large_value_is_whole_or_refused},
    {"an object comes back as it was, with its type", objects_keep_their_types},
    {"a value that was lent to set may die after the call", what_is_borrowed_may_die},
    {"a value that was read stays as it is", what_was_read_stays},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

#ifndef KENNEL_CACHE_BACKEND_HPP
#define KENNEL_CACHE_BACKEND_HPP

#include "kennel/cache_mutex.hpp"
#include "kennel/cached_value.hpp"
#include "kennel/function_ref.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// In which form a backend takes and gives payloads.
enum class PayloadForm {
    object, ///< any value as it is; nothing is serialized
    bytes,  ///< bytes, made and read by the region's serializer
};

/// What a backend does beyond the minimum, for those who ask: the conformance suite goes by it, a region makes no
/// difference.
struct BackendCapabilities {
    bool is_remote = false;       ///< an operation costs a round trip to another process
    bool expires_entries = false; ///< it drops entries by itself when `Metadata::useful_for` has passed
    bool is_shared = false;       ///< other processes see the same entries
};

/// One pair of `CacheBackend::set_multi`.
struct BackendEntry {
    std::string_view key;
    const CachedValue* value; ///< never null
};

/// Stores entries under keys.
///
/// All members may be called from many threads at once. A backend knows nothing of regions, expiration times or
/// creators: it keeps what it is given and may forget it at any time. It reports failure by throwing `BackendError`.
class CacheBackend {
public:
    /// Is given an entry where it lies; see `visit`.
    using Reader = FunctionRef<void(const CachedValue&)>;

    /// Is given entries where they lie, each with its position among the keys; see `get_multi`.
    using MultiReader = FunctionRef<void(std::size_t index, const CachedValue&)>;

    CacheBackend() = default;
    CacheBackend(const CacheBackend&) = delete;
    CacheBackend& operator=(const CacheBackend&) = delete;
    virtual ~CacheBackend() = default;

    /// The entry, or nothing.
    [[nodiscard]] virtual std::optional<CachedValue> get(std::string_view key) = 0;

    /// Stores or replaces an entry. A payload that is kept must be copied: `value` may borrow it.
    virtual void set(std::string_view key, const CachedValue& value) = 0;

    /// Removes an entry; removing an absent one is fine.
    virtual void erase(std::string_view key) = 0;

    /// Calls `reader` with the entry where it lies and says whether there was one.
    ///
    /// The value lives as long as the call; the reader copies what it keeps, does not block, and does not call the
    /// backend.
    virtual bool visit(std::string_view key, Reader reader) {
        const std::optional<CachedValue> found = get(key);
        if (found) reader(*found);
        return found.has_value();
    }

    /// Calls `reader` with the position in `keys` and the entry of each key that has one, in any order.
    virtual void get_multi(std::span<const std::string_view> keys, MultiReader reader) {
        for (std::size_t index = 0; index != keys.size(); ++index)
            visit(keys[index], [&](const CachedValue& value) { reader(index, value); });
    }

    /// Stores all entries. When it throws, any part of them may have been stored.
    virtual void set_multi(std::span<const BackendEntry> entries) {
        for (const BackendEntry& entry : entries) set(entry.key, *entry.value);
    }

    /// Removes all these entries.
    virtual void erase_multi(std::span<const std::string_view> keys) {
        for (const std::string_view key : keys) erase(key);
    }

    /// The lock with which processes agree on who creates the value of `key`; null when the backend has none, and then
    /// only the threads of this process agree, which is the region's own business.
    [[nodiscard]] virtual std::shared_ptr<CacheMutex> get_mutex(std::string_view /*key*/) { return nullptr; }

    /// The mangler that a region uses on this backend when it was given none; empty for none.
    [[nodiscard]] virtual std::function<std::string(std::string_view)> key_mangler() const { return {}; }

    /// The form in which this backend takes and gives payloads; always the same.
    [[nodiscard]] virtual PayloadForm payload_form() const { return PayloadForm::object; }

    /// What this backend does beyond the minimum; always the same.
    [[nodiscard]] virtual BackendCapabilities capabilities() const { return {}; }
};

KENNEL_NAMESPACE_END

#endif

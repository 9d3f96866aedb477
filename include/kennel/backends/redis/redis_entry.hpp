#ifndef KENNEL_BACKENDS_REDIS_REDIS_ENTRY_HPP
#define KENNEL_BACKENDS_REDIS_REDIS_ENTRY_HPP

#include "kennel/backends/redis/client.hpp"
#include "kennel/cached_value.hpp"
#include "kennel/envelope.hpp"

#include <cstddef>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// An entry on its way to a Redis server. It borrows the key and the payload.
class RedisEntry {
public:
    /// Throws `SerializationError` for a payload that is not bytes, and `BackendError` for a key that is a lock's.
    RedisEntry(std::string_view key, const CachedValue& value, const RedisSettings& settings)
        : key_(key), payload_(value.payload.as_bytes()) {
        if (!value.payload.is_bytes())
            throw SerializationError("redis: only a payload of bytes can be stored: serialize the object first");
        if (settings.distributed_lock && key.starts_with(settings.lock_prefix)) [[unlikely]]
            refuse_key(settings);
        head_.reserve(64);
        append_metadata<void>(head_, value.metadata);
        head_ += '|';
        const bool has_own = settings.expiration_time != TimeSpan();
        milliseconds_ = milliseconds_text(has_own ? settings.expiration_time : value.metadata.useful_for);
    }

    /// Whether it has more bytes than a Redis string can have.
    [[nodiscard]] bool is_too_long() const noexcept { return size() > longest; }

    [[noreturn]] void refuse_length() const {
        throw BackendError(
            joined({"redis: the value of '", abridged(key_), "' has ", std::to_string(size()), " bytes, more than the ",
                    std::to_string(longest), " that a Redis string can have; the old value was removed"}));
    }

    [[nodiscard]] const std::string_view& key() const noexcept { return key_; }
    [[nodiscard]] std::size_t size() const noexcept { return head_.size() + payload_.size(); }

    /// Adds the command that stores it.
    void add_to(RedisRequest& request) const {
        const bool expires = milliseconds_ != "0";
        request.begin(expires ? 5 : 3);
        request.argument("SET");
        request.argument(key_);
        request.argument(head_, payload_);
        if (!expires) return;
        request.argument("PX");
        request.argument(milliseconds_);
    }

    /// Adds the script that stores it if the lock holds the token.
    void add_to(RedisRequest& request, std::string_view lock_key, std::string_view token, bool is_known) const {
        store_script().begin(request, 5, is_known);
        request.argument("2");
        request.argument(lock_key);
        request.argument(key_);
        request.argument(token);
        request.argument(head_, payload_);
        request.argument(milliseconds_);
    }

private:
    static constexpr std::size_t longest = std::size_t{512} * 1024 * 1024;

    /// The entry would take the lock from a creation, and be a lock for all that are to come.
    [[noreturn]] void refuse_key(const RedisSettings& settings) const {
        throw BackendError(joined({"redis: nothing can be stored under '", abridged(key_), "', which is the lock of '",
                                   abridged(key_.substr(settings.lock_prefix.size())),
                                   "': give the region a key_mangler that puts a prefix of its own before all keys, or "
                                   "another lock_prefix"}));
    }

    std::string_view key_;
    std::string head_; ///< the envelope but for the payload
    std::string_view payload_;
    std::string milliseconds_; ///< its time to live
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

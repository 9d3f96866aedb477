#ifndef KENNEL_BACKENDS_MEMCACHED_HPP
#define KENNEL_BACKENDS_MEMCACHED_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/backends/memcached/item_expiry.hpp"
#include "kennel/backends/memcached/legal_key.hpp"
#include "kennel/backends/memcached/memcached_mutex.hpp"
#include "kennel/backends/memcached/memcached_store.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/envelope.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN

/// Stores entries on memcached servers, as dogpile does with pylibmc; registered as "memcached". Link
/// `kennel::memcached`.
///
/// Its arguments are in docs/memcached_backend.md. Every operation is a round trip, for which a connection is taken
/// from a pool; it blocks for `connect_timeout` and `socket_timeout` at most, twice that when a connection has to be
/// made anew, and throws `BackendError` when a server cannot do what it was asked. Any key will do: one that memcached
/// does not take is stored under another name.
class MemcachedBackend final : public CacheBackend {
public:
    /// Connects to nothing yet. Throws `ValidationError` for arguments that are missing, unknown or senseless.
    explicit MemcachedBackend(const BackendContext& context)
        : store_(std::make_shared<detail::MemcachedStore>(detail::MemcachedSettingsReader(context.arguments).read(),
                                                          context.clock)) {}

    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        std::optional<CachedValue> found;
        visit(key, [&](const CachedValue& value) { found = value; });
        return found;
    }

    bool visit(std::string_view key, Reader reader) override {
        const detail::LegalKey legal(key);
        if (Mutex* const mutex = mutex_of_creation(legal.text())) {
            if (const auto entry = mutex->take_read_along())
                return entry->is_there && read({.value = entry->value, .flags = entry->flags}, reader);
        }
        return store_->with_client("get", legal.text(), [&](Client& client) {
            const std::optional<Item> item = client.get(legal.text());
            return item && read(*item, reader);
        });
    }

    /// With `distributed_lock`, a creation of the key that is under way elsewhere does not store its value any more.
    void set(std::string_view key, const CachedValue& value) override {
        const detail::LegalKey legal(key);
        if (Mutex* const mutex = mutex_of_creation(legal.text()))
            return mutex->store_under_lock([&] { store(legal.text(), value); });
        const std::string_view text = legal.text();
        end_creations({&text, 1});
        store(text, value);
    }

    /// As `set` does, it ends creations of the key.
    void erase(std::string_view key) override {
        const detail::LegalKey legal(key);
        const std::string_view text = legal.text();
        end_creations({&text, 1});
        remove(text);
    }

    void set_multi(std::span<const BackendEntry> entries) override {
        const detail::LegalKeys legal(entries.size(), [&](std::size_t index) { return entries[index].key; });
        std::vector<std::string_view> ended;
        for (const std::string_view key : legal.texts())
            if (mutex_of_creation(key) == nullptr) ended.push_back(key);
        end_creations(ended);
        for (std::size_t index = 0; index != entries.size(); ++index) {
            const std::string_view key = legal.texts()[index];
            if (Mutex* const mutex = mutex_of_creation(key))
                mutex->store_under_lock([&] { store(key, *entries[index].value); });
            else store(key, *entries[index].value);
        }
    }

    void erase_multi(std::span<const std::string_view> keys) override {
        const detail::LegalKeys legal(keys.size(), [&](std::size_t index) { return keys[index]; });
        end_creations(legal.texts());
        for (const std::string_view key : legal.texts()) remove(key);
    }

    /// One question to each server that has any of the keys. When a server fails, it throws after reading what the
    /// others have.
    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        const detail::LegalKeys legal(keys.size(), [&](std::size_t index) { return keys[index]; });
        store_->get_multi("get_multi", legal.texts(), false, [&](std::size_t index, const Item& item) {
            read(item, [&](const CachedValue& value) { reader(index, value); });
        });
    }

    /// The lock of the key on the servers, with `distributed_lock`.
    [[nodiscard]] std::shared_ptr<CacheMutex> get_mutex(std::string_view key) override {
        if (!store_->settings().distributed_lock) return nullptr;
        return std::make_shared<Mutex>(store_, detail::LegalKey(key).text());
    }

    [[nodiscard]] PayloadForm payload_form() const override { return PayloadForm::bytes; }

    [[nodiscard]] BackendCapabilities capabilities() const override {
        return {.is_remote = true, .expires_entries = true, .is_shared = true};
    }

private:
    using Client = detail::MemcachedClient;
    using Item = detail::MemcachedItem;
    using Mutex = detail::MemcachedMutex;

    /// What pylibmc and bmemcached note in the flags of bytes.
    static constexpr std::uint32_t compressed = 8;
    static constexpr std::uint32_t bytes_of_bmemcached = 16;

    /// The lock of the key, when this thread reads and writes for a creation that has one.
    [[nodiscard]] Mutex* mutex_of_creation(std::string_view legal_key) const noexcept {
        for (const std::shared_ptr<CacheMutex>& mutex : CreationScope::mutexes()) {
            auto* const own = dynamic_cast<Mutex*>(mutex.get());
            if (own != nullptr && own->is_of(*store_, legal_key)) return own;
        }
        return nullptr;
    }

    /// Says whether the item is an entry; `reader` has been called then.
    bool read(const Item& item, Reader reader) const {
        if ((item.flags & ~(compressed | bytes_of_bmemcached)) != 0) return false;
        if ((item.flags & compressed) == 0) return decode(item.value, reader);
        std::string inflated;
        return detail::inflate(item.value, inflated, store_->settings().max_inflated_size) && decode(inflated, reader);
    }

    static bool decode(std::string_view bytes, Reader reader) {
        const std::optional<CachedValue> value = decode_envelope(bytes);
        if (value) reader(*value);
        return value.has_value();
    }

    void end_creations(std::span<const std::string_view> legal_keys) {
        if (store_->settings().distributed_lock) detail::end_memcached_creations(*store_, legal_keys);
    }

    void remove(std::string_view key) {
        store_->with_client("erase", key, [&](Client& client) { return client.erase(key); });
    }

    void store(std::string_view key, const CachedValue& value) {
        const detail::MemcachedSettings& settings = store_->settings();
        const detail::ItemExpiry expiry = expiry_of(value.metadata);
        store_->with_client("set", key, [&](Client& client) {
            std::string& bytes = client.scratch();
            bytes.clear();
            append_envelope(bytes, value);
            std::string deflated;
            const bool is_deflated = settings.min_compress_len != 0 && bytes.size() >= settings.min_compress_len &&
                                     detail::deflate(bytes, deflated);
            const std::string& sent = is_deflated ? deflated : bytes;
            const bool may_fit = sent.size() <= settings.max_value_size;
            if (!may_fit) client.erase(key);
            const auto reply = may_fit ? client.set(key, sent, expiry, is_deflated ? compressed : 0)
                                       : detail::MemcachedReply::too_big;
            if (reply == detail::MemcachedReply::too_big) refuse(client, key, sent.size(), may_fit);
            return reply;
        });
    }

    [[nodiscard]] detail::ItemExpiry expiry_of(const Metadata& metadata) const {
        const std::optional<TimeSpan> asked = store_->settings().expire_time;
        const WallTime now = std::chrono::system_clock::now(); // the servers' time, whatever the region's clock says
        if (!asked) return detail::expiry_of_use(metadata.useful_for, now);
        return asked->is_unlimited() ? detail::never_expires : detail::expiry_after(detail::whole_seconds(*asked), now);
    }

    [[noreturn]] void refuse(const Client& client, std::string_view key, std::size_t size, bool by_server) const {
        const std::string limit = std::to_string(store_->settings().max_value_size);
        throw BackendError(store_->failure_text(
            client.server_of(key), "set", key,
            detail::joined({"the value is too big, and the key has none now: with its metadata it has ",
                            std::to_string(size), " bytes, and ",
                            by_server
                                ? "the server's limit for an item, key and all, is lower (1 MiB, or its option -I)"
                                : joined_limit(limit),
                            "; start all servers with a larger -I and set max_value_size to it, or compress values by "
                            "min_compress_len"})));
    }

    [[nodiscard]] static std::string joined_limit(std::string_view limit) {
        return detail::joined({"max_value_size is ", limit, " bytes"});
    }

    std::shared_ptr<detail::MemcachedStore> store_;
};

namespace detail {

inline const bool memcached_is_registered = self_register<MemcachedBackend>("memcached");

} // namespace detail
KENNEL_NAMESPACE_END

#endif

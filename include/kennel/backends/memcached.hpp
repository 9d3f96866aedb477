#ifndef KENNEL_BACKENDS_MEMCACHED_HPP
#define KENNEL_BACKENDS_MEMCACHED_HPP

#include "kennel/backend_registry.hpp"
#include "kennel/backends/memcached/end_creations.hpp"
#include "kennel/backends/memcached/legal_key.hpp"
#include "kennel/backends/memcached/memcached_entry.hpp"
#include "kennel/backends/memcached/memcached_mutex.hpp"
#include "kennel/backends/memcached/memcached_store.hpp"
#include "kennel/creation_scope.hpp"
#include "kennel/envelope.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
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
/// Its arguments are in docs/memcached_backend.md, which says how many round trips an operation is. Each takes a
/// connection from a pool, blocks for `socket_timeout` at most, and for `connect_timeout` for each connection that has
/// to be made, and throws `BackendError` when a server cannot do what it was asked. Any key will do: one that memcached
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
        const std::string_view text = legal.text();
        if (Mutex* const mutex = mutex_of_creation(text)) {
            if (const auto entry = mutex->take_read_along())
                return entry->is_there && read({.value = entry->value, .flags = entry->flags}, reader);
        }
        bool is_found = false;
        store_->with_connection("get", text, [&](Connection& connection, SteadyTime deadline) {
            connection.ask_items({&text, 1}, false);
            connection.send(deadline);
            connection.receive_items({&text, 1}, false,
                                     [&](std::size_t, const Item& item) { is_found = read(item, reader); });
        });
        return is_found;
    }

    /// With `distributed_lock`, a creation of the key that is under way elsewhere does not store its value any more.
    void set(std::string_view key, const CachedValue& value) override {
        const detail::LegalKey legal(key);
        const std::string_view text = legal.text();
        const detail::MemcachedEntry entry(text, value, store_->settings());
        if (Mutex* const mutex = mutex_of_creation(text)) return mutex->store_under_lock(entry);
        end_creations({&text, 1});
        detail::store_entry(*store_, entry);
    }

    /// As `set` does, it ends creations of the key.
    void erase(std::string_view key) override {
        const detail::LegalKey legal(key);
        const std::string_view text = legal.text();
        end_creations({&text, 1});
        detail::erase_item(*store_, text);
    }

    /// All at once for each server, but for keys whose creation stores them here.
    void set_multi(std::span<const BackendEntry> entries) override {
        const detail::LegalKeys legal(entries.size(), [&](std::size_t index) { return entries[index].key; });
        std::vector<detail::MemcachedEntry> others;
        std::vector<std::string_view> keys;
        std::vector<std::pair<Mutex*, std::size_t>> created;
        for (std::size_t index = 0; index != entries.size(); ++index) {
            const std::string_view key = legal.texts()[index];
            if (Mutex* const mutex = mutex_of_creation(key)) {
                created.emplace_back(mutex, index);
                continue;
            }
            others.emplace_back(key, *entries[index].value, store_->settings());
            keys.push_back(key);
        }
        std::exception_ptr failure;
        const auto attempt = [&failure](const auto& step) {
            try {
                step();
            } catch (const BackendError&) {
                if (failure == nullptr) failure = std::current_exception();
            }
        };
        if (!keys.empty()) {
            attempt([&] {
                end_creations(keys);
                detail::store_entries(*store_, keys, others);
            });
        }
        for (const auto& [mutex, index] : created)
            attempt([&, &mutex = mutex, &index = index] {
                mutex->store_under_lock({legal.texts()[index], *entries[index].value, store_->settings()});
            });
        if (failure != nullptr) std::rethrow_exception(failure);
    }

    /// All at once for each server.
    void erase_multi(std::span<const std::string_view> keys) override {
        const detail::LegalKeys legal(keys.size(), [&](std::size_t index) { return keys[index]; });
        end_creations(legal.texts());
        detail::erase_items(*store_, legal.texts());
    }

    /// One question to each server that has any of the keys. When a server fails, it throws after reading what the
    /// others have.
    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        const detail::LegalKeys legal(keys.size(), [&](std::size_t index) { return keys[index]; });
        const auto show = [&](std::size_t index, const Item& item) {
            read(item, [&](const CachedValue& value) { reader(index, value); });
        };
        if (CreationScope::mutexes().empty()) return store_->get_multi("get_multi", legal.texts(), false, show);
        std::vector<std::optional<std::uint64_t>> versions(keys.size());
        store_->get_multi("get_multi", legal.texts(), true, [&](std::size_t index, const Item& item) {
            versions[index] = item.version;
            show(index, item);
        });
        for (std::size_t index = 0; index != keys.size(); ++index)
            if (Mutex* const mutex = mutex_of_creation(legal.texts()[index]))
                mutex->note_found(versions[index].has_value(), versions[index].value_or(0));
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
    using Connection = detail::MemcachedConnection;
    using Item = detail::MemcachedItem;
    using Mutex = detail::MemcachedMutex;

    /// What bmemcached notes in the flags of bytes.
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
        if ((item.flags & ~(detail::compressed_flag | bytes_of_bmemcached)) != 0) return false;
        if ((item.flags & detail::compressed_flag) == 0) return decode(item.value, reader);
        std::string inflated;
        return detail::inflate(item.value, inflated, store_->settings().max_inflated_size) && decode(inflated, reader);
    }

    static bool decode(std::string_view bytes, Reader reader) {
        const std::optional<CachedValue> value = decode_envelope(bytes);
        if (value) reader(*value);
        return value.has_value();
    }

    void end_creations(std::span<const std::string_view> legal_keys) {
        if (store_->settings().distributed_lock && !legal_keys.empty())
            detail::end_memcached_creations(*store_, legal_keys);
    }

    std::shared_ptr<detail::MemcachedStore> store_;
};

namespace detail {

inline const bool memcached_is_registered = self_register<MemcachedBackend>("memcached");

} // namespace detail
KENNEL_NAMESPACE_END

#endif

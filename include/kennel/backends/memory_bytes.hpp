#ifndef KENNEL_BACKENDS_MEMORY_BYTES_HPP
#define KENNEL_BACKENDS_MEMORY_BYTES_HPP

#include "kennel/backends/memory.hpp"
#include "kennel/envelope.hpp"

#include <optional>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// Keeps values in the memory of this process as the bytes that a server would be sent; registered as "memory_bytes".
///
/// Every read makes a new object out of them, so nothing is shared between what was stored and what is read. It takes the
/// arguments of "memory".
class MemoryBytesBackend final : public CacheBackend {
public:
    explicit MemoryBytesBackend(const BackendContext& context) : memory_(context) {}

    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        std::optional<CachedValue> found;
        visit(key, [&](const CachedValue& value) { found = value; });
        return found;
    }

    bool visit(std::string_view key, Reader reader) override {
        bool is_understood = false;
        memory_.visit(key, [&](const CachedValue& stored) {
            const std::optional<CachedValue> value = decode_envelope(stored.payload.as_bytes());
            is_understood = value.has_value();
            if (value) reader(*value);
        });
        return is_understood;
    }

    void set(std::string_view key, const CachedValue& value) override {
        CachedValue stored;
        stored.payload = Payload::bytes(encode_envelope(value));
        stored.metadata.useful_for = value.metadata.useful_for;
        memory_.set(key, stored);
    }

    void erase(std::string_view key) override { memory_.erase(key); }

    [[nodiscard]] PayloadForm payload_form() const override { return PayloadForm::bytes; }
    [[nodiscard]] BackendCapabilities capabilities() const override { return memory_.capabilities(); }

    /// How many entries there are, with those that have expired and not yet been dropped.
    [[nodiscard]] std::size_t size() const { return memory_.size(); }

private:
    MemoryBackend memory_;
};

namespace detail {
inline const bool memory_bytes_is_registered = self_register<MemoryBytesBackend>("memory_bytes");
}

KENNEL_NAMESPACE_END

#endif

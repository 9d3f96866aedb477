#ifndef KENNEL_BACKENDS_MEMORY_BYTES_HPP
#define KENNEL_BACKENDS_MEMORY_BYTES_HPP

#include "kennel/backends/memory.hpp"
#include "kennel/envelope.hpp"

#include <optional>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN

/// Keeps values in the memory of this process as the bytes that a server would be sent; registered as "memory_bytes".
///
/// Every read makes a new object out of them, so nothing is shared between what was stored and what is read. It takes
/// the arguments of "memory".
template <class Lazy>
class BasicMemoryBytesBackend final : public CacheBackend {
public:
    /// Throws `ValidationError` for an argument that "memory" does not take.
    explicit BasicMemoryBytesBackend(const BackendContext& context) : memory_(context, "backend 'memory_bytes'") {}

    [[nodiscard]] std::optional<CachedValue> get(std::string_view key) override {
        const std::optional<detail::Late<CachedValue, Lazy>> stored = memory_.get(key);
        if (!stored) return std::nullopt;
        const auto borrowed = decode_envelope<Lazy>(stored->payload.as_bytes());
        return borrowed; // a copy, which owns its payload
    }

    bool visit(std::string_view key, Reader reader) override {
        bool is_understood = false;
        memory_.visit(key, [&](const CachedValue& stored) {
            const auto value = decode_envelope<Lazy>(stored.payload.as_bytes());
            is_understood = value.has_value();
            if (value) reader(*value);
        });
        return is_understood;
    }

    void set(std::string_view key, const CachedValue& value) override {
        set_serialized(key, encode_envelope<Lazy>(value), value.metadata.useful_for);
    }

    void erase(std::string_view key) override { memory_.erase(key); }

    /// The stored bytes as they are, metadata and all.
    [[nodiscard]] std::optional<std::string> get_serialized(std::string_view key) {
        std::optional<detail::Late<std::string, Lazy>> bytes;
        memory_.visit(key, [&](const CachedValue& stored) { bytes = stored.payload.as_bytes(); });
        return bytes;
    }

    /// Stores bytes as they are, whether they can be understood or not.
    void set_serialized(std::string_view key, std::string_view bytes, TimeSpan useful_for = unlimited) {
        memory_.set(key, {Payload::borrowed_bytes(bytes), {.useful_for = useful_for}});
    }

    [[nodiscard]] PayloadForm payload_form() const override { return PayloadForm::bytes; }
    [[nodiscard]] BackendCapabilities capabilities() const override { return memory_.capabilities(); }

    /// How many entries there are, with those that have expired and not yet been dropped.
    [[nodiscard]] std::size_t size() const { return memory_.size(); }

private:
    BasicMemoryBackend<Lazy> memory_;
};

/// Keeps bytes in memory; see `BasicMemoryBytesBackend`.
using MemoryBytesBackend = BasicMemoryBytesBackend<void>;

KENNEL_NAMESPACE_END

#endif

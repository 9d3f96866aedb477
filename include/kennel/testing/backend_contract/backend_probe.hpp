#ifndef KENNEL_TESTING_BACKEND_CONTRACT_BACKEND_PROBE_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_BACKEND_PROBE_HPP

#include "kennel/cache_backend.hpp"
#include "kennel/testing/contract.hpp"
#include "kennel/testing/unique_contract_key.hpp"

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// A backend as its checks use it: values are text in the form that the backend takes, and keys go through the
/// backend's own mangler as they do in a region, so a backend that cannot take every key says so by having one.
class BackendProbe {
public:
    using Texts = std::vector<std::optional<std::string>>;

    explicit BackendProbe(const std::function<std::shared_ptr<CacheBackend>()>& make_backend)
        : backend_(make_backend()), prefix_(unique_contract_key("value") + ':') {
        expect(backend_ != nullptr, "make_backend made nothing");
        mangler_ = backend_->key_mangler();
    }

    [[nodiscard]] CacheBackend& backend() const noexcept { return *backend_; }
    [[nodiscard]] bool keeps_objects() const { return backend_->payload_form() == PayloadForm::object; }

    /// The very key, mangled if need be.
    [[nodiscard]] std::string mangled(std::string_view key) const {
        return mangler_ ? mangler_(key) : std::string(key);
    }

    /// A key of this probe alone.
    [[nodiscard]] std::string own(std::string_view key) const { return mangled(prefix_ + std::string(key)); }
    [[nodiscard]] std::vector<std::string> own_multi(std::initializer_list<std::string_view> keys) const {
        std::vector<std::string> stored;
        for (const std::string_view key : keys) stored.push_back(own(key));
        return stored;
    }

    [[nodiscard]] CachedValue entry(std::string_view text) const {
        return {keeps_objects() ? Payload::object(std::string(text)) : Payload::bytes(text),
                {.created = WallTime(std::chrono::seconds(1'700'000'000))}};
    }

    void set(std::string_view stored_key, std::string_view text) const { backend_->set(stored_key, entry(text)); }

    void set_multi(const std::vector<std::pair<std::string, std::string>>& texts) const {
        std::vector<CachedValue> values;
        for (const auto& [key, text] : texts) values.push_back(entry(text));
        std::vector<BackendEntry> entries;
        for (std::size_t index = 0; index != texts.size(); ++index)
            entries.push_back({texts[index].first, &values[index]});
        backend_->set_multi(entries);
    }

    void erase_multi(const std::vector<std::string>& stored_keys) const { backend_->erase_multi(views(stored_keys)); }

    [[nodiscard]] std::optional<std::string> get(std::string_view stored_key) const {
        const std::optional<CachedValue> found = backend_->get(stored_key);
        return found ? std::optional(text_of(*found)) : std::nullopt;
    }

    [[nodiscard]] std::optional<std::string> visit(std::string_view stored_key) const {
        std::optional<std::string> text;
        int calls = 0;
        const bool was_found = backend_->visit(stored_key, [&](const CachedValue& value) {
            ++calls;
            text = text_of(value);
        });
        expect(calls == (was_found ? 1 : 0), "visit does not call the reader exactly when it says so");
        return text;
    }

    [[nodiscard]] Texts get_multi(const std::vector<std::string>& stored_keys) const {
        Texts texts(stored_keys.size());
        backend_->get_multi(views(stored_keys), [&](std::size_t index, const CachedValue& value) {
            expect(index < texts.size(), "get_multi calls the reader with a position that there is not");
            expect(!texts[index], "get_multi calls the reader twice for one position");
            texts[index] = text_of(value);
        });
        return texts;
    }

    /// Every way to read the key gives `text`, or nothing.
    void expect_text(const std::string& stored_key, const std::optional<std::string>& text,
                     std::string_view what) const {
        expect(get(stored_key) == text, std::string(what) + " (get)");
        expect(visit(stored_key) == text, std::string(what) + " (visit)");
        expect(get_multi({stored_key}) == Texts{text}, std::string(what) + " (get_multi)");
    }

    [[nodiscard]] static std::string text_of(const CachedValue& value) {
        if (value.payload.is_bytes()) return std::string(value.payload.as_bytes());
        const auto* const text = value.payload.get_if<std::string>();
        expect(text != nullptr, "a payload comes back as something else than it was");
        return *text;
    }

private:
    static std::vector<std::string_view> views(const std::vector<std::string>& keys) {
        return {keys.begin(), keys.end()};
    }

    std::shared_ptr<CacheBackend> backend_;
    std::function<std::string(std::string_view)> mangler_;
    std::string prefix_;
};

/// A promise of a backend by name.
struct BackendCheck {
    const char* promise;
    void (*run)(const BackendProbe&);
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

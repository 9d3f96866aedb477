#include "kennel/testing/backend_contract.hpp"

#include "support/catch.hpp"
#include "support/contract.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using kennel::testing_support::broken_promises;
using Promises = std::vector<std::string>;

/// The least that is a backend.
class DictionaryBackend : public kennel::CacheBackend {
public:
    std::optional<kennel::CachedValue> get(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        const auto found = values_.find(key);
        return found != values_.end() ? std::optional(found->second) : std::nullopt;
    }
    void set(std::string_view key, const kennel::CachedValue& value) override {
        kennel::CachedValue copy = value;
        const std::lock_guard lock(mutex_);
        values_.insert_or_assign(std::string(key), std::move(copy));
    }
    void erase(std::string_view key) override {
        const std::lock_guard lock(mutex_);
        if (const auto found = values_.find(key); found != values_.end()) values_.erase(found);
    }

private:
    std::mutex mutex_;
    std::map<std::string, kennel::CachedValue, std::less<>> values_;
};

template <class Backend>
Promises broken_by() {
    return broken_promises(kennel::backend_contract([] { return std::make_shared<Backend>(); }));
}

template <class Backend>
bool breaks(std::string_view promise) {
    return kennel::testing_support::breaks_promise(kennel::backend_contract([] { return std::make_shared<Backend>(); }),
                                                   promise);
}

struct NeverReplaces : DictionaryBackend {
    void set(std::string_view key, const kennel::CachedValue& value) override {
        if (!get(key)) DictionaryBackend::set(key, value);
    }
};

struct NeverErases : DictionaryBackend {
    void erase(std::string_view) override {}
};

struct VisitsWithoutSaying : DictionaryBackend {
    bool visit(std::string_view key, Reader reader) override {
        DictionaryBackend::visit(key, reader);
        return true;
    }
};

struct LosesPositions : DictionaryBackend {
    void get_multi(std::span<const std::string_view> keys, MultiReader reader) override {
        std::size_t found = 0;
        for (const std::string_view key : keys)
            visit(key, [&](const kennel::CachedValue& value) { reader(found++, value); });
    }
};

struct ErasesTheFirst : DictionaryBackend {
    void erase_multi(std::span<const std::string_view> keys) override {
        if (!keys.empty()) erase(keys.front());
    }
};

/// Takes keys for C strings.
struct CutsKeys : DictionaryBackend {
    static std::string_view cut(std::string_view key) { return key.substr(0, key.find('\0')); }
    std::optional<kennel::CachedValue> get(std::string_view key) override { return DictionaryBackend::get(cut(key)); }
    void set(std::string_view key, const kennel::CachedValue& value) override {
        DictionaryBackend::set(cut(key), value);
    }
    void erase(std::string_view key) override { DictionaryBackend::erase(cut(key)); }
};

/// The same, but it says so: it has a mangler that makes keys which it can take.
struct ManglesKeys : CutsKeys {
    std::function<std::string(std::string_view)> key_mangler() const override {
        return [](std::string_view key) {
            std::string mangled;
            for (const char character : key) {
                if (character == '\0') mangled += "%0";
                else if (character == '%') mangled += "%%";
                else mangled += character;
            }
            return mangled;
        };
    }
};

struct LosesMetadata : DictionaryBackend {
    void set(std::string_view key, const kennel::CachedValue& value) override {
        DictionaryBackend::set(key, {value.payload, {.created = value.metadata.created}});
    }
};

struct SwallowsExceptions : DictionaryBackend {
    bool visit(std::string_view key, Reader reader) override {
        try {
            return DictionaryBackend::visit(key, reader);
        } catch (...) {
            return false;
        }
    }
};

/// Holds its lock for good once a reader has thrown.
struct StaysLocked : DictionaryBackend {
    bool visit(std::string_view key, Reader reader) override {
        if (is_locked) throw kennel::BackendError("locked");
        is_locked = true;
        const bool was_found = DictionaryBackend::visit(key, reader);
        is_locked = false;
        return was_found;
    }
    bool is_locked = false;
};

struct DropsWhatIsUsefulForLong : DictionaryBackend {
    void set(std::string_view key, const kennel::CachedValue& value) override {
        const bool overflows = value.metadata.useful_for > kennel::TimeSpan(std::chrono::hours(24 * 30)) &&
                               !value.metadata.useful_for.is_unlimited();
        overflows ? erase(key) : DictionaryBackend::set(key, value);
    }
};

/// Keeps the value before when it is told that the new one is of no use.
struct KeepsTheOldValue : DictionaryBackend {
    void set(std::string_view key, const kennel::CachedValue& value) override {
        if (value.metadata.useful_for != kennel::TimeSpan()) DictionaryBackend::set(key, value);
    }
};

struct MixesThreadsUp : DictionaryBackend {
    void set(std::string_view key, const kennel::CachedValue& value) override {
        const std::lock_guard lock(mutex);
        kennel::CachedValue stored = value;
        if (last && last_thread != std::this_thread::get_id()) stored = *last;
        last = value;
        last_thread = std::this_thread::get_id();
        DictionaryBackend::set(key, stored);
    }
    std::mutex mutex;
    std::optional<kennel::CachedValue> last;
    std::thread::id last_thread;
};

} // namespace

TEST_CASE("a backend of three methods keeps the contract", "[backend_contract]") {
    CHECK(broken_by<DictionaryBackend>() == Promises());
}

TEST_CASE("a backend that cannot take every key keeps the contract if it has a mangler", "[backend_contract]") {
    CHECK(breaks<CutsKeys>("keys of all bytes and lengths are kept apart"));
    CHECK(breaks<CutsKeys>("keys of all bytes and lengths may be in lists"));
    CHECK(broken_by<ManglesKeys>() == Promises());
}

TEST_CASE("the contract finds a backend that stores or removes wrongly", "[backend_contract]") {
    CHECK(breaks<NeverReplaces>("a value is replaced by the next one"));
    CHECK(breaks<NeverErases>("an erased value is gone, and only that"));
    CHECK(breaks<ErasesTheFirst>("many values are erased at once, whether they are there or not"));
}

TEST_CASE("the contract finds a backend that reads wrongly", "[backend_contract]") {
    CHECK(breaks<VisitsWithoutSaying>("a key that was never set has no value"));
    CHECK(breaks<LosesPositions>("many values are read at once, each by the position of its key"));
}

TEST_CASE("the contract finds a backend that loses metadata", "[backend_contract]") {
    CHECK(broken_by<LosesMetadata>() == Promises{"time to live, tags and creation cost survive",
                                                 "an entry of another version does not come back as ours"});
}

TEST_CASE("the contract finds a backend that does not stand an exception", "[backend_contract]") {
    CHECK(breaks<SwallowsExceptions>("a reader's exception reaches its caller and does no harm"));
    CHECK(breaks<StaysLocked>("a reader's exception reaches its caller and does no harm"));
}

TEST_CASE("the contract finds a backend that keeps entries for too short a time", "[backend_contract]") {
    CHECK(broken_by<DropsWhatIsUsefulForLong>() == Promises{"an entry is kept as long as it is of use"});
    CHECK(broken_by<KeepsTheOldValue>() == Promises{"an entry may be of use for no time at all"});
}

TEST_CASE("the contract finds a backend that mixes the values of threads up", "[backend_contract]") {
    CHECK(breaks<MixesThreadsUp>("threads that do everything at once find only values that were set"));
}

TEST_CASE("the contract of backends that forget everything finds one that does not", "[backend_contract]") {
    CHECK(broken_promises(kennel::forgetful_backend_contract([] { return std::make_shared<DictionaryBackend>(); })) ==
          Promises{"what was set is not found", "what was set at once is not found"});
}

TEST_CASE("a maker of backends that makes none breaks every promise", "[backend_contract]") {
    const auto checks = kennel::backend_contract([] { return std::shared_ptr<kennel::CacheBackend>(); });
    CHECK(broken_promises(checks).size() == checks.size());
}

#ifndef KENNEL_REGION_ENGINE_CORE_HPP
#define KENNEL_REGION_ENGINE_CORE_HPP

#include "kennel/detail/epoch.hpp"
#include "kennel/flight_table.hpp"
#include "kennel/region/freshness.hpp"
#include "kennel/region/text_of.hpp"
#include "kennel/region/wrapping.hpp"
#include "kennel/statistics.hpp"

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The state that all handles of a region share: options, configuration, flights, counters. It knows no value's type.
template <class Lazy>
class BasicEngineCore : public std::enable_shared_from_this<BasicEngineCore<Lazy>> {
    using Configuration = BasicConfiguration<Lazy>;
    using StoredKey = BasicStoredKey<Lazy>;
    using StoredKeys = BasicStoredKeys<Lazy>;
    using FlightTable = BasicFlightTable<Lazy>;
    using Epochs = BasicEpochs<Lazy>;

public:
    /// The runner is not kept: a creation that waits in it keeps this, and must not keep it from being shut down.
    BasicEngineCore(RegionOptions options, std::weak_ptr<const AsyncCreationRunner> runner)
        : options_(std::move(options)), runner_(std::move(runner)) {
        if (options_.clock == nullptr) options_.clock = SystemClock::shared();
    }
    BasicEngineCore(const BasicEngineCore&) = delete;
    BasicEngineCore& operator=(const BasicEngineCore&) = delete;

    [[nodiscard]] const RegionOptions& options() const noexcept { return options_; }
    [[nodiscard]] const Clock& clock() const noexcept { return *options_.clock; }

    /// Null when the region has none.
    [[nodiscard]] std::shared_ptr<const AsyncCreationRunner> runner() const noexcept { return runner_.lock(); }
    [[nodiscard]] FlightTable& flights() noexcept { return flights_; }

    /// Whether the last call found nothing, of those whose lock `can_look`: then the next call may well find nothing
    /// either.
    [[nodiscard]] bool expects_miss() const noexcept { return expects_miss_.load(std::memory_order_relaxed); }
    void expect_miss(bool is_expected) noexcept {
        if (expects_miss() != is_expected) expects_miss_.store(is_expected, std::memory_order_relaxed);
    }

    [[nodiscard]] StripedCounters& counters() noexcept { return counters_; }

    void configure(std::string_view backend_name, const BasicConfigureOptions<Lazy>& options) {
        const std::lock_guard lock(configure_mutex_);
        if (current_ != nullptr && !options.replace_existing_backend)
            throw RegionAlreadyConfigured(
                joined({region_called(options_.name), " is configured already: set replace_existing_backend to "
                                                      "configure it anew"}));
        auto invalidator = options.region_invalidator;
        if (invalidator == nullptr)
            invalidator = current_ != nullptr ? current_->invalidator
                                              : std::make_shared<Late<DefaultInvalidationStrategy, Lazy>>();
        BasicWrapping<Lazy> wrapping(
            make_backend<Lazy>(backend_name, {.arguments = options.arguments, .clock = options_.clock}));
        wrapping.add(options.wrap);
        replace(
            make_configuration<Lazy>(backend_name, wrapping.outermost(), options, options_, std::move(invalidator)));
        wrapping.keep();
    }

    void wrap(const WrappedProxy& proxy) {
        const std::lock_guard lock(configure_mutex_);
        if (current_ == nullptr) throw_not_configured();
        BasicWrapping<Lazy> wrapping(current_->backend);
        wrapping.add(proxy);
        auto wrapped = std::make_shared<Configuration>(*current_);
        wrapped->put(wrapping.outermost(), options_);
        replace(std::move(wrapped));
        wrapping.keep();
    }

    [[nodiscard]] bool is_configured() const noexcept {
        return configuration_.load(std::memory_order_acquire) != nullptr;
    }

    /// The configuration, which stays while `guard` lives. Throws `RegionNotConfigured`.
    [[nodiscard]] const Configuration& configuration(const EpochGuard& /*guard*/) const {
        const Configuration* const configuration = configuration_.load(std::memory_order_acquire);
        if (configuration == nullptr) [[unlikely]]
            throw_not_configured();
        return *configuration;
    }

    /// Whether the region has not been configured anew since `configuration`.
    [[nodiscard]] bool is_current(const Configuration& configuration) const noexcept {
        return configuration_.load(std::memory_order_acquire) == &configuration;
    }

    /// The configuration for a call that may take long.
    [[nodiscard]] std::shared_ptr<const Configuration> configuration() const {
        const EpochGuard guard;
        return configuration(guard).shared_from_this();
    }

    /// Looks the key up once; `take` copies the value out and says whether it understood it. `reading` is empty before.
    ///
    /// What the backend throws is a miss or, when the region says so and nobody is about to create, thrown on. What
    /// `take` or the mangler throws is thrown on.
    template <class Take>
    void look(const Configuration& configuration, std::string_view key, const FreshnessRules& rules, Take& take,
              Reading& reading, bool is_creating = false) {
        EntryReader<Lazy, Take> reader(configuration, key, rules, take, reading);
        read(configuration, key, reader, reading, is_creating);
    }

    /// The same, with a reader that says what it has `thrown`.
    template <class Read>
    [[gnu::always_inline]] void read(const Configuration& configuration, std::string_view key, Read& read,
                                     Reading& reading, bool is_creating) {
        if (!configuration.key_mangler) visit(configuration, key, key, read, reading, is_creating);
        else visit_mangled(configuration, key, read, reading, is_creating);
        if (read.thrown() != nullptr) [[unlikely]]
            std::rethrow_exception(read.thrown());
    }

    /// Looks several keys up at once; `take` gets the position too. What the backend throws is a miss for the keys that
    /// it had not answered by then.
    template <class Take>
    [[nodiscard]] std::vector<Reading> look_multi(const Configuration& configuration,
                                                  std::span<const std::string_view> keys, const FreshnessRules& rules,
                                                  Take&& take, bool is_creating = false) {
        std::vector<Late<Reading, Lazy>> readings(keys.size());
        std::exception_ptr thrown;
        const auto read = [&](std::size_t index, const CachedValue& entry) {
            const auto take_here = [&](const CachedValue& servable) { return take(index, servable); };
            EntryReader<Lazy, decltype(take_here)> reader(configuration, keys[index], rules, take_here,
                                                          readings[index]);
            reader(entry);
            if (reader.thrown() != nullptr) thrown = reader.thrown();
        };
        const StoredKeys stored(configuration, keys);
        try {
            if (!keys.empty()) configuration.backend->get_multi(stored.views(), read);
        } catch (...) {
            for (Reading& reading : readings)
                if (reading.standing == Standing::none) reading.reason = EventKind::read_failed;
            report_failure(EventKind::read_failed, keys.front());
            if (!is_creating && configuration.on_read_failure == OnFailure::throw_error) throw;
        }
        if (thrown != nullptr) std::rethrow_exception(thrown);
        return readings;
    }

    /// Stores entries under keys as the caller wrote them; whatever is being created for them meanwhile is not stored.
    void set(const Configuration& configuration, std::span<const BackendEntry> entries) {
        if (entries.empty()) return;
        if (entries.size() == 1) return set_under(configuration, {&entries.front().key, 1}, entries);
        std::vector<Late<std::string_view, Lazy>> keys;
        for (const BackendEntry& entry : entries) keys.push_back(entry.key);
        set_under(configuration, keys, entries);
    }

    /// Stores entries under keys as the caller wrote them.
    static void store(const Configuration& configuration, std::span<const BackendEntry> entries) {
        if (entries.size() == 1)
            return configuration.backend->set(StoredKey(configuration, entries.front().key), *entries.front().value);
        if (entries.empty()) return;
        std::vector<Late<std::string_view, Lazy>> keys;
        for (const BackendEntry& entry : entries) keys.push_back(entry.key);
        const StoredKeys stored(configuration, keys);
        std::vector<Late<BackendEntry, Lazy>> stored_entries(entries.begin(), entries.end());
        for (std::size_t index = 0; index != entries.size(); ++index) stored_entries[index].key = stored.views()[index];
        configuration.backend->set_multi(stored_entries);
    }

    /// Removes entries; whatever is being created for these keys is not stored.
    void erase(std::span<const std::string_view> keys) {
        const auto configuration = this->configuration();
        if (keys.empty()) return;
        const typename FlightTable::Closure closure(flights_, keys);
        write(*configuration, keys.front(), [&] {
            if (keys.size() == 1) return configuration->backend->erase(StoredKey(*configuration, keys.front()));
            configuration->backend->erase_multi(StoredKeys(*configuration, keys).views());
        });
    }

    void invalidate(Invalidation kind) {
        const auto configuration = this->configuration();
        const typename FlightTable::Closure closure(flights_);
        configuration->invalidator->invalidate(kind, clock().wall_now());
    }

    /// Whether somebody creates the value of the key now, in this process or, if the backend's lock tells, in another.
    /// A lock that cannot be asked is reported and tells nothing.
    [[nodiscard]] bool key_is_locked(std::string_view key) {
        const auto configuration = this->configuration();
        if (flights_.contains(key)) return true;
        const StoredKey stored(*configuration, key);
        try {
            const std::shared_ptr<CacheMutex> mutex = configuration->backend->get_mutex(stored);
            return mutex != nullptr && mutex->locked();
        } catch (...) {
            report_failure(EventKind::lock_failed, key);
            return false;
        }
    }

    /// The metadata of a value that is stored now.
    [[nodiscard]] Metadata new_metadata(const Configuration& configuration, TimeSpan expiration,
                                        TimeSpan stale_time) const {
        Metadata metadata;
        metadata.created = configuration.invalidator->stamp(clock().wall_now());
        if (!expiration.is_unlimited()) metadata.useful_for = expiration + stale_time;
        return metadata;
    }

    void count(Counter counter) noexcept { counters_.add(counter, Epochs::thread_index()); }

    /// Counts an event and tells the listener.
    void report(EventKind kind, std::string_view key, TimeSpan elapsed = {}, std::string_view detail = {}) noexcept {
        counters_.add(kind, Epochs::thread_index());
        if (!options_.listener) return;
        try {
            options_.listener({kind, options_.name, key, elapsed, detail});
        } catch (...) { // NOLINT(*-empty-catch): a listener only listens
        }
    }

    /// Reports an exception, which is the one that is being handled unless told otherwise.
    void report_failure(EventKind kind, std::string_view key, TimeSpan elapsed = {},
                        const std::exception_ptr& error = std::current_exception()) noexcept {
        std::string text;
        try {
            if (options_.listener) text = text_of(error);
        } catch (...) { // NOLINT(*-empty-catch): then the listener gets no text
        }
        report(kind, key, elapsed, text);
    }

    /// Reports a look-up that found nothing to serve, and why.
    void report_miss(std::string_view key, const Reading& reading) noexcept {
        if (reading.reason != EventKind::miss && reading.reason != EventKind::read_failed)
            report_failure(reading.reason, key, {}, reading.error);
        report(EventKind::miss, key);
    }

private:
    void set_under(const Configuration& configuration, std::span<const std::string_view> keys,
                   std::span<const BackendEntry> entries) {
        const typename FlightTable::Closure closure(flights_, keys);
        write(configuration, keys.front(), [&] { store(configuration, entries); });
    }

    template <class Read>
    [[gnu::always_inline]] void visit(const Configuration& configuration, std::string_view stored_key,
                                      std::string_view key, Read& read, Reading& reading, bool is_creating) {
        try {
            configuration.backend->visit(stored_key, read);
        } catch (...) {
            note_failed_read(configuration, key, reading, is_creating);
        }
    }

    template <class Read>
    [[gnu::noinline]] void visit_mangled(const Configuration& configuration, std::string_view key, Read& read,
                                         Reading& reading, bool is_creating) {
        visit(configuration, StoredKey(configuration, key), key, read, reading, is_creating);
    }

    /// For the exception that is being handled, which it may throw on.
    [[gnu::cold]] void note_failed_read(const Configuration& configuration, std::string_view key, Reading& reading,
                                        bool is_creating) {
        reading = {.reason = EventKind::read_failed, .error = std::current_exception()};
        report_failure(EventKind::read_failed, key);
        if (!is_creating && configuration.on_read_failure == OnFailure::throw_error) throw;
    }

    /// Under the lock of `configure`. What is being created for the old backend does not go to the new one, either.
    void replace(std::shared_ptr<const Configuration> configuration) {
        typename Epochs::Retirement before = Epochs::prepare(current_);
        const typename FlightTable::Closure closure(flights_);
        current_ = std::move(configuration);
        configuration_.store(current_.get(), std::memory_order_seq_cst);
        Epochs::instance().retire(std::move(before));
    }

    template <class Write>
    void write(const Configuration& configuration, std::string_view key, Write&& do_write) {
        try {
            do_write();
        } catch (...) {
            report_failure(EventKind::write_failed, key);
            if (configuration.on_write_failure == OnFailure::throw_error) throw;
        }
    }

    [[noreturn]] void throw_not_configured() const {
        throw RegionNotConfigured(
            joined({region_called(options_.name), " is not configured: call configure() before it is used"}));
    }

    RegionOptions options_; ///< but for the runner
    std::weak_ptr<const AsyncCreationRunner> runner_;
    FlightTable flights_;
    StripedCounters counters_;
    std::mutex configure_mutex_;
    std::shared_ptr<const Configuration> current_; ///< owns what `configuration_` points to
    std::atomic<const Configuration*> configuration_{nullptr};
    std::atomic<bool> expects_miss_{false};
};

using EngineCore = BasicEngineCore<void>;

} // namespace detail
KENNEL_NAMESPACE_END

#endif

#ifndef KENNEL_TESTING_BACKEND_CONTRACT_THREAD_CHECKS_HPP
#define KENNEL_TESTING_BACKEND_CONTRACT_THREAD_CHECKS_HPP

#include "kennel/testing/backend_contract/backend_probe.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <latch>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Several threads that do everything with a few keys. Each value says to which key it belongs, and is so regular that
/// one made of parts of two is not a value.
class BusyThreads {
public:
    explicit BusyThreads(const BackendProbe& probe)
        : probe_(probe), keys_(probe.own_multi({"a", "b", "c", "d", "e"})) {}

    void run() {
        const int rounds = probe_.backend().capabilities().is_remote ? 50 : 300;
        std::latch start(thread_count);
        std::vector<std::jthread> threads;
        for (std::size_t number = 0; number != thread_count; ++number)
            threads.emplace_back([this, &start, rounds, number] {
                start.arrive_and_wait();
                for (int round = 0; round != rounds; ++round) do_everything(number + static_cast<std::size_t>(round));
            });
        threads.clear();
        expect(failures_ == 0, "an operation fails while other threads use the backend");
        expect(strange_values_ == 0, "a value is found that nobody has set under its key");
        for (const std::string& key : keys_) {
            probe_.set(key, value(key, 5));
            probe_.expect_text(key, value(key, 5), "a value is lost after several threads have used the backend");
        }
    }

private:
    static constexpr int thread_count = 4;

    [[nodiscard]] const std::string& key(std::size_t number) const { return keys_[number % keys_.size()]; }

    [[nodiscard]] static std::string value(const std::string& key, std::size_t number) {
        return key + '=' + std::string(number % 200, static_cast<char>('a' + number % 23));
    }

    void look(const std::string& key, const std::optional<std::string>& text) {
        if (!text) return;
        const std::size_t size = text->size() - (std::min)(text->size(), key.size() + 1);
        for (std::size_t number = size; number < 200U * 23U; number += 200)
            if (*text == value(key, number)) return;
        ++strange_values_;
    }

    void do_everything(std::size_t number) {
        try {
            probe_.set(key(number), value(key(number), number));
            look(key(number + 1), probe_.get(key(number + 1)));
            look(key(number), probe_.visit(key(number)));
            if (number % 3 == 0) probe_.backend().erase(key(number + 2));
            probe_.set_multi({{key(number + 3), value(key(number + 3), number)}, {key(number), value(key(number), 7)}});
            const BackendProbe::Texts found = probe_.get_multi(keys_);
            for (std::size_t index = 0; index != keys_.size(); ++index) look(keys_[index], found[index]);
            if (number % 7 == 0) probe_.erase_multi({key(number + 1), key(number + 4)});
        } catch (...) {
            ++failures_;
        }
    }

    const BackendProbe& probe_;
    std::vector<std::string> keys_;
    std::atomic<int> failures_ = 0;
    std::atomic<int> strange_values_ = 0;
};

inline void threads_do_no_harm(const BackendProbe& probe) { BusyThreads(probe).run(); }

inline void threads_see_each_others_values(const BackendProbe& probe) {
    const std::string key = probe.own("shared");
    std::jthread([&] { probe.set(key, "from another thread"); }).join();
    probe.expect_text(key, "from another thread", "a value that another thread has set is not found");
    std::jthread([&] { probe.backend().erase(key); }).join();
    probe.expect_text(key, std::nullopt, "a value that another thread has erased is found");
}

inline constexpr BackendCheck thread_checks[] = {
    {"what one thread does, another sees", threads_see_each_others_values},
    {"threads that do everything at once find only values that were set", threads_do_no_harm},
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

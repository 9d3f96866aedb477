#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string_view>
#include <vector>

namespace bench {

/// One look-up or one write, made beforehand: a thread that reads them one after the other has the key in its nearest
/// cache, as if it had just made it, and pays next to nothing for that.
struct Request {
    std::array<char, 24> text; ///< `user:` and 19 digits
    std::uint32_t number;      ///< that of the key, and what its value is made from
    bool is_write;

    [[nodiscard]] std::string_view key() const noexcept { return {text.data(), text.size()}; }
};
static_assert(sizeof(Request) == 32);

/// Threads take requests in batches of so many.
inline constexpr std::size_t batch_size = 256;

[[nodiscard]] inline Request request_of(std::uint32_t number, bool is_write = false) {
    Request request{.text = {}, .number = number, .is_write = is_write};
    std::memcpy(request.text.data(), "user:", 5);
    for (std::size_t at = request.text.size() - 1; at >= 5; --at, number /= 10)
        request.text[at] = static_cast<char>('0' + number % 10);
    return request;
}

/// The number in a key.
[[nodiscard]] inline std::uint32_t number_in(std::string_view key) noexcept {
    std::uint32_t number = 0;
    for (const char digit : key.substr(5)) number = number * 10 + static_cast<std::uint32_t>(digit - '0');
    return number;
}

/// `size` bytes that say to which key they belong.
template <std::size_t size>
struct Value {
    std::array<std::uint64_t, size / 8> words;

    [[nodiscard]] static Value of(std::uint32_t number) noexcept {
        Value value;
        value.words.fill(number);
        return value;
    }
    [[nodiscard]] bool belongs_to(std::uint32_t number) const noexcept {
        return words.front() == number && words.back() == number;
    }
};

/// Which requests there are: `key_count` keys by Zipf's law with an exponent below one, the popular ones scattered
/// among the others.
struct Popularity {
    std::size_t key_count;
    double exponent;
    double share_of_writes = 0;
};

/// Draws ranks from zero on by Zipf's law (W. Hoermann and G. Derflinger, "Rejection-inversion to generate variates
/// from monotone discrete distributions", 1996).
class ZipfDistribution {
public:
    explicit ZipfDistribution(const Popularity& popularity)
        : count_(static_cast<double>(popularity.key_count)), exponent_(popularity.exponent) {}

    template <class Random>
    [[nodiscard]] std::size_t operator()(Random& random) const {
        std::uniform_real_distribution<double> area(area_to(1.5) - 1, area_to(count_ + 0.5));
        for (;;) {
            const double drawn = area(random);
            const double rank = std::clamp(std::round(end_of(drawn)), 1.0, count_);
            if (drawn >= area_to(rank + 0.5) - std::pow(rank, -exponent_)) return static_cast<std::size_t>(rank) - 1;
        }
    }

private:
    /// Under the curve of the law, to `rank`; and the rank to which there is as much.
    [[nodiscard]] double area_to(double rank) const { return std::pow(rank, 1 - exponent_) / (1 - exponent_); }
    [[nodiscard]] double end_of(double area) const { return std::pow(area * (1 - exponent_), 1 / (1 - exponent_)); }

    double count_;
    double exponent_;
};

/// About `count` requests, in whole batches; the same for the same arguments.
[[nodiscard]] inline std::vector<Request> make_requests(const Popularity& popularity, std::size_t count) {
    std::mt19937_64 random(popularity.key_count);
    std::vector<std::uint32_t> numbers(popularity.key_count);
    std::iota(numbers.begin(), numbers.end(), 0U);
    std::shuffle(numbers.begin(), numbers.end(), random);

    const ZipfDistribution rank(popularity);
    std::bernoulli_distribution is_write(popularity.share_of_writes);
    std::vector<Request> requests(std::max<std::size_t>(count / batch_size, 1) * batch_size);
    for (Request& request : requests) {
        const std::uint32_t number = numbers[rank(random)];
        request = request_of(number, is_write(random));
    }
    return requests;
}

} // namespace bench

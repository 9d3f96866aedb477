#include "synthetic.hpp"

#include "input_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <random>

namespace bench {

namespace {

/// Draws numbers from zero on, each less often than the one before it, by Zipf's law. The standard's distributions
/// would give other numbers with each library.
class Zipf {
public:
    Zipf(std::size_t count, double exponent) : sums_(count) {
        double sum = 0;
        for (std::size_t rank = 0; rank != count; ++rank)
            sums_[rank] = sum += std::pow(static_cast<double>(rank + 1), -exponent);
    }

    [[nodiscard]] std::size_t operator()(std::mt19937_64& random) const {
        const double drawn = std::ldexp(static_cast<double>(random() >> 11U), -53) * sums_.back();
        const auto found = std::upper_bound(sums_.begin(), sums_.end(), drawn);
        return std::min(static_cast<std::size_t>(found - sums_.begin()), sums_.size() - 1);
    }

private:
    std::vector<double> sums_;
};

struct Description {
    std::string_view kind;
    double exponent = 0;
    std::size_t keys = 0;
    std::size_t requests = 0;
};

template <class Number>
[[nodiscard]] bool take_field(std::string_view& fields, Number& number, Number least, Number most) {
    const std::string_view field = fields.substr(0, fields.find(':'));
    fields.remove_prefix(std::min(field.size() + 1, fields.size()));
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
    return error == std::errc() && end == field.data() + field.size() && number >= least && number <= most;
}

[[nodiscard]] std::optional<Description> parsed(std::string_view text) {
    text.remove_prefix(synthetic_prefix.size());
    Description description{.kind = text.substr(0, text.find(':'))};
    text.remove_prefix(std::min(description.kind.size() + 1, text.size()));
    constexpr std::array<std::string_view, 4> kinds{"zipf", "drift", "scan", "loop"};
    if (std::find(kinds.begin(), kinds.end(), description.kind) == kinds.end()) return std::nullopt;
    if (description.kind != "loop" && !take_field(text, description.exponent, 0.0, 10.0)) return std::nullopt;
    constexpr std::size_t least = 1;
    if (!take_field(text, description.keys, least, std::size_t{100'000'000})) return std::nullopt;
    if (!take_field(text, description.requests, least, std::size_t{4'000'000'000})) return std::nullopt;
    return text.empty() ? std::optional(description) : std::nullopt;
}

void add(TraceBuilder& trace, std::uint64_t key) {
    std::array<char, sizeof key> bytes;
    std::memcpy(bytes.data(), &key, sizeof key);
    trace.add({bytes.data(), bytes.size()});
}

/// Zipf's law, but half of the requests are for keys that come once: as many in a row as there are others.
void add_scans(TraceBuilder& trace, const Description& wanted, const Zipf& rank, std::mt19937_64& random) {
    std::uint64_t once = wanted.keys;
    for (std::size_t request = 0; request != wanted.requests && !trace.is_full(); ++request)
        add(trace, request / wanted.keys % 2 == 0 ? rank(random) : once++);
}

/// Zipf's law, but in the end each key has been the most popular one.
void add_drift(TraceBuilder& trace, const Description& wanted, const Zipf& rank, std::mt19937_64& random) {
    const double shift_by_request = static_cast<double>(wanted.keys) / static_cast<double>(wanted.requests);
    for (std::size_t request = 0; request != wanted.requests && !trace.is_full(); ++request) {
        const auto shift = static_cast<std::size_t>(static_cast<double>(request) * shift_by_request);
        add(trace, (rank(random) + shift) % wanted.keys);
    }
}

void add_requests(TraceBuilder& trace, const Description& wanted, std::uint64_t seed) {
    if (wanted.kind == "loop") {
        for (std::size_t request = 0; request != wanted.requests && !trace.is_full(); ++request)
            add(trace, request % wanted.keys);
        return;
    }
    std::mt19937_64 random(seed);
    const Zipf rank(wanted.keys, wanted.exponent);
    if (wanted.kind == "scan") add_scans(trace, wanted, rank, random);
    else if (wanted.kind == "drift") add_drift(trace, wanted, rank, random);
    else
        for (std::size_t request = 0; request != wanted.requests && !trace.is_full(); ++request)
            add(trace, rank(random));
}

} // namespace

std::vector<std::string> built_in_traces() {
    return {"synthetic:zipf:0.7:50000:500000", "synthetic:zipf:1.0:50000:500000", "synthetic:drift:0.9:50000:500000",
            "synthetic:scan:0.9:20000:500000", "synthetic:loop:5000:100000"};
}

void require_synthetic(const std::string& description) {
    if (!parsed(description))
        throw InputError(description + ": there is no such synthetic trace; there are synthetic:zipf:EXPONENT:KEYS:"
                                       "REQUESTS, drift and scan with the same, and synthetic:loop:KEYS:REQUESTS");
}

Trace make_synthetic(const std::string& description, std::uint64_t seed, std::size_t limit) {
    require_synthetic(description);
    const Description wanted = *parsed(description);
    TraceBuilder trace(description, limit);
    add_requests(trace, wanted, seed);
    return trace.take(description.substr(synthetic_prefix.size()),
                      wanted.kind == "loop" ? "made here" : "made here with seed " + std::to_string(seed));
}

} // namespace bench

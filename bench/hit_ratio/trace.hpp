#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bench {

/// Keys one behind the other, each under its number.
class Keys {
public:
    void push_back(std::string_view key) {
        bytes_.append(key);
        ends_.push_back(bytes_.size());
    }
    [[nodiscard]] std::string_view operator[](std::uint32_t number) const noexcept {
        const std::size_t begin = number == 0 ? 0 : ends_[number - 1];
        return {bytes_.data() + begin, ends_[number] - begin};
    }
    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }

private:
    std::string bytes_;
    std::vector<std::size_t> ends_;
};

/// Which keys somebody has asked a cache for, in order.
struct Trace {
    std::string name;
    std::string form;                    ///< what its keys are, for people
    Keys keys;                           ///< different ones, by their first appearance
    std::vector<std::uint32_t> requests; ///< numbers of keys
};

/// Puts a trace together and numbers its keys.
class TraceBuilder {
public:
    /// Takes the first `limit` requests; `source` is what error messages name.
    TraceBuilder(std::string source, std::size_t limit) : source_(std::move(source)), limit_(limit) {}
    TraceBuilder(const TraceBuilder&) = delete;
    TraceBuilder& operator=(const TraceBuilder&) = delete;

    /// Whether it takes no more.
    [[nodiscard]] bool is_full() const noexcept { return trace_.requests.size() >= limit_; }

    /// Throws `InputError` when there are more requests than can be counted.
    void add(std::string_view key);

    /// Throws `InputError` when there are no requests.
    [[nodiscard]] Trace take(std::string name, std::string form);

    [[nodiscard]] const std::string& source() const noexcept { return source_; }
    [[nodiscard]] std::size_t size() const noexcept { return trace_.requests.size(); }

private:
    struct Hash {
        using is_transparent = void;
        const Keys* keys;
        [[nodiscard]] std::size_t operator()(std::string_view key) const noexcept {
            return std::hash<std::string_view>()(key);
        }
        [[nodiscard]] std::size_t operator()(std::uint32_t number) const noexcept { return (*this)((*keys)[number]); }
    };
    struct Equal {
        using is_transparent = void;
        const Keys* keys;
        [[nodiscard]] bool operator()(std::uint32_t left, std::uint32_t right) const noexcept { return left == right; }
        [[nodiscard]] bool operator()(std::string_view key, std::uint32_t number) const noexcept {
            return key == (*keys)[number];
        }
        [[nodiscard]] bool operator()(std::uint32_t number, std::string_view key) const noexcept {
            return key == (*keys)[number];
        }
    };

    std::string source_;
    std::size_t limit_;
    Trace trace_;
    std::unordered_set<std::uint32_t, Hash, Equal> numbers_{0, Hash{&trace_.keys}, Equal{&trace_.keys}};
};

} // namespace bench

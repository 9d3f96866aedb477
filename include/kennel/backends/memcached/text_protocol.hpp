#ifndef KENNEL_BACKENDS_MEMCACHED_TEXT_PROTOCOL_HPP
#define KENNEL_BACKENDS_MEMCACHED_TEXT_PROTOCOL_HPP

#include "kennel/backends/memcached/memcached_protocol.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The text protocol of memcached. All keys are legal.
class MemcachedTextProtocol final : public MemcachedProtocol {
public:
    explicit MemcachedTextProtocol(std::size_t largest_value) : largest_value_(largest_value) {}

    void ask_items(ByteOutput& out, std::span<const std::string_view> keys, bool with_versions) override {
        out << (with_versions ? "gets" : "get");
        for (const std::string_view key : keys) out << " " << key;
        out << line_end;
    }

    void ask_to_store(ByteOutput& out, MemcachedCommand command, const MemcachedStoring& item) override {
        out << name_of(command) << item.key << " ";
        out.number(item.flags) << " ";
        out.number(item.expiry) << " ";
        out.number(item.size());
        if (command == MemcachedCommand::replace) (out << " ").number(item.version);
        out << line_end << item.head << item.body << line_end;
    }

    void ask_to_erase(ByteOutput& out, std::string_view key) override { out << "delete " << key << line_end; }

    /// There is no command for that, but an item can be replaced by one that has expired.
    void ask_to_release(ByteOutput& out, const MemcachedStoring& item) override {
        MemcachedStoring expired = item;
        expired.expiry = already_expired;
        ask_to_store(out, MemcachedCommand::replace, expired);
    }

    void read_items(ByteInput& in, std::span<const std::string_view> keys, bool with_versions,
                    ItemReader reader) override {
        if (keys.size() == 1) return read_only_item(in, keys.front(), with_versions, reader);
        is_read_.assign(keys.size(), false);
        for (std::size_t next = 0;; ++next) {
            const std::string_view line = in.line();
            if (line == "END") return;
            const Head head = head_of(line, with_versions);
            next = position_of(head.key, keys, next);
            is_read_[next] = true;
            const MemcachedItem item = item_of(in, head);
            reader(next, item);
        }
    }

    [[nodiscard]] MemcachedReply read_reply(ByteInput& in, MemcachedCommand command) override {
        using enum MemcachedCommand;
        const std::string_view line = in.line();
        if (command == erase) {
            if (line == "DELETED") return MemcachedReply::done;
        } else if (line == "STORED") {
            return MemcachedReply::done;
        }
        if (line == "NOT_STORED" && command == add) return MemcachedReply::exists;
        if (line == "EXISTS" && (command == replace || command == release)) return MemcachedReply::exists;
        if (line == "NOT_FOUND" && command != add && command != set) return MemcachedReply::absent;
        if (line == "SERVER_ERROR object too large for cache" && command != erase) return MemcachedReply::too_big;
        refuse(line);
    }

private:
    static constexpr std::string_view line_end = "\r\n";
    static constexpr std::size_t shortest_rest = std::string_view("\r\nEND\r\n").size(); ///< behind each value

    /// The line before a value.
    struct Head {
        std::string_view key;
        std::uint32_t flags = 0;
        std::size_t size = 0;
        std::uint64_t version = 0;
    };

    [[nodiscard]] static std::string_view name_of(MemcachedCommand command) noexcept {
        switch (command) {
        case MemcachedCommand::add: return "add ";
        case MemcachedCommand::replace: return "cas ";
        default: return "set ";
        }
    }

    void read_only_item(ByteInput& in, std::string_view key, bool with_versions, ItemReader reader) {
        const std::string_view line = in.line();
        if (line == "END") return;
        const Head head = head_of(line, with_versions);
        if (head.key != key) throw MalformedInput("it answered with another key's value");
        const MemcachedItem item = item_of(in, head);
        if (in.line() != "END") throw MalformedInput("it answered with more than one value");
        reader(0, item);
    }

    /// The position of a key that was not answered yet. A server answers in the order of the question, so it is most
    /// often the next one.
    [[nodiscard]] std::size_t position_of(std::string_view key, std::span<const std::string_view> keys,
                                          std::size_t start) const {
        for (std::size_t step = 0; step != keys.size(); ++step) {
            const std::size_t index = (start + step) % keys.size();
            if (keys[index] == key && !is_read_[index]) return index;
        }
        throw MalformedInput("it answered with a key that was not asked for");
    }

    [[nodiscard]] static MemcachedItem item_of(ByteInput& in, const Head& head) {
        const std::string_view value = in.block(head.size, shortest_rest);
        if (in.block(line_end.size()) != line_end) throw MalformedInput("a value is longer than announced");
        return {.value = value, .flags = head.flags, .version = head.version};
    }

    [[nodiscard]] Head head_of(std::string_view line, bool with_versions) const {
        constexpr std::string_view begin = "VALUE ";
        if (!line.starts_with(begin)) refuse(line);
        line.remove_prefix(begin.size());
        Head head;
        head.key = line.substr(0, line.find(' '));
        line.remove_prefix(head.key.size());
        const auto flags = take_number<std::uint32_t>(line);
        const auto size = take_number<std::size_t>(line);
        const auto version = with_versions ? take_number<std::uint64_t>(line) : 0;
        if (!flags || !size || !version || !line.empty()) throw MalformedInput("its answer makes no sense");
        check_value_size(*size, largest_value_);
        head.flags = *flags;
        head.size = *size;
        head.version = *version;
        return head;
    }

    /// A blank and digits.
    template <class Number>
    [[nodiscard]] static std::optional<Number> take_number(std::string_view& line) noexcept {
        if (!line.starts_with(' ')) return std::nullopt;
        Number number = 0;
        const char* const end = line.data() + line.size();
        const auto [after, error] = std::from_chars(line.data() + 1, end, number);
        if (error != std::errc()) return std::nullopt;
        line.remove_prefix(static_cast<std::size_t>(after - line.data()));
        return number;
    }

    [[noreturn]] static void refuse(std::string_view line) {
        if (line.starts_with("SERVER_ERROR out of memory"))
            throw MemcachedRefusal(joined({"it has no memory left for that: ", shown(line)}));
        for (const std::string_view word : {"ERROR", "CLIENT_ERROR", "SERVER_ERROR"})
            if (line.starts_with(word)) throw MemcachedRefusal(joined({"it answered that it cannot: ", shown(line)}));
        throw MalformedInput("its answer makes no sense; does it speak the protocol of memcached?");
    }

    std::size_t largest_value_;
    std::vector<bool> is_read_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

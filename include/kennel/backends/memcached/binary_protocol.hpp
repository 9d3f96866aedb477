#ifndef KENNEL_BACKENDS_MEMCACHED_BINARY_PROTOCOL_HPP
#define KENNEL_BACKENDS_MEMCACHED_BINARY_PROTOCOL_HPP

#include "kennel/backends/memcached/memcached_protocol.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// The binary protocol of memcached. Packets are numbered, so that each answer tells to which one it belongs.
class MemcachedBinaryProtocol final : public MemcachedProtocol {
public:
    explicit MemcachedBinaryProtocol(std::size_t largest_value) : largest_value_(largest_value) {}

    /// Only items are answered, and at last that there are no more.
    void ask_items(ByteOutput& out, std::span<const std::string_view> keys, bool /*with_versions*/) override {
        for (const std::string_view key : keys) {
            put_head(out, {.code = get_quietly, .key_size = key.size(), .body_size = key.size()});
            out << key;
        }
        put_head(out, {.code = no_operation});
    }

    void ask_to_store(ByteOutput& out, MemcachedCommand command, const MemcachedStoring& item) override {
        put_head(out, {.code = code_of(command),
                       .key_size = item.key.size(),
                       .extras_size = 8,
                       .body_size = 8 + item.key.size() + item.size(),
                       .version = command == MemcachedCommand::replace ? item.version : 0});
        put_number<4>(out, item.flags);
        put_number<4>(out, static_cast<std::uint32_t>(item.expiry));
        out << item.key << item.head << item.body;
    }

    void ask_to_erase(ByteOutput& out, std::string_view key) override {
        put_head(out, {.code = remove, .key_size = key.size(), .body_size = key.size()});
        out << key;
    }

    void ask_to_release(ByteOutput& out, const MemcachedStoring& item) override {
        put_head(out,
                 {.code = remove, .key_size = item.key.size(), .body_size = item.key.size(), .version = item.version});
        out << item.key;
    }

    void read_items(ByteInput& in, std::span<const std::string_view> keys, bool /*with_versions*/,
                    ItemReader reader) override {
        const std::uint32_t first = answered_;
        answered_ += static_cast<std::uint32_t>(keys.size());
        const bool is_only_one = keys.size() == 1;
        MemcachedItem only;
        bool is_found = false;
        for (std::size_t next = 0;;) {
            const Head head = read_head(in);
            if (head.code == no_operation && head.number == answered_) {
                ++answered_;
                if (head.status != 0 || head.body_size != 0) refuse(in, head);
                if (is_found) reader(0, only);
                return;
            }
            const std::size_t position = head.number - first; // a wrong one is too large
            if (head.code != get_quietly || position < next || position >= keys.size()) refuse_nonsense();
            next = position + 1;
            const MemcachedItem item = read_item(in, head, keys[position]);
            if (!is_only_one) {
                reader(position, item);
                continue;
            }
            only = item;
            is_found = true;
        }
    }

    [[nodiscard]] MemcachedReply read_reply(ByteInput& in, MemcachedCommand command) override {
        const Head head = read_head(in);
        if (head.number != answered_ || head.code != code_of(command)) refuse_nonsense();
        ++answered_;
        const bool is_adding = command == MemcachedCommand::add;
        const bool has_version = command == MemcachedCommand::replace || command == MemcachedCommand::release;
        const bool stores = command != MemcachedCommand::erase && command != MemcachedCommand::release;
        switch (head.status) {
        case Status::ok:
            if (head.body_size != 0) refuse_nonsense();
            return MemcachedReply::done;
        case Status::absent:
            if (!is_adding && command != MemcachedCommand::set) return skipped(in, head, MemcachedReply::absent);
            break;
        case Status::exists:
        case Status::not_stored:
            if (is_adding || has_version) return skipped(in, head, MemcachedReply::exists);
            break;
        case Status::too_big:
            if (stores) return skipped(in, head, MemcachedReply::too_big);
            break;
        default: break;
        }
        refuse(in, head);
    }

    /// Asks to be let in by SASL's PLAIN.
    void ask_to_enter(ByteOutput& out, std::string_view username, std::string_view password) {
        constexpr std::string_view mechanism = "PLAIN";
        put_head(out, {.code = authenticate,
                       .key_size = mechanism.size(),
                       .body_size = mechanism.size() + 2 + username.size() + password.size()});
        constexpr std::string_view separator("\0", 1);
        out << mechanism << separator << username << separator << password;
    }

    /// Throws `MemcachedRefusal` when the server does not let us in.
    void read_entrance(ByteInput& in) {
        const Head head = read_head(in);
        if (head.number != answered_ || head.code != authenticate) refuse_nonsense();
        ++answered_;
        const std::string words = words_of(in, head);
        if (head.status == Status::ok) return;
        if (head.status == Status::unknown_command)
            throw MemcachedRefusal("it does not take a username and password (it was started without -S)");
        throw MemcachedRefusal(joined({"it does not accept the username and the password", words}));
    }

private:
    static constexpr std::uint8_t no_operation = 0x0a;
    static constexpr std::uint8_t get_quietly = 0x0d;
    static constexpr std::uint8_t remove = 0x04;
    static constexpr std::uint8_t authenticate = 0x21;
    static constexpr std::size_t head_size = 24;

    struct Status {
        static constexpr std::uint16_t ok = 0;
        static constexpr std::uint16_t absent = 1;
        static constexpr std::uint16_t exists = 2;
        static constexpr std::uint16_t too_big = 3;
        static constexpr std::uint16_t not_stored = 5;
        static constexpr std::uint16_t not_let_in = 0x20;
        static constexpr std::uint16_t unknown_command = 0x81;
        static constexpr std::uint16_t out_of_memory = 0x82;
    };

    /// What a packet begins with.
    struct Head {
        std::uint8_t code = 0;
        std::size_t key_size = 0;
        std::size_t extras_size = 0;
        std::uint16_t status = 0;  ///< of an answer
        std::size_t body_size = 0; ///< extras, key and value
        std::uint32_t number = 0;
        std::uint64_t version = 0;
    };

    [[nodiscard]] static std::uint8_t code_of(MemcachedCommand command) noexcept {
        switch (command) {
        case MemcachedCommand::add: return 0x02;
        case MemcachedCommand::erase:
        case MemcachedCommand::release: return remove;
        default: return 0x01;
        }
    }

    template <std::size_t size>
    static void put_number(ByteOutput& out, std::uint64_t number) {
        std::array<char, size> bytes;
        for (std::size_t at = 0; at != size; ++at)
            bytes[at] = static_cast<char>(static_cast<unsigned char>(number >> (8 * (size - 1 - at))));
        out << std::string_view(bytes.data(), size);
    }

    template <std::size_t size>
    [[nodiscard]] static std::uint64_t number_at(std::string_view bytes, std::size_t at) noexcept {
        std::uint64_t number = 0;
        for (std::size_t end = at + size; at != end; ++at)
            number = number << 8U | static_cast<unsigned char>(bytes[at]);
        return number;
    }

    void put_head(ByteOutput& out, const Head& head) {
        put_number<1>(out, 0x80);
        put_number<1>(out, head.code);
        put_number<2>(out, head.key_size);
        put_number<1>(out, head.extras_size);
        put_number<3>(out, 0);
        put_number<4>(out, head.body_size);
        put_number<4>(out, asked_++);
        put_number<8>(out, head.version);
    }

    [[nodiscard]] static Head read_head(ByteInput& in) {
        const std::string_view bytes = in.block(head_size);
        const Head head{.code = static_cast<std::uint8_t>(bytes[1]),
                        .key_size = number_at<2>(bytes, 2),
                        .extras_size = number_at<1>(bytes, 4),
                        .status = static_cast<std::uint16_t>(number_at<2>(bytes, 6)),
                        .body_size = number_at<4>(bytes, 8),
                        .number = static_cast<std::uint32_t>(number_at<4>(bytes, 12)),
                        .version = number_at<8>(bytes, 16)};
        if (bytes[0] != '\x81' || bytes[5] != 0 || head.extras_size + head.key_size > head.body_size) refuse_nonsense();
        return head;
    }

    [[nodiscard]] MemcachedItem read_item(ByteInput& in, const Head& head, std::string_view key) {
        if (head.status != Status::ok) refuse(in, head);
        if (head.extras_size != 4) refuse_nonsense();
        if (head.key_size != key.size()) throw MalformedInput("it answered with another key's value");
        const std::size_t size = head.body_size - head.extras_size - head.key_size;
        check_value_size(size, largest_value_);
        const auto flags = static_cast<std::uint32_t>(number_at<4>(in.block(head.extras_size), 0));
        if (in.block(head.key_size) != key) throw MalformedInput("it answered with another key's value");
        return {.value = in.block(size, head_size), .flags = flags, .version = head.version};
    }

    [[nodiscard]] static MemcachedReply skipped(ByteInput& in, const Head& head, MemcachedReply reply) {
        static_cast<void>(words_of(in, head));
        return reply;
    }

    /// What the server says about an error, behind a colon.
    [[nodiscard]] static std::string words_of(ByteInput& in, const Head& head) {
        constexpr std::size_t longest = 1024;
        if (head.body_size > longest) refuse_nonsense();
        const std::string_view words = in.block(head.body_size);
        return words.empty() ? std::string() : joined({": ", shown(words)});
    }

    [[noreturn]] static void refuse(ByteInput& in, const Head& head) {
        const std::string words = words_of(in, head);
        if (head.status == Status::ok) refuse_nonsense();
        if (head.status == Status::out_of_memory)
            throw MemcachedRefusal(joined({"it has no memory left for that", words}));
        if (head.status == Status::not_let_in)
            throw MemcachedRefusal(joined({"it does not accept the username and the password, or wants one", words}));
        throw MemcachedRefusal(
            joined({"it answered that it cannot (status ", std::to_string(head.status), ")", words}));
    }

    [[noreturn]] static void refuse_nonsense() { throw MalformedInput("its answer makes no sense"); }

    std::size_t largest_value_;
    std::uint32_t asked_ = 0;    ///< the number of the next packet
    std::uint32_t answered_ = 0; ///< the number of the next that is to be answered
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

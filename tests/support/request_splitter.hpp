#ifndef KENNEL_TESTS_SUPPORT_REQUEST_SPLITTER_HPP
#define KENNEL_TESTS_SUPPORT_REQUEST_SPLITTER_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Finds the requests in what a client sends on one connection: commands of Redis, or those of Memcached in its text or
/// its binary protocol.
class RequestSplitter {
public:
    /// Takes the next bytes, and gives the requests that are complete with them.
    [[nodiscard]] std::vector<std::string> push(std::string_view bytes) {
        buffer_ += bytes;
        std::vector<std::string> requests;
        while (const std::optional<std::size_t> length = length_of_first()) {
            requests.push_back(buffer_.substr(0, *length));
            buffer_.erase(0, *length);
        }
        return requests;
    }

private:
    [[nodiscard]] std::optional<std::size_t> length_of_first() const {
        if (buffer_.empty()) return std::nullopt;
        if (buffer_[0] == '*') return length_of_array();
        if (buffer_[0] == '\x80') return length_of_packet();
        return length_of_lines();
    }

    [[nodiscard]] std::optional<std::size_t> length_of_array() const {
        std::size_t at = end_of_line(0);
        if (at == std::string::npos) return std::nullopt;
        for (std::size_t left = number_at(1); left != 0; --left) {
            const std::size_t end = end_of_line(at);
            if (end == std::string::npos) return std::nullopt;
            at = end + number_at(at + 1) + 2;
        }
        return within_buffer(at);
    }

    /// A head of 24 bytes, of which four from the eighth on are the length of the rest.
    [[nodiscard]] std::optional<std::size_t> length_of_packet() const {
        constexpr std::size_t head = 24;
        if (buffer_.size() < head) return std::nullopt;
        std::size_t rest = 0;
        for (std::size_t at = 8; at != 12; ++at) rest = rest * 256 + static_cast<unsigned char>(buffer_[at]);
        return within_buffer(head + rest);
    }

    /// A line, with a block of data behind it when the command stores something.
    [[nodiscard]] std::optional<std::size_t> length_of_lines() const {
        const std::size_t end = end_of_line(0);
        if (end == std::string::npos) return std::nullopt;
        const std::string_view line(buffer_.data(), end - 2);
        int words_before = 0;
        for (const std::string_view command : {"set ", "add ", "replace ", "append ", "prepend ", "cas "})
            if (line.starts_with(command)) words_before = 4;
        if (line.starts_with("ms ")) words_before = 2;
        if (words_before == 0) return end;
        std::size_t at = 0;
        for (; words_before != 0 && at < line.size(); --words_before) at = line.find(' ', at) + 1;
        return within_buffer(end + number_at(at) + 2);
    }

    [[nodiscard]] std::optional<std::size_t> within_buffer(std::size_t length) const {
        return length <= buffer_.size() ? std::optional(length) : std::nullopt;
    }
    [[nodiscard]] std::size_t end_of_line(std::size_t begin) const {
        const std::size_t end = buffer_.find("\r\n", begin);
        return end == std::string::npos ? end : end + 2;
    }
    [[nodiscard]] std::size_t number_at(std::size_t at) const {
        std::size_t number = 0;
        for (; at < buffer_.size() && buffer_[at] >= '0' && buffer_[at] <= '9'; ++at)
            number = number * 10 + static_cast<std::size_t>(buffer_[at] - '0');
        return number;
    }

    std::string buffer_;
};

} // namespace test

#endif

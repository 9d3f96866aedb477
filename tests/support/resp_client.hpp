#ifndef KENNEL_TESTS_SUPPORT_RESP_CLIENT_HPP
#define KENNEL_TESTS_SUPPORT_RESP_CLIENT_HPP

#include "support/sockets.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace test {

/// A reply of a Redis server.
struct RespReply {
    enum class Kind : unsigned char { status, error, integer, text, nothing, array };

    Kind kind = Kind::nothing;
    std::string text{}; ///< the number of an integer, too
    std::vector<RespReply> elements{};

    [[nodiscard]] bool is_error() const { return kind == Kind::error; }
    [[nodiscard]] bool is_nothing() const { return kind == Kind::nothing; }

    /// The reply on one line for each element: `(nil)` for nothing, `(error) ...` for an error, the bytes of all else
    /// as they are.
    [[nodiscard]] std::string shown() const {
        if (kind == Kind::nothing) return "(nil)";
        if (kind == Kind::error) return "(error) " + text;
        if (kind != Kind::array) return text;
        std::string lines;
        for (const RespReply& element : elements) lines += (lines.empty() ? "" : "\n") + element.shown();
        return lines;
    }
};

/// The bytes of a command.
[[nodiscard]] inline std::string resp_command(const std::vector<std::string>& arguments) {
    std::string bytes = '*' + std::to_string(arguments.size()) + "\r\n";
    for (const std::string& argument : arguments)
        bytes.append("$").append(std::to_string(argument.size())).append("\r\n").append(argument).append("\r\n");
    return bytes;
}

/// Talks to a Redis server without any client library, to see from outside what a backend has done there.
class RespClient {
public:
    explicit RespClient(const LocalAddress& address) : connection_(address) {}

    RespReply call(const std::vector<std::string>& arguments) {
        connection_.send(resp_command(arguments));
        return read_reply();
    }

    /// For replies that come without a request, such as messages of a subscription.
    RespReply read_reply() {
        const std::string line = connection_.read_line();
        const std::string rest = line.substr(1);
        switch (line.at(0)) {
        case '+': return {RespReply::Kind::status, rest};
        case '-': return {RespReply::Kind::error, rest};
        case ':': return {RespReply::Kind::integer, rest};
        case '$': return read_text(std::stol(rest));
        case '*': return read_array(std::stol(rest));
        default: throw std::runtime_error("no reply of a Redis server: " + line);
        }
    }

private:
    RespReply read_text(long length) {
        if (length < 0) return {};
        std::string text = connection_.read(static_cast<std::size_t>(length) + 2);
        text.resize(text.size() - 2);
        return {RespReply::Kind::text, std::move(text)};
    }

    RespReply read_array(long length) {
        if (length < 0) return {};
        RespReply array{RespReply::Kind::array};
        while (length-- > 0) array.elements.push_back(read_reply());
        return array;
    }

    PlainConnection connection_;
};

} // namespace test

#endif

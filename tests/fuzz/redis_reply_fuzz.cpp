// needs: redis
// Feeds arbitrary bytes to the reader of a Redis server's replies, whole and in pieces.

#include "kennel/backends/redis/reply_reader.hpp"

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::detail::RedisReply;
using kennel::detail::ReplyReader;

void show(const RedisReply& reply, std::string& text) {
    text += std::to_string(static_cast<int>(reply.kind)) + '(' + std::to_string(reply.integer) + reply.text;
    for (const RedisReply& element : reply.elements) show(element, text);
    text += ')';
}

/// All replies in these bytes, which come in pieces of that size, and whether they end with an error.
std::string replies_of(std::string_view bytes, std::size_t piece) {
    std::string text;
    ReplyReader reader;
    RedisReply reply;
    reader.begin(reply, nullptr);
    try {
        while (!bytes.empty()) {
            const std::size_t size = (std::min)(piece, bytes.size());
            reader.feed(bytes.substr(0, size));
            bytes.remove_prefix(size);
            while (!reader.is_empty() && reader.take()) {
                show(reply, text);
                reply = {};
                reader.begin(reply, nullptr);
            }
        }
    } catch (const kennel::BackendError&) {
        text += '!';
    }
    return text;
}

} // namespace

std::vector<std::string> fuzz::samples() {
    return {"+OK\r\n$5\r\nvalue\r\n$-1\r\n:1\r\n-ERR wrong\r\n",
            "*3\r\n$1\r\na\r\n$-1\r\n$4\r\n\r\n\r\n\r\n*0\r\n*-1\r\n",
            "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:-7\r\n"};
}

/// What is read does not depend on how the bytes were cut, and what is none is refused with a `BackendError`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::string whole = replies_of(bytes, size + 1);
    if (replies_of(bytes, 1) != whole || replies_of(bytes, 7) != whole) std::abort();
    return 0;
}

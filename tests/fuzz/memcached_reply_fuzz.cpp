// needs: memcached
// Feeds arbitrary bytes to the readers of a memcached server's answers, whole and in pieces.

#include "backends/memcached/protocol_pieces.hpp"
#include "fuzz/fuzz.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kennel::detail::MemcachedBinaryProtocol;
using kennel::detail::MemcachedCommand;
using kennel::detail::MemcachedTextProtocol;

/// All that these bytes can be taken for.
template <class Protocol>
std::string answers_in(std::string_view bytes, std::size_t piece) {
    std::string text;
    for (const auto& keys : {std::vector<std::string_view>{"a"}, {"a", "b", "a"}})
        for (const bool with_versions : {false, true})
            text += test::items_in<Protocol>(bytes, piece, keys, with_versions) + '|';
    using enum MemcachedCommand;
    for (const MemcachedCommand command : {set, add, replace, erase, release})
        text += test::reply_in<Protocol>(bytes, piece, command);
    return text;
}

template <class Protocol>
void check(std::string_view bytes) {
    const std::string whole = answers_in<Protocol>(bytes, bytes.size() + 1);
    if (answers_in<Protocol>(bytes, 1) != whole || answers_in<Protocol>(bytes, 7) != whole) std::abort();
}

} // namespace

std::vector<std::string> fuzz::samples() {
    const std::string flags("\0\0\0\x08", 4);
    return {"VALUE a 0 5\r\nvalue\r\nEND\r\n",
            "VALUE a 8 5 77\r\nv\r\nue\r\nVALUE b 0 0 78\r\n\r\nEND\r\n",
            "STORED\r\n",
            "NOT_STORED\r\n",
            "EXISTS\r\n",
            "SERVER_ERROR object too large for cache\r\n",
            test::BinaryAnswer{.extras = flags, .key = "a", .value = "value", .version = 7}.bytes() +
                test::BinaryAnswer{.code = 0x0a, .number = 1}.bytes(),
            test::BinaryAnswer{.extras = flags, .key = "b", .value = "v", .number = 1}.bytes() +
                test::BinaryAnswer{.code = 0x0a, .number = 3}.bytes(),
            test::BinaryAnswer{.code = 1}.bytes(),
            test::BinaryAnswer{.code = 4, .status = 1, .value = "Not found"}.bytes()};
}

/// What is read does not depend on how the bytes were cut, and what is none is refused with a `BackendError`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check<MemcachedTextProtocol>(bytes);
    check<MemcachedBinaryProtocol>(bytes);
    return 0;
}

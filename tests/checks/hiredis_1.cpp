// Compiles what is for hiredis 1.x, whichever version is installed.
#include "kennel/backends/redis.hpp"

#include <string_view>

#if HIREDIS_MAJOR < 1
#error "this is to be compiled against tests/checks/hiredis_1"
#endif

bool reads_replies(std::string_view bytes) {
    kennel::detail::ReplyReader reader;
    kennel::detail::RedisReply reply;
    reader.begin(reply, nullptr);
    reader.feed(bytes);
    return reader.take();
}

#ifndef KENNEL_BACKENDS_REDIS_REPLY_READER_HPP
#define KENNEL_BACKENDS_REDIS_REPLY_READER_HPP

#include "kennel/backends/redis/redis_errors.hpp"
#include "kennel/backends/redis/reply.hpp"
#include "kennel/detail/joined.hpp"

#include <hiredis/hiredis.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Makes replies out of bytes with hiredis' parser, 0.14 or 1.x (RESP2), in bounded memory.
///
/// hiredis gives each value where it lies in its buffer, and it is copied once from there, or not at all when a
/// `BulkReader` takes it. What hiredis leaves open is checked here: how deep and how long arrays are, and that a value
/// ends where it says. Values that come alone or in a plain list do not take this way: `RedisConnection` reads them
/// where they were received.
class ReplyReader {
public:
    ReplyReader() : reader_(redisReaderCreateWithFunctions(&functions), &redisReaderFree) {
        if (reader_ == nullptr) throw std::bad_alloc();
        reader_->privdata = this;
        reader_->maxbuf = 64 * 1024;
    }
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;

    /// Whether no byte of a next reply is here yet.
    [[nodiscard]] bool is_empty() const noexcept { return reader_->pos == reader_->len; }

    /// Begins a reply. Both must live until `take` has said true. With a `BulkReader`, an array keeps neither its bulks
    /// nor its nils.
    void begin(RedisReply& reply, const BulkReader* bulk_reader) noexcept {
        reply_ = &reply;
        bulk_reader_ = bulk_reader;
        elements_ = 0;
    }

    /// Adds bytes that were received.
    void feed(std::string_view bytes) {
        if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) refuse();
    }

    /// Whether the reply is complete. Throws `BackendError` for bytes that are none, and what the `BulkReader` throws.
    [[nodiscard]] bool take() {
        void* done = nullptr;
        if (redisReaderGetReply(reader_.get(), &done) != REDIS_OK) refuse();
        if (done == nullptr) return false;
        if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
        return true;
    }

    static constexpr std::size_t most_elements = 1'000'000; ///< of all arrays of a reply together

private:
    static constexpr int deepest = 6; ///< no answer to a command that is sent here has more levels

    [[noreturn]] void refuse() {
        if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
        throw ConnectionLost(joined({"the reply is none of Redis: ", flaw_ != nullptr ? flaw_ : reader_->errstr}),
                             false);
    }

    [[nodiscard]] static ReplyReader& of(const redisReadTask* task) noexcept {
        return *static_cast<ReplyReader*>(task->privdata);
    }

    /// hiredis 1.x takes RESP3, too, which a server speaks only when it is asked to.
    [[nodiscard]] static bool is_of_resp2(const redisReadTask& task) noexcept {
        return task.type == REDIS_REPLY_STRING || task.type == REDIS_REPLY_STATUS || task.type == REDIS_REPLY_ERROR ||
               task.type == REDIS_REPLY_INTEGER || task.type == REDIS_REPLY_ARRAY;
    }

    /// Calls `fill` with the place for the reply or element; null, which stops hiredis, when that fails.
    template <class Fill>
    [[nodiscard]] static void* place(const redisReadTask* task, RedisReply::Kind kind, Fill&& fill) noexcept {
        ReplyReader& self = of(task);
        if (!is_of_resp2(*task)) {
            self.flaw_ = "it is of another version of the protocol (RESP3)";
            return nullptr;
        }
        try {
            RedisReply& reply = task->parent == nullptr
                                    ? *self.reply_
                                    : static_cast<RedisReply*>(task->parent->obj)->elements.emplace_back();
            reply.kind = kind;
            fill(self, reply);
            return self.flaw_ == nullptr ? &reply : nullptr;
        } catch (...) {
            self.thrown_ = std::current_exception();
            return nullptr;
        }
    }

    [[nodiscard]] static void* create_string(const redisReadTask* task, char* text, std::size_t size) {
        const RedisReply::Kind kind = task->type == REDIS_REPLY_STRING   ? RedisReply::Kind::bulk
                                      : task->type == REDIS_REPLY_STATUS ? RedisReply::Kind::status
                                                                         : RedisReply::Kind::error;
        ReplyReader& self = of(task);
        if (kind == RedisReply::Kind::bulk &&
            (text[size] != '\r' || text[size + 1] != '\n')) { // both are in the buffer by now
            self.flaw_ = "a value is longer than announced";
            return nullptr;
        }
        if (kind == RedisReply::Kind::bulk && self.is_given_away(*task)) {
            self.give(*task, {text, size});
            return self.reply_;
        }
        return place(task, kind, [&](const ReplyReader&, RedisReply& reply) { reply.text.assign(text, size); });
    }

    /// Whether this element of an array, or bulk alone, goes to the bulk reader and not into the reply.
    [[nodiscard]] bool is_given_away(const redisReadTask& task) const noexcept {
        return bulk_reader_ != nullptr && task.parent != nullptr && task.parent->parent == nullptr;
    }

    /// What the reader throws must not reach hiredis, which is C; the reply is read to its end first.
    void give(const redisReadTask& task, std::string_view bytes) noexcept {
        if (thrown_ != nullptr) return;
        try {
            (*bulk_reader_)(static_cast<std::size_t>(task.idx), bytes);
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }

#if HIREDIS_MAJOR >= 1
    using ElementCount = std::size_t;
#else
    using ElementCount = int;
#endif

    [[nodiscard]] static void* create_array(const redisReadTask* task, ElementCount count) {
        return place(task, RedisReply::Kind::array, [&](ReplyReader& self, const RedisReply&) {
            int depth = 0;
            for (const redisReadTask* outer = task->parent; outer != nullptr; outer = outer->parent) ++depth;
            if (depth >= deepest) self.flaw_ = "its arrays are nested too deeply";
            self.elements_ += static_cast<std::size_t>(count);
            if (static_cast<std::size_t>(count) > most_elements || self.elements_ > most_elements)
                self.flaw_ = "its arrays are too long";
        });
    }

    [[nodiscard]] static void* create_integer(const redisReadTask* task, long long number) {
        return place(task, RedisReply::Kind::integer,
                     [&](const ReplyReader&, RedisReply& reply) { reply.integer = number; });
    }

    [[nodiscard]] static void* create_nil(const redisReadTask* task) {
        if (is_of_resp2(*task) && of(task).is_given_away(*task)) return of(task).reply_; // "$-1" and "*-1", not "_"
        return place(task, RedisReply::Kind::nil, [](const ReplyReader&, const RedisReply&) {});
    }

#if HIREDIS_MAJOR >= 1
    [[nodiscard]] static void* create_double(const redisReadTask* task, double, char* text, std::size_t size) {
        return place(task, RedisReply::Kind::status,
                     [&](const ReplyReader&, RedisReply& reply) { reply.text.assign(text, size); });
    }

    [[nodiscard]] static void* create_bool(const redisReadTask* task, int flag) {
        return place(task, RedisReply::Kind::integer,
                     [&](const ReplyReader&, RedisReply& reply) { reply.integer = flag; });
    }
#endif

    static void free_object(void* /*object*/) {} // it is the caller's

    static inline redisReplyObjectFunctions functions = {
        .createString = create_string,
        .createArray = create_array,
        .createInteger = create_integer,
#if HIREDIS_MAJOR >= 1
        .createDouble = create_double,
#endif
        .createNil = create_nil,
#if HIREDIS_MAJOR >= 1
        .createBool = create_bool,
#endif
        .freeObject = free_object,
    };

    std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader_;
    RedisReply* reply_ = nullptr;
    const BulkReader* bulk_reader_ = nullptr;
    std::size_t elements_ = 0;   ///< of all arrays of the reply
    const char* flaw_ = nullptr; ///< what is wrong with the reply; the reader is of no use then
    std::exception_ptr thrown_;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

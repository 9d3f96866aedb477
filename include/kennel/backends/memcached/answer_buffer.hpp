#ifndef KENNEL_BACKENDS_MEMCACHED_ANSWER_BUFFER_HPP
#define KENNEL_BACKENDS_MEMCACHED_ANSWER_BUFFER_HPP

#include "kennel/backends/memcached/guarded_memory.hpp"
#include "kennel/backends/memcached/memcached_item.hpp"

#include <cstddef>
#include <memory>
#include <new>
#include <string_view>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// Where libmemcached puts the value that a server has sent.
///
/// It copies the key of an answer without looking at its length. So room follows that harms nobody, what is
/// overwritten is put right, and `is_key_sound` tells.
class AnswerBuffer {
public:
    /// `overrun` is how many bytes may be written past the end.
    explicit AnswerBuffer(std::size_t overrun)
        : memory_(new std::byte[sizeof(memcached_result_st) + overrun]),
          result_(::new(static_cast<void*>(memory_.get())) memcached_result_st()) {}

    void open(memcached_st& memcached, GuardedMemory& memory) {
        if (memcached_result_create(&memcached, result_) == nullptr) throw std::bad_alloc();
        is_open_ = true;
        memory.never_free(result_);
        // Afterwards there always is a block, and so something to write before it for a length of -2.
        if (memcached_result_set_value(result_, "", 1) != MEMCACHED_SUCCESS) throw std::bad_alloc();
        memcached_result_reset(result_);
    }

    void close() noexcept {
        if (!is_open_) return;
        is_open_ = false;
        result_->options.is_allocated = false;
        if (result_->value.options.is_initialized) memcached_result_free(result_);
    }

    /// Takes the next value: `MEMCACHED_SUCCESS`, or `MEMCACHED_END` when there is none, or what has happened.
    [[nodiscard]] memcached_return_t fetch(memcached_st& memcached) noexcept {
        result_->count = 1; // or libmemcached calls whatever happens before the first value a value that is not there
        memcached_return_t result = MEMCACHED_FAILURE;
        const bool is_value = memcached_fetch_result(&memcached, result_, &result) != nullptr;
        if (is_value) return MEMCACHED_SUCCESS;
        return result == MEMCACHED_SUCCESS ? MEMCACHED_FAILURE : result;
    }

    /// Whether the key has a possible length; if not, nothing else may be looked at.
    [[nodiscard]] bool is_key_sound() noexcept {
        result_->options.is_allocated = false;
        result_->options.is_initialized = true;
        return memcached_result_key_length(result_) < MEMCACHED_MAX_KEY;
    }

    /// The length of the value as the server has said it.
    [[nodiscard]] std::size_t value_length() const noexcept { return memcached_result_length(result_); }

    [[nodiscard]] std::string_view key() const noexcept {
        return {result_->item_key, memcached_result_key_length(result_)};
    }

    [[nodiscard]] MemcachedItem item() const noexcept {
        return {.value = {memcached_result_value(result_), memcached_result_length(result_)},
                .flags = memcached_result_flags(result_),
                .version = memcached_result_cas(result_)};
    }

private:
    std::unique_ptr<std::byte[]> memory_;
    memcached_result_st* result_;
    bool is_open_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

#ifndef KENNEL_BACKENDS_MEMCACHED_MEMCACHED_CLIENT_HPP
#define KENNEL_BACKENDS_MEMCACHED_MEMCACHED_CLIENT_HPP

#include "kennel/backends/memcached/answer_buffer.hpp"
#include "kennel/backends/memcached/item_expiry.hpp"
#include "kennel/backends/memcached/memcached_failure.hpp"
#include "kennel/backends/memcached/memcached_item.hpp"
#include "kennel/backends/memcached/memcached_settings.hpp"
#include "kennel/function_ref.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

KENNEL_NAMESPACE_BEGIN
namespace detail {

/// One connection to each of the servers, by libmemcached, for one call at a time.
///
/// Callers give it legal keys and nothing longer than `max_value_size`. Whatever a server does, a call ends with a
/// whole answer to just this question or throws `MemcachedFailure`; after that `is_in_step` is false for good.
class MemcachedClient {
    using Kind = MemcachedFailure::Kind;

public:
    /// Connects to nothing yet. The settings must outlive this. Throws `ValidationError` when libmemcached cannot do
    /// what they ask for.
    explicit MemcachedClient(const MemcachedSettings& settings)
        : settings_(settings), memory_(largest_block(settings)), answer_(overrun(settings)), rest_(overrun(settings)) {
        if (memcached_create(&memcached_) == nullptr) throw std::bad_alloc();
        try {
            memory_.serve(memcached_);
            configure();
            answer_.open(memcached_, memory_);
            rest_.open(memcached_, memory_);
        } catch (...) {
            close();
            throw;
        }
    }
    MemcachedClient(const MemcachedClient&) = delete;
    MemcachedClient& operator=(const MemcachedClient&) = delete;
    ~MemcachedClient() { close(); }

    /// Whether all that was asked has been answered, and nothing else was said.
    [[nodiscard]] bool is_in_step() const noexcept { return is_in_step_; }

    /// Whether it has been answered before, and so may have lost its connection meanwhile without anybody noticing.
    [[nodiscard]] bool was_used() const noexcept { return was_used_; }

    /// A buffer for what is to be sent, for whoever uses the client.
    [[nodiscard]] std::string& scratch() noexcept { return scratch_; }

    /// The position of the server that has the key.
    [[nodiscard]] std::size_t server_of(std::string_view key) const noexcept {
        return memcached_generate_hash(&memcached_, key.data(), key.size());
    }

    /// The item, if there is one.
    [[nodiscard]] std::optional<MemcachedItem> get(std::string_view key, bool with_version = false) {
        begin(with_version);
        const char* const data = key.data();
        const std::size_t size = key.size();
        const memcached_return_t sent = memcached_mget(&memcached_, &data, &size, 1);
        if (sent != MEMCACHED_SUCCESS) fail(sent, server_of(key));
        if (!fetch(answer_, [&] { return server_of(key); })) {
            end();
            return std::nullopt;
        }
        if (answer_.key() != key) fail_senseless(server_of(key), "it answered with another key's value");
        // The reader must not run before the end of the answer has come.
        if (fetch(rest_, [&] { return server_of(key); }))
            fail_senseless(server_of(key), "it answered with more values than there are keys");
        end();
        return answer_.item();
    }

    /// Calls `reader` with the position in `keys` and the item of each key that has one. When it throws because a
    /// server has failed, the items that the others have were read.
    void get_multi(std::span<const std::string_view> keys, bool with_version,
                   FunctionRef<void(std::size_t, const MemcachedItem&)> reader) {
        // The binary protocol answers while it is still being asked: more would fill both sides' buffers.
        const std::size_t most_at_once = settings_.is_binary ? 100 : 10'000;
        for (std::size_t first = 0; first < keys.size(); first += most_at_once) {
            const auto part = keys.subspan(first, (std::min)(most_at_once, keys.size() - first));
            get_some(part, with_version,
                     [&](std::size_t index, const MemcachedItem& item) { reader(first + index, item); });
        }
    }

    /// Stores an item, whatever was there: `done` or `too_big`.
    [[nodiscard]] MemcachedReply set(std::string_view key, std::string_view value, ItemExpiry expiry,
                                     std::uint32_t flags) {
        begin();
        return reply_to(key,
                        memcached_set(&memcached_, key.data(), key.size(), value.data(), value.size(), expiry, flags));
    }

    /// Stores an item if there is none: `done` or `exists`.
    [[nodiscard]] MemcachedReply add(std::string_view key, std::string_view value, ItemExpiry expiry) {
        begin();
        return reply_to(key, memcached_add(&memcached_, key.data(), key.size(), value.data(), value.size(), expiry, 0));
    }

    /// Replaces an item if it is still in that version: `done`, `exists` or `absent`.
    [[nodiscard]] MemcachedReply replace(std::string_view key, std::string_view value, ItemExpiry expiry,
                                         std::uint64_t version) {
        begin();
        return reply_to(
            key, memcached_cas(&memcached_, key.data(), key.size(), value.data(), value.size(), expiry, 0, version));
    }

    /// Removes an item: `done` or `absent`.
    MemcachedReply erase(std::string_view key) {
        begin();
        return reply_to(key, memcached_delete(&memcached_, key.data(), key.size(), 0));
    }

private:
    [[nodiscard]] static std::size_t largest_block(const MemcachedSettings& settings) {
        constexpr std::size_t for_itself = std::size_t{4}
                                           << 20U; // the points of a hundred servers on the ring, above all
        return settings.max_value_size + for_itself;
    }

    /// How far libmemcached may write past the key of an answer: a whole line, or the length that a binary header can
    /// name.
    [[nodiscard]] static std::size_t overrun(const MemcachedSettings& settings) {
        return settings.is_binary ? std::size_t{1} << 16U : std::size_t{1} << 12U;
    }

    void configure() {
        const auto set = [this](memcached_behavior_t behavior, std::uint64_t value) {
            const memcached_return_t result = memcached_behavior_set(&memcached_, behavior, value);
            if (result != MEMCACHED_SUCCESS)
                throw ValidationError(
                    joined({"memcached: libmemcached refuses a setting: ", memcached_strerror(&memcached_, result)}));
        };
        const auto milliseconds = [](TimeSpan span) {
            return static_cast<std::uint64_t>((std::max<std::int64_t>)(1, span.nanoseconds() / 1'000'000));
        };
        if (settings_.is_binary) set(MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 1);
        set(MEMCACHED_BEHAVIOR_TCP_NODELAY, settings_.tcp_nodelay ? 1 : 0);
        set(MEMCACHED_BEHAVIOR_TCP_KEEPALIVE, settings_.tcp_keepalive ? 1 : 0);
        set(MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, milliseconds(settings_.connect_timeout));
        set(MEMCACHED_BEHAVIOR_POLL_TIMEOUT, milliseconds(settings_.socket_timeout));
        set(MEMCACHED_BEHAVIOR_HASH, hash_of(settings_.hash));
        if (settings_.distribution == MemcachedDistribution::ketama) set(MEMCACHED_BEHAVIOR_KETAMA, 1);
        if (settings_.distribution == MemcachedDistribution::ketama_weighted)
            set(MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
        for (const MemcachedAddress& server : settings_.servers) add_server(server);
        if (!settings_.username.empty()) authenticate();
    }

    [[nodiscard]] static std::uint64_t hash_of(std::string_view name) {
        struct Hash {
            std::string_view name;
            memcached_hash_t hash;
        };
        constexpr Hash hashes[] = {
            {"md5", MEMCACHED_HASH_MD5},         {"crc", MEMCACHED_HASH_CRC},
            {"fnv1_64", MEMCACHED_HASH_FNV1_64}, {"fnv1a_64", MEMCACHED_HASH_FNV1A_64},
            {"fnv1_32", MEMCACHED_HASH_FNV1_32}, {"fnv1a_32", MEMCACHED_HASH_FNV1A_32},
            {"murmur", MEMCACHED_HASH_MURMUR},   {"jenkins", MEMCACHED_HASH_JENKINS},
        };
        for (const Hash& known : hashes)
            if (known.name == name) return known.hash;
        return MEMCACHED_HASH_DEFAULT;
    }

    void add_server(const MemcachedAddress& server) {
        const memcached_return_t result = server.is_unix()
                                              ? memcached_server_add_unix_socket(&memcached_, server.host.c_str())
                                              : memcached_server_add(&memcached_, server.host.c_str(), server.port);
        if (result != MEMCACHED_SUCCESS)
            throw ValidationError(joined({"memcached: libmemcached does not take the server ", server.text(), ": ",
                                          memcached_strerror(&memcached_, result)}));
    }

    void authenticate() {
#if LIBMEMCACHED_WITH_SASL_SUPPORT
        const memcached_return_t result = memcached_set_sasl_auth_data(&memcached_, settings_.username.c_str(),
                                                                       settings_.password.c_str());
        if (result == MEMCACHED_SUCCESS) return;
        throw ValidationError(joined({"memcached: libmemcached does not take this username and password: ",
                                      memcached_strerror(&memcached_, result)}));
#else
        throw ValidationError(
            "memcached: this libmemcached was built without SASL, and so takes no username and password");
#endif
    }

    void begin(bool with_version = false) {
        is_in_step_ = false;
        if (with_version == has_versions_ || settings_.is_binary) return;
        memcached_behavior_set(&memcached_, MEMCACHED_BEHAVIOR_SUPPORT_CAS, with_version ? 1 : 0);
        has_versions_ = with_version;
    }

    void end() noexcept { is_in_step_ = was_used_ = true; }

    /// Takes the next value of an answer; false when it has ended. `server` gives the one to blame.
    template <class Server>
    [[nodiscard]] bool fetch(AnswerBuffer& buffer, Server&& server) {
        const memcached_return_t result = buffer.fetch(memcached_);
        if (result == MEMCACHED_SUCCESS) {
            if (!buffer.is_key_sound()) fail_senseless(server(), "it answered with a key of an impossible length");
            if (buffer.value_length() > settings_.max_value_size) fail(MEMCACHED_MEMORY_ALLOCATION_FAILURE, server());
            return true;
        }
        if (result != MEMCACHED_END) fail(result, server());
        return false;
    }

    void get_some(std::span<const std::string_view> keys, bool with_version,
                  FunctionRef<void(std::size_t, const MemcachedItem&)> reader) {
        begin(with_version);
        texts_.clear();
        sizes_.clear();
        for (const std::string_view key : keys) {
            texts_.push_back(key.data());
            sizes_.push_back(key.size());
        }
        is_read_.assign(keys.size(), false);
        const memcached_return_t sent = memcached_mget(&memcached_, texts_.data(), sizes_.data(), keys.size());
        if (sent != MEMCACHED_SUCCESS && sent != MEMCACHED_SOME_ERRORS) fail(sent, failed_server());
        std::size_t next = 0;
        while (fetch(answer_, [this] { return failed_server(); })) {
            next = position_of(answer_.key(), keys, next);
            is_read_[next] = true;
            reader(next, answer_.item());
        }
        require_all_answered(sent);
        end();
    }

    /// The position of a key that was not answered yet; each server answers in the order of the question, so it is
    /// most often the next one.
    [[nodiscard]] std::size_t position_of(std::string_view key, std::span<const std::string_view> keys,
                                          std::size_t start) {
        for (std::size_t step = 0; step != keys.size(); ++step) {
            const std::size_t index = (start + step) % keys.size();
            if (keys[index] == key && !is_read_[index]) return index;
        }
        fail_senseless(failed_server(), "it answered with a key that was not asked for");
    }

    /// When one of several servers fails, libmemcached just goes on with the others.
    void require_all_answered(memcached_return_t sent) {
        for (std::uint32_t index = 0; index != memcached_server_count(&memcached_); ++index) {
            const auto* const server = memcached_server_instance_by_position(&memcached_, index);
            if (memcached_server_response_count(server) != 0) fail(MEMCACHED_TIMEOUT, index);
        }
        if (sent != MEMCACHED_SUCCESS) fail(sent, failed_server());
        const memcached_return_t last = memcached_last_error(&memcached_);
        if (last != MEMCACHED_SUCCESS) fail(last, failed_server());
    }

    [[nodiscard]] std::size_t failed_server() const {
        for (std::uint32_t index = 0; index != memcached_server_count(&memcached_); ++index) {
            const auto* const server = memcached_server_instance_by_position(&memcached_, index);
            if (memcached_server_error_return(server) != MEMCACHED_SUCCESS) return index;
        }
        return 0;
    }

    [[nodiscard]] MemcachedReply reply_to(std::string_view key, memcached_return_t result) {
        const MemcachedReply reply = reply_of(key, result);
        // What else has come already would be taken for the answer to the next question.
        if (fetch(rest_, [&] { return server_of(key); }))
            fail_senseless(server_of(key), "it answered to more than it was asked");
        end();
        return reply;
    }

    [[nodiscard]] MemcachedReply reply_of(std::string_view key, memcached_return_t result) {
        switch (result) {
        case MEMCACHED_SUCCESS: return MemcachedReply::done;
        case MEMCACHED_NOTSTORED:
        case MEMCACHED_DATA_EXISTS: return MemcachedReply::exists;
        case MEMCACHED_NOTFOUND: return MemcachedReply::absent;
        case MEMCACHED_E2BIG: return MemcachedReply::too_big;
        default: fail(result, server_of(key));
        }
    }

    [[noreturn]] void fail(memcached_return_t result, std::size_t server) const {
        const Kind kind = kind_of(result);
        std::string cause = cause_of(result, kind);
        const int error = memcached_last_error_errno(&memcached_);
        if (kind == Kind::lost && error != 0) cause.append(" (").append(std::strerror(error)).append(")");
        throw MemcachedFailure(kind, server, cause);
    }

    [[nodiscard]] std::string cause_of(memcached_return_t result, Kind kind) const {
        switch (result) {
        case MEMCACHED_HOST_LOOKUP_FAILURE: return "its name cannot be resolved";
        case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE: return "it has no memory left for the value";
        case MEMCACHED_AUTH_PROBLEM:
        case MEMCACHED_AUTH_FAILURE: return "it does not accept the username and the password";
        case MEMCACHED_MEMORY_ALLOCATION_FAILURE:
            return joined({"its answer is longer than max_value_size (", std::to_string(settings_.max_value_size),
                           " bytes): raise that if there are such values"});
        default: break;
        }
        switch (kind) {
        case Kind::timed_out:
            return "there was no answer within the time that is allowed (socket_timeout, connect_timeout)";
        case Kind::refused: return joined({"it answered that it cannot: ", memcached_strerror(&memcached_, result)});
        case Kind::nonsense: return "its answer makes no sense";
        default: return "it cannot be reached, or has ended the connection";
        }
    }

    [[noreturn]] static void fail_senseless(std::size_t server, const char* what) {
        throw MemcachedFailure(Kind::nonsense, server, what);
    }

    [[nodiscard]] static Kind kind_of(memcached_return_t result) noexcept {
        switch (result) {
        case MEMCACHED_TIMEOUT: return Kind::timed_out;
        case MEMCACHED_SERVER_ERROR:
        case MEMCACHED_CLIENT_ERROR:
        case MEMCACHED_ERROR:
        case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE:
        case MEMCACHED_AUTH_PROBLEM:
        case MEMCACHED_AUTH_FAILURE: return Kind::refused;
        case MEMCACHED_PROTOCOL_ERROR:
        case MEMCACHED_PARTIAL_READ:
        case MEMCACHED_UNKNOWN_READ_FAILURE:
        case MEMCACHED_MEMORY_ALLOCATION_FAILURE: return Kind::nonsense;
        default: return Kind::lost;
        }
    }

    void close() noexcept {
        answer_.close();
        rest_.close();
        // Out of step, half a command may lie in the buffers, and a farewell would send the rest of it: that must not
        // become a whole one. To libmemcached only a UDP connection ends without one.
        if (!is_in_step_) memcached_.flags.use_udp = true;
        memcached_free(&memcached_);
    }

    const MemcachedSettings& settings_;
    GuardedMemory memory_;
    memcached_st memcached_{};
    AnswerBuffer answer_;
    AnswerBuffer rest_; ///< for what should not come
    std::string scratch_;
    std::vector<const char*> texts_;
    std::vector<std::size_t> sizes_;
    std::vector<bool> is_read_;
    bool is_in_step_ = true;
    bool was_used_ = false;
    bool has_versions_ = false;
};

} // namespace detail
KENNEL_NAMESPACE_END

#endif

#ifndef KENNEL_TESTS_INTEROP_SHARED_SERVER_HPP
#define KENNEL_TESTS_INTEROP_SHARED_SERVER_HPP

#include "interop/peer.hpp"
#include "kennel/key_mangler.hpp"
#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/redis_server.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A server that programs of both languages use, those of each language through a proxy of their own, so that a test
/// sees what they ask for.
class SharedServer {
public:
    SharedServer(const SharedServer&) = delete;
    SharedServer& operator=(const SharedServer&) = delete;
    virtual ~SharedServer() = default;

    [[nodiscard]] virtual Peer kennel(double expiration_time = 3600) = 0;
    [[nodiscard]] virtual Peer dogpile(double expiration_time = 3600) = 0;

    /// The value's bytes, with the metadata; empty when there are none.
    [[nodiscard]] virtual std::string stored(const std::string& key) = 0;
    virtual void store(const std::string& key, const std::string& bytes) = 0;
    virtual void remove(const std::string& key) = 0;

    [[nodiscard]] FaultProxy& before_kennel() { return before_kennel_; }
    [[nodiscard]] FaultProxy& before_dogpile() { return before_dogpile_; }

    /// Waits until somebody behind this proxy has tried to take the lock of the key.
    [[nodiscard]] bool await_lock_request(const FaultProxy& proxy, const std::string& key) const {
        return wait_until([&] { return lock_requests(proxy, key) != 0; });
    }
    [[nodiscard]] std::size_t lock_requests(const FaultProxy& proxy, const std::string& key) const {
        std::size_t count = 0;
        for (const std::string& request : proxy.requests())
            if (request.find(lock_request_ + stored_key(key)) != std::string::npos) ++count;
        return count;
    }

protected:
    /// The key as the server has it.
    [[nodiscard]] virtual std::string stored_key(const std::string& key) const { return key; }

    SharedServer(const LocalAddress& server, std::string lock_request)
        : before_kennel_(server), before_dogpile_(server), lock_request_(std::move(lock_request)) {}

private:
    FaultProxy before_kennel_;
    FaultProxy before_dogpile_;
    std::string lock_request_; ///< what the bytes of a request for the lock of a key contain before the key
};

class SharedRedis final : public SharedServer {
public:
    SharedRedis() : SharedRedis(redis_server()) {}

    [[nodiscard]] Peer kennel(double expiration_time = 3600) override {
        const json arguments = {
            {"url", server_.url_through(before_kennel().port())}, {"distributed_lock", true}, {"lock_timeout", 600}};
        return Peer::kennel({"redis", arguments, expiration_time});
    }
    [[nodiscard]] Peer dogpile(double expiration_time = 3600) override {
        const json arguments = {{"url", server_.url_through(before_dogpile().port())},
                                {"distributed_lock", true},
                                {"thread_local_lock", false},
                                {"lock_timeout", 600},
                                {"lock_sleep", 0.01}};
        return Peer::dogpile({"dogpile.cache.redis", arguments, expiration_time}, "redis");
    }

    [[nodiscard]] std::string stored(const std::string& key) override { return server_.reply({"GET", key}).text; }
    void store(const std::string& key, const std::string& bytes) override { server_.command({"SET", key, bytes}); }
    void remove(const std::string& key) override { server_.command({"DEL", key}); }

    [[nodiscard]] std::vector<std::string> keys() {
        std::vector<std::string> keys;
        for (const RespReply& key : server_.reply({"KEYS", "*"}).elements) keys.push_back(key.text);
        std::sort(keys.begin(), keys.end());
        return keys;
    }

private:
    explicit SharedRedis(RedisServer& server) : SharedServer(server.address(), "_lock"), server_(server) {}

    RedisServer& server_;
};

class SharedMemcached final : public SharedServer {
public:
    /// Keys with blanks have to be hashed, for Memcached does not take them; then dogpile's key_is_locked is wrong.
    enum class Keys : unsigned char { plain, hashed };

    /// `client` is the Python module by which dogpile.cache talks to the server.
    explicit SharedMemcached(std::string client, Keys keys = Keys::plain)
        : SharedMemcached(std::move(client), keys, memcached_server()) {}

    [[nodiscard]] Peer kennel(double expiration_time = 3600) override {
        const json arguments = {
            {"url", before_kennel().address().text()}, {"distributed_lock", true}, {"lock_timeout", 600}};
        return Peer::kennel({"memcached", arguments, expiration_time, keys_ == Keys::hashed});
    }
    [[nodiscard]] Peer dogpile(double expiration_time = 3600) override {
        const json arguments = {{"url", json::array({before_dogpile().address().text()})},
                                {"distributed_lock", true},
                                {"lock_timeout", 600}};
        return Peer::dogpile({"dogpile.cache." + client_, arguments, expiration_time, keys_ == Keys::hashed}, client_);
    }

    [[nodiscard]] std::string stored(const std::string& key) override {
        const std::string reply = server_.command("get " + stored_key(key));
        const std::size_t begin = reply.find("\r\n") + 2;
        const std::size_t end = reply.rfind("\r\nEND");
        return end == std::string::npos ? "" : reply.substr(begin, end - begin);
    }
    void store(const std::string& key, const std::string& bytes) override {
        server_.command("set " + stored_key(key) + " 0 0 " + std::to_string(bytes.size()) + "\r\n" + bytes);
    }
    void remove(const std::string& key) override { server_.command("delete " + stored_key(key)); }

private:
    [[nodiscard]] std::string stored_key(const std::string& key) const override {
        return keys_ == Keys::hashed ? kennel::sha1_mangle_key(key) : key;
    }

    SharedMemcached(std::string client, Keys keys, MemcachedServer& server)
        : SharedServer(server.address(), "add _lock"), client_(std::move(client)), keys_(keys), server_(server) {}

    std::string client_;
    Keys keys_;
    MemcachedServer& server_;
};

} // namespace test

#endif

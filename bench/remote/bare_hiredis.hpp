#pragma once

#include <hiredis/hiredis.h>

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// What one writes by hand with hiredis: commands, and values copied out of the replies.
class BareHiredis {
public:
    explicit BareHiredis(const std::string& socket) : context_(redisConnectUnix(socket.c_str()), &redisFree) {
        if (context_ == nullptr || context_->err != 0) throw std::runtime_error("hiredis cannot connect");
        if (redisSetTimeout(context_.get(), {.tv_sec = 3, .tv_usec = 0}) != REDIS_OK)
            throw std::runtime_error("hiredis takes no time limit");
    }

    /// With a time to live, as the region sets it.
    void set_for_a_day(std::string_view key, std::string_view value) {
        static_cast<void>(call({"SET", key, value, "PX", "90000000"}));
    }
    [[nodiscard]] std::string get(std::string_view key) {
        const auto reply = call({"GET", key});
        return {reply->str, static_cast<std::size_t>(reply->len)};
    }
    [[nodiscard]] std::vector<std::string> get_multi(const std::vector<std::string>& keys) {
        std::vector<std::string_view> words{"MGET"};
        words.insert(words.end(), keys.begin(), keys.end());
        const auto reply = call(words);
        std::vector<std::string> values;
        values.reserve(reply->elements);
        for (std::size_t at = 0; at != reply->elements; ++at)
            values.emplace_back(reply->element[at]->str, static_cast<std::size_t>(reply->element[at]->len));
        return values;
    }

    [[nodiscard]] std::string release_script() {
        return call({"SCRIPT", "LOAD",
                     "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"})
            ->str;
    }

    /// A miss under a lock: five round trips.
    void create_as_dogpile_does(const std::string& key, const std::string& script) {
        const std::string lock = "_lock" + key;
        const std::string token(32, 'a');
        call({"GET", key});
        call({"SET", lock, token, "PX", "30000", "NX"});
        call({"GET", key});
        set_for_a_day(key, std::string(256, 'x'));
        call({"EVALSHA", script, "1", lock, token});
    }

private:
    using Reply = std::unique_ptr<redisReply, void (*)(void*)>;
    Reply call(const std::vector<std::string_view>& words) {
        pointers_.clear();
        sizes_.clear();
        for (const std::string_view word : words) {
            pointers_.push_back(word.data());
            sizes_.push_back(word.size());
        }
        return checked(words.size());
    }
    Reply call(std::initializer_list<std::string_view> words) {
        const char* pointers[8];
        std::size_t sizes[8];
        int count = 0;
        for (const std::string_view word : words) {
            pointers[count] = word.data();
            sizes[count++] = word.size();
        }
        return checked(redisCommandArgv(context_.get(), count, pointers, sizes));
    }

    Reply checked(std::size_t count) {
        return checked(redisCommandArgv(context_.get(), static_cast<int>(count), pointers_.data(), sizes_.data()));
    }
    static Reply checked(void* reply) {
        if (reply == nullptr) throw std::runtime_error("hiredis has lost the connection");
        return {static_cast<redisReply*>(reply), &freeReplyObject};
    }

    std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
    std::vector<const char*> pointers_;
    std::vector<std::size_t> sizes_;
};

} // namespace bench

// needs: redis
#include "kennel/backends/redis/pool.hpp"

#include "support/fault_proxy.hpp"
#include "support/messages.hpp"
#include "support/redis_backend.hpp"
#include "support/threads.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kennel::BackendError;
using kennel::detail::RedisPool;
using kennel::detail::RedisSettings;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;

struct Scene {
    explicit Scene(std::size_t max_connections)
        : settings(std::make_shared<RedisSettings>()),
          pool(settings, {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(proxy.port())}) {
        settings->max_connections = max_connections;
    }

    [[nodiscard]] RedisPool::Loan lend(std::chrono::milliseconds limit = 10s) {
        const auto now = std::chrono::steady_clock::now();
        return pool.lend(now, now + limit);
    }

    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy{server.address()};
    std::shared_ptr<RedisSettings> settings;
    RedisPool pool;
};

std::string ping(kennel::detail::RedisConnection& connection) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    connection.new_request().add("PING");
    connection.send(deadline);
    return connection.receive(deadline).text;
}

} // namespace

TEST_CASE("a pool opens a connection when all others are in use, up to its limit", "[redis][pool]") {
    Scene scene(2);
    CHECK(scene.pool.open_connections() == 0);
    {
        const auto first = scene.lend();
        const auto second = scene.lend();
        CHECK_FALSE(first.was_idle());
        CHECK(scene.pool.open_connections() == 2);
        const std::string complaint = message_of<BackendError>([&] { (void)scene.lend(50ms); });
        CHECK(mentions(complaint,
                       {"all 2 connections", "127.0.0.1:" + std::to_string(scene.proxy.port()), "max_connections"}));
    }
    CHECK(scene.pool.open_connections() == 2);
    const auto again = scene.lend();
    CHECK(again.was_idle());
    CHECK(scene.proxy.connections() == 2);
}

TEST_CASE("who waits for a connection gets the one that is given back", "[redis][pool]") {
    Scene scene(1);
    std::unique_ptr<RedisPool::Loan> first(new RedisPool::Loan(scene.lend()));
    auto waiting = test::on_another_thread([&] { return ping(*scene.lend()); });
    CHECK(waiting.wait_for(20ms) == std::future_status::timeout);
    first.reset();
    CHECK(waiting.get() == "PONG");
    CHECK(scene.proxy.connections() == 1);
}

TEST_CASE("who waits for a connection opens one when a broken one is given back", "[redis][pool]") {
    Scene scene(1);
    std::unique_ptr<RedisPool::Loan> first(new RedisPool::Loan(scene.lend()));
    auto waiting = test::on_another_thread([&] { return ping(*scene.lend()); });
    (*first)->new_request().add("PING");
    (*first)->send(std::chrono::steady_clock::now() + 10s); // and its reply is left where it is
    first.reset();
    CHECK(waiting.get() == "PONG");
    CHECK(scene.proxy.connections() == 2);
    CHECK(scene.pool.open_connections() == 1);
}

TEST_CASE("many threads share few connections", "[redis][pool]") {
    Scene scene(3);
    std::atomic<int> wrong = 0;
    std::atomic<int> lent = 0;
    test::run_together(16, [&](std::size_t) {
        for (int count = 0; count != 50; ++count) {
            const auto loan = scene.lend();
            if (++lent > 3) ++wrong;
            if (ping(*loan) != "PONG") ++wrong;
            --lent;
        }
    });
    CHECK(wrong == 0);
    CHECK(scene.proxy.connections() <= 3);
    CHECK(scene.pool.open_connections() <= 3);
}

TEST_CASE("connections that are dropped are not lent again, those in use neither", "[redis][pool]") {
    Scene scene(3);
    {
        const auto used = scene.lend();
        {
            const auto idle = scene.lend();
        }
        scene.pool.drop_all();
        CHECK(scene.pool.open_connections() == 1);
        CHECK(ping(*used) == "PONG");
    }
    CHECK(scene.pool.open_connections() == 0);
    CHECK_FALSE(scene.lend().was_idle());
    CHECK(scene.proxy.connections() == 3);
}

TEST_CASE("the server never sees more clients than max_connections", "[redis][pool]") {
    test::RedisServer& server = test::redis_server();
    const auto backend = test::redis::new_backend(server.url(), {{"max_connections", 3}, {"client_name", "pooled"}});
    std::size_t most = 0;
    std::atomic<int> running = 20;
    auto looking = test::on_another_thread([&] {
        while (running != 0) {
            const std::string clients = server.command({"CLIENT", "LIST"});
            std::size_t count = 0;
            for (std::size_t at = clients.find("name=pooled"); at != std::string::npos;
                 at = clients.find("name=pooled", at + 1))
                ++count;
            most = (std::max)(most, count);
        }
    });
    test::run_together(20, [&](std::size_t number) {
        for (int count = 0; count != 20; ++count) backend->set(std::to_string(number), test::redis::entry("text"));
        --running;
    });
    looking.get();
    CHECK(most >= 1);
    CHECK(most <= 3);
}

TEST_CASE("a wait for a connection ends when the time is up, with what to do about it", "[redis][pool]") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    const auto backend = test::redis::new_backend(server.url_through(proxy.port()),
                                                  {{"max_connections", 1}, {"socket_timeout", 300ms}});
    REQUIRE_FALSE(backend->get("key").has_value());
    proxy.hold();
    std::atomic<int> told = 0;
    test::run_together(4, [&](std::size_t) {
        const std::string text = message_of<BackendError>([&] { (void)backend->get("key"); });
        if (mentions(text, {"in use", "max_connections"})) ++told;
    });
    CHECK(told >= 1);
}

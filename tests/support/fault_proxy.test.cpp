#include "support/fault_proxy.hpp"
#include "support/memcached_server.hpp"
#include "support/redis_server.hpp"
#include "support/threads.hpp"

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

TEST_CASE("a fault proxy passes everything on, and notes what clients send") {
    test::FaultProxy proxy(test::redis_server().unix_address());
    const std::string set = test::resp_command({"SET", "key", "value"});
    const std::string get = test::resp_command({"GET", "key"});
    test::RespClient client(proxy.address());
    CHECK(client.call({"SET", "key", "value"}).text == "OK");
    CHECK(client.call({"GET", "key"}).text == "value");
    CHECK(proxy.requests() == std::vector{set, get});
    CHECK(proxy.sent() == set + get);
    CHECK(proxy.round_trips() == 2);
    CHECK(proxy.connections() == 1);
    CHECK(proxy.open_connections() == 1);

    proxy.forget();
    test::PlainConnection pipeline(proxy.address());
    pipeline.send(get + get);
    CHECK(pipeline.read(22) == "$5\r\nvalue\r\n$5\r\nvalue\r\n");
    CHECK(proxy.requests().size() == 2);
    CHECK(proxy.round_trips() == 1);
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a fault proxy splits the requests of both protocols of Memcached") {
    test::RequestSplitter text;
    CHECK(text.push("get a b\r\nset a 0 0 4\r\n\r").size() == 1);
    CHECK(text.push("\nxy\r\nms k 2 T0\r\nab\r\ncas a 0 0 1 77 noreply\r\nx\r\nmg k v\r\n") ==
          std::vector<std::string>{"set a 0 0 4\r\n\r\nxy\r\n", "ms k 2 T0\r\nab\r\n",
                                   "cas a 0 0 1 77 noreply\r\nx\r\n", "mg k v\r\n"});
    const std::string packet = std::string("\x80\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x03", 12) +
                               std::string(12, '\0') + "key";
    test::RequestSplitter binary;
    CHECK(binary.push(packet.substr(0, 26)).empty());
    CHECK(binary.push(packet.substr(26) + packet) == std::vector{packet, packet});
}

TEST_CASE("a fault proxy cuts, drops, replaces and lengthens replies") {
    test::RedisServer& server = test::redis_server();
    server.command({"SET", "key", "value"});
    test::FaultProxy proxy(server.address());
    const auto everything_read = [&](const std::vector<std::string>& command) {
        test::PlainConnection connection(proxy.address());
        connection.send(test::resp_command(command));
        return connection.read_to_end();
    };
    const std::string reply = "$5\r\nvalue\r\n";
    for (std::size_t length = 0; length <= reply.size(); ++length) {
        proxy.cut_after(length);
        CHECK(everything_read({"GET", "key"}) == reply.substr(0, length));
    }
    proxy.drop_replies();
    CHECK(everything_read({"SET", "executed", "yes"}).empty());
    CHECK(server.command({"GET", "executed"}) == "yes");

    test::RespClient client(proxy.address());
    proxy.replace_replies("+garbage\r\n");
    CHECK(client.call({"GET", "key"}).text == "garbage");
    proxy.append_to_replies("+more\r\n");
    CHECK(client.call({"GET", "key"}).text == "value");
    CHECK(client.read_reply().text == "more");
    proxy.pass();
    CHECK(client.call({"GET", "key"}).text == "value");
}

TEST_CASE("a fault proxy holds replies back and lets them drip") {
    test::RedisServer& server = test::redis_server();
    test::FaultProxy proxy(server.address());
    proxy.hold();
    std::future<std::string> reply = test::on_another_thread(
        [&] { return test::RespClient(proxy.address()).call({"INCR", "n"}).text; });
    CHECK(test::wait_until([&] { return server.command({"GET", "n"}) == "1"; }));
    CHECK(reply.wait_for(50ms) == std::future_status::timeout);
    proxy.pass();
    CHECK(reply.get() == "1");

    proxy.drip(10ms);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(test::RespClient(proxy.address()).call({"INCR", "n"}).text == "2");
    CHECK(std::chrono::steady_clock::now() - begin >= 40ms); // ":2\r\n"
}

TEST_CASE("a fault proxy refuses and ends connections") {
    test::FaultProxy proxy(test::memcached_server().address());
    test::MemcachedTextClient client(proxy.address());
    CHECK(client.call("set k 0 0 1\r\nx") == "STORED\r\n");
    proxy.end_connections();
    CHECK_THROWS_AS(client.call("get k"), std::runtime_error);
    proxy.refuse_connections();
    CHECK_FALSE(test::connect_to(proxy.address()).is_open());
    proxy.accept_connections();
    CHECK(test::MemcachedTextClient(proxy.address()).call("get k") == "VALUE k 0 1\r\nx\r\nEND\r\n");
}

TEST_CASE("a fault proxy is switched while many clients use it") {
    test::FaultProxy proxy(test::redis_server().address());
    test::run_together(5, [&](std::size_t index) {
        for (int round = 0; round != 50; ++round) {
            if (index == 0) {
                round % 3 == 0 ? proxy.hold() : round % 3 == 1 ? proxy.end_connections() : proxy.pass();
                continue;
            }
            try {
                test::RespClient(proxy.address()).call({"PING"});
            } catch (const std::runtime_error&) { // NOLINT(*-empty-catch): some connections are ended
            }
        }
        if (index == 0) proxy.pass();
    });
    CHECK(test::RespClient(proxy.address()).call({"PING"}).text == "PONG");
    CHECK(proxy.connections() >= 200);
}

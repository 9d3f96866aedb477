#ifndef KENNEL_TESTS_SUPPORT_REDIS_SENTINEL_HPP
#define KENNEL_TESTS_SUPPORT_REDIS_SENTINEL_HPP

#include "support/redis_server.hpp"
#include "support/wait_until.hpp"

#include <cstddef>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A Redis master with replicas, watched by sentinels that replace it half a second after it has fallen silent.
class SentinelGroup {
public:
    struct Size {
        int replicas = 1;
        int sentinels = 1;
    };

    static constexpr const char* service_name = "mymaster";

    SentinelGroup() : SentinelGroup(Size{}) {}
    explicit SentinelGroup(Size size) {
        servers_.push_back(std::make_unique<RedisServer>(replication()));
        for (int replica = 0; replica != size.replicas; ++replica) {
            std::vector<std::string> arguments = replication();
            arguments.insert(arguments.end(), {"--replicaof", "127.0.0.1 " + std::to_string(servers_[0]->port())});
            servers_.push_back(std::make_unique<RedisServer>(std::move(arguments)));
        }
        await("the replicas",
              [&] { return field(*servers_[0], "connected_slaves:") == std::to_string(size.replicas); });
        for (int sentinel = 0; sentinel != size.sentinels; ++sentinel)
            sentinels_.push_back(std::make_unique<Sentinel>(servers_[0]->port(), size.sentinels / 2 + 1));
        await("the sentinels", [&] {
            for (const auto& sentinel : sentinels_)
                if (!sentinel->is_settled() || !sentinel->knows(size)) return false;
            return true;
        });
    }

    /// All servers, of which the first is the master at the beginning.
    [[nodiscard]] std::size_t size() const { return servers_.size(); }
    [[nodiscard]] RedisServer& server(std::size_t index) { return *servers_.at(index); }
    [[nodiscard]] RedisServer& server_at(int port) {
        for (const auto& server : servers_)
            if (server->port() == port) return *server;
        throw std::runtime_error("no server is at that port");
    }

    [[nodiscard]] std::vector<int> sentinel_ports() const {
        std::vector<int> ports;
        for (const auto& sentinel : sentinels_) ports.push_back(sentinel->port());
        return ports;
    }
    [[nodiscard]] ServerProcess& sentinel(std::size_t index) { return sentinels_.at(index)->process(); }

    /// What the sentinels say; the first that runs is asked.
    [[nodiscard]] int master_port() {
        for (const auto& sentinel : sentinels_)
            if (sentinel->process().is_running()) return sentinel->master_port();
        throw std::runtime_error("no sentinel runs");
    }
    [[nodiscard]] RedisServer& master() { return server_at(master_port()); }

    /// Makes a replica the master, and the former master its replica.
    void fail_over() {
        const int former = master_port();
        const std::string reply =
            RespClient({.port = sentinel_ports().at(0)}).call({"SENTINEL", "FAILOVER", service_name}).shown();
        if (reply != "OK") throw std::runtime_error("SENTINEL FAILOVER: " + reply);
        await_another_master(former);
        // The sentinels do it, too, but only after some eight seconds.
        server_at(former).command({"REPLICAOF", "127.0.0.1", std::to_string(master_port())});
        await("the former master", [&] { return field(server_at(former), "role:") == "slave"; });
    }
    /// Kills the master, and waits until a replica is in its place.
    void kill_master() {
        const int former = master_port();
        server_at(former).process().crash();
        await_another_master(former);
    }
    /// Waits until all replicas have what the master has.
    void await_replication() {
        RedisServer& source = master();
        await("replication", [&] {
            const std::string offset = field(source, "master_repl_offset:");
            for (const auto& server : servers_)
                if (server->process().is_running() && server.get() != &source &&
                    (field(*server, "master_link_status:") != "up" || field(*server, "slave_repl_offset:") != offset))
                    return false;
            return true;
        });
    }

private:
    class Sentinel {
    public:
        Sentinel(int master_port, int quorum) {
            const std::string program = require_program({"redis-server", "valkey-server"});
            for (int tries = 3;; --tries) {
                port_ = free_port();
                process_ = std::make_unique<ServerProcess>(
                    std::vector<std::string>{program, "sentinel.conf", "--sentinel"}, [this] { return answers(); });
                write_configuration(master_port, quorum);
                if (process_->try_start()) return;
                if (tries == 1) throw std::runtime_error(process_->complaint());
            }
        }

        [[nodiscard]] int port() const { return port_; }
        [[nodiscard]] ServerProcess& process() { return *process_; }

        [[nodiscard]] int master_port() const {
            return std::stoi(call({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", service_name}).elements.at(1).text);
        }
        [[nodiscard]] bool knows(const Size& size) const {
            return field("num-slaves") == std::to_string(size.replicas) &&
                   field("num-other-sentinels") == std::to_string(size.sentinels - 1);
        }
        /// Whether it takes the master for alive, and is not about to replace it.
        [[nodiscard]] bool is_settled() const { return field("flags") == "master"; }

    private:
        [[nodiscard]] RespReply call(const std::vector<std::string>& arguments) const {
            return RespClient({.port = port_}).call(arguments);
        }

        [[nodiscard]] bool answers() const {
            try {
                return call({"PING"}).text == "PONG";
            } catch (const std::exception&) {
                return false;
            }
        }

        /// Of what it says about the master.
        [[nodiscard]] std::string field(const std::string& name) const {
            const std::vector<RespReply> fields = call({"SENTINEL", "MASTER", service_name}).elements;
            for (std::size_t at = 0; at + 1 < fields.size(); at += 2)
                if (fields[at].text == name) return fields[at + 1].text;
            return {};
        }

        void write_configuration(int master_port, int quorum) const {
            const std::string name = service_name;
            std::ofstream(process_->directory().file("sentinel.conf"))
                << "port " << port_ << "\nbind 127.0.0.1\ndir .\n"
                << "sentinel monitor " << name << " 127.0.0.1 " << master_port << ' ' << quorum << '\n'
                << "sentinel down-after-milliseconds " << name << " 500\n"
                << "sentinel failover-timeout " << name << " 3000\n";
        }

        int port_ = 0;
        std::unique_ptr<ServerProcess> process_;
    };

    [[nodiscard]] static std::vector<std::string> replication() {
        return {"--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"};
    }

    /// Of what a server says about replication, on a line of its own.
    [[nodiscard]] static std::string field(RedisServer& server, const std::string& begin) {
        const std::string text = server.command({"INFO", "replication"});
        const std::size_t at = text.find('\n' + begin);
        if (at == std::string::npos) return {};
        const std::size_t value = at + 1 + begin.size();
        return text.substr(value, text.find('\r', value) - value);
    }

    void await_another_master(int former) {
        await("another master", [&] {
            for (const auto& sentinel : sentinels_)
                if (sentinel->process().is_running() && (sentinel->master_port() == former || !sentinel->is_settled()))
                    return false;
            return field(master(), "role:") == "master";
        });
    }

    template <class Condition>
    static void await(const std::string& what, const Condition& condition) {
        if (!wait_until(condition)) throw std::runtime_error("waited in vain for " + what);
    }

    std::vector<std::unique_ptr<RedisServer>> servers_;
    std::vector<std::unique_ptr<Sentinel>> sentinels_;
};

} // namespace test

#endif

#ifndef KENNEL_TESTS_SUPPORT_REDIS_CLUSTER_HPP
#define KENNEL_TESTS_SUPPORT_REDIS_CLUSTER_HPP

#include "support/redis_server.hpp"
#include "support/wait_until.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

/// A Redis Cluster of three masters without replicas, which share the slots in equal parts.
class RedisCluster {
public:
    static constexpr int slot_count = 16'384;

    /// `arguments` are given to each node.
    explicit RedisCluster(std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.end(), {"--cluster-enabled", "yes", "--cluster-node-timeout", "3000"});
        for (std::size_t node = 0; node != 3; ++node) nodes_.push_back(std::make_unique<RedisServer>(arguments));
        for (std::size_t node = 0; node != size(); ++node) {
            must("OK", node, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(node + 1)});
            must("OK", node, slots_of(node));
            must("OK", node, {"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes_[0]->port())});
        }
        await_agreement();
    }

    [[nodiscard]] std::size_t size() const { return nodes_.size(); }
    [[nodiscard]] RedisServer& node(std::size_t index) { return *nodes_.at(index); }
    [[nodiscard]] std::string url() const { return nodes_[0]->url(); }

    [[nodiscard]] int slot_of(const std::string& key) {
        return std::stoi(node(0).command({"CLUSTER", "KEYSLOT", key}));
    }
    /// Which node serves a slot.
    [[nodiscard]] std::size_t owner_of(int slot) {
        const std::string owner = owner_id_of(slot, 0);
        for (std::size_t index = 0; index != size(); ++index)
            if (id_of(index) == owner) return index;
        throw std::runtime_error("no node serves the slot");
    }
    [[nodiscard]] RedisServer& node_of(const std::string& key) { return node(owner_of(slot_of(key))); }

    /// What the node of a key, which is the first argument of the command, replies.
    std::string command(const std::vector<std::string>& arguments) {
        return node_of(arguments.at(1)).command(arguments);
    }
    void flush() {
        for (const auto& server : nodes_) server->command({"FLUSHALL"});
    }

    /// From now on the slot's present node redirects those who ask for keys that it does not have by ASK, and those of
    /// several keys by TRYAGAIN while it has some of them.
    void begin_migration(int slot, std::size_t from, std::size_t to) {
        must("OK", to, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", id_of(from)});
        must("OK", from, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", id_of(to)});
    }
    /// Brings one key over, while its slot migrates.
    void migrate_key(const std::string& key, std::size_t from, std::size_t to) {
        must("OK", from, {"MIGRATE", "127.0.0.1", std::to_string(node(to).port()), key, "0", "5000"});
    }
    /// Brings over what is left. From now on the slot's former node redirects by MOVED.
    void finish_migration(int slot, std::size_t from, std::size_t to) {
        const std::string number = std::to_string(slot);
        for (const RespReply& key : node(from).reply({"CLUSTER", "GETKEYSINSLOT", number, "1000000"}).elements)
            migrate_key(key.text, from, to);
        const std::string owner = id_of(to);
        must("OK", to, {"CLUSTER", "SETSLOT", number, "NODE", owner});
        must("OK", from, {"CLUSTER", "SETSLOT", number, "NODE", owner});
        for (std::size_t index = 0; index != size(); ++index)
            if (index != from && index != to) must("OK", index, {"CLUSTER", "SETSLOT", number, "NODE", owner});
    }

    /// Waits until all nodes know each other and serve all slots.
    void await_agreement() {
        const auto agree = [this] {
            for (std::size_t index = 0; index != size(); ++index) {
                const std::string state = node(index).command({"CLUSTER", "INFO"});
                for (const char* const part : {"cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3"})
                    if (state.find(part) == std::string::npos) return false;
            }
            return true;
        };
        if (!wait_until(agree)) throw std::runtime_error("no cluster:\n" + node(0).command({"CLUSTER", "INFO"}));
    }

private:
    [[nodiscard]] std::vector<std::string> slots_of(std::size_t node) const {
        std::vector<std::string> command{"CLUSTER", "ADDSLOTS"};
        const int count = static_cast<int>(size());
        const int index = static_cast<int>(node);
        for (int slot = slot_count * index / count; slot != slot_count * (index + 1) / count; ++slot)
            command.push_back(std::to_string(slot));
        return command;
    }

    [[nodiscard]] std::string id_of(std::size_t index) { return node(index).command({"CLUSTER", "MYID"}); }

    [[nodiscard]] std::string owner_id_of(int slot, std::size_t asked) {
        for (const RespReply& range : node(asked).reply({"CLUSTER", "SLOTS"}).elements)
            if (std::stoi(range.elements.at(0).text) <= slot && slot <= std::stoi(range.elements.at(1).text))
                return range.elements.at(2).elements.at(2).text;
        return {};
    }

    void must(const std::string& expected, std::size_t index, const std::vector<std::string>& arguments) {
        const std::string reply = node(index).command(arguments);
        if (reply != expected) throw std::runtime_error(arguments.at(0) + ' ' + arguments.at(1) + ": " + reply);
    }

    std::vector<std::unique_ptr<RedisServer>> nodes_;
};

} // namespace test

#endif

#ifndef KENNEL_TESTS_INTEROP_PEER_HPP
#define KENNEL_TESTS_INTEROP_PEER_HPP

#include "support/catch.hpp"
#include "support/line_process.hpp"
#include "support/python_process.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

using nlohmann::json;

/// A program that has a region of its own on a server which others share; see kennel_peer.cpp and dogpile_peer.py.
class Peer {
public:
    /// What a request gave, and what its creators have made.
    struct Outcome {
        json value;
        json created;
    };

    /// How a program comes to its region.
    struct Setting {
        std::string backend;
        json arguments;
        double expiration_time = 3600;
        bool has_hashed_keys = false; ///< which only Memcached needs, for keys with blanks
    };

    /// The one of Kennel, which lies beside the tests.
    [[nodiscard]] static Peer kennel(const Setting& setting) {
        const auto tests = std::filesystem::read_symlink("/proc/self/exe");
        return Peer({tests.parent_path() / "kennel_peer"}, setting);
    }
    /// The one of dogpile.cache; without the Python modules that it needs, the running test case ends.
    [[nodiscard]] static Peer dogpile(const Setting& setting, const std::string& client) {
        const auto script = std::filesystem::path(__FILE__).parent_path() / "dogpile_peer.py";
        static_cast<void>(python_command("dogpile.cache", {}));
        return Peer(python_command(client, {script}), setting);
    }

    Peer(Peer&&) = default;
    Peer& operator=(Peer&&) = default;
    /// It ends well, without complaints of a sanitizer.
    ~Peer() {
        if (process_ == nullptr || std::uncaught_exceptions() != 0) return;
        const int status = process_->end();
        INFO(process_->errors());
        CHECK(status == 0);
    }

    /// Asks for something and waits for the outcome.
    Outcome ask(const json& request) {
        begin(request);
        return finish();
    }
    void begin(const json& request) { process_->tell(request.dump()); }
    [[nodiscard]] Outcome finish() {
        const json answer = next_answer();
        if (answer.at(0) != "done") throw std::runtime_error("not awaited: " + answer.dump());
        return {answer.at(1), answer.at(2)};
    }

    /// Waits until a creator runs, which stops there until `let_go`.
    void await_creator() {
        const json answer = next_answer();
        if (answer != json::array({"creating"})) throw std::runtime_error("no creator, but: " + answer.dump());
    }
    void let_go() { process_->tell("go"); }

    /// What it writes next.
    [[nodiscard]] json next_answer() { return json::parse(process_->answer()); }

    [[nodiscard]] LineProcess& process() { return *process_; }

private:
    Peer(std::vector<std::string> command, const Setting& setting) {
        command.insert(command.end(),
                       {setting.backend, setting.arguments.dump(), std::to_string(setting.expiration_time),
                        setting.has_hashed_keys ? "hashed" : "plain"});
        process_ = std::make_unique<LineProcess>(command);
        if (const json answer = next_answer(); answer != json::array({"ready"}))
            throw std::runtime_error("not ready: " + answer.dump());
    }

    std::unique_ptr<LineProcess> process_;
};

} // namespace test

#endif

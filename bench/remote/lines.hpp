#pragma once

#include "../support/print_target.hpp"
#include "in_process_of_its_own.hpp"
#include "rounds.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace bench {

/// Keeps the compiler from leaving out what nobody needs.
inline void use(const std::string& value) { asm volatile("" : : "g"(value.data()) : "memory"); }

/// What a comparison should come to.
struct Goal {
    double speed = 0; ///< at least; none for zero
    double cpu = 0;   ///< at most; none for zero
};

/// The lines of the table, each measured in a process of its own.
class Lines {
public:
    Lines(int rounds, std::string only) : rounds_(rounds), only_(std::move(only)) {}

    /// `prepare` makes two operations, Kennel's and the bare one, and keeps them alive while `measure` runs them.
    using Operation = std::function<void()>;
    using Measure = std::function<void(const Operation& own, const Operation& bare)>;

    void add(const std::string& name, int count, Goal goal, const std::function<void(const Measure&)>& prepare) {
        add_own(name, [&] {
            prepare([&](const Operation& own, const Operation& bare) {
                const auto cost = [count](const Operation& operation) {
                    return cost_of(count, [&](int) { operation(); });
                };
                report(name, goal, [&] { return cost(own); }, [&] { return cost(bare); });
            });
        });
    }

    /// A line that measures and prints by itself.
    void add_own(const std::string& name, const std::function<void()>& run) {
        if (name.find(only_) == std::string::npos) return;
        if (!in_process_of_its_own(run)) has_failed_ = true;
    }

    void report(const std::string& name, Goal goal, const Contestant& own, const Contestant& bare) const {
        const Comparison result = compare(rounds_, own, bare);
        print(name, result);
        const std::string target = "remote " + name;
        if (goal.speed != 0)
            print_target((target + ", speed").c_str(), result.speed, goal.speed, result.speed >= goal.speed);
        if (goal.cpu != 0) print_target((target + ", CPU").c_str(), result.cpu, goal.cpu);
    }

    [[nodiscard]] bool has_failed() const { return has_failed_; }

private:
    int rounds_;
    std::string only_;
    bool has_failed_ = false;
};

} // namespace bench

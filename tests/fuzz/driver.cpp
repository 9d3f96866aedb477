// Runs a fuzz program without a fuzzer: on random bytes and on damaged good ones, the same with every seed that is
// the same.

#include "fuzz/fuzz.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

volatile std::sig_atomic_t current_run = 0;

void tell_run(int signal) {
    std::fprintf(stderr, "failed in run %d\n", static_cast<int>(current_run));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// Makes inputs: some at random, the others out of good ones.
class Inputs {
public:
    explicit Inputs(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] std::string next() {
        if (below(4) == 0) return random_bytes(below(200));
        std::string bytes = any_sample();
        for (std::size_t changes = 1 + below(6); changes != 0; --changes) damage(bytes);
        return bytes;
    }

private:
    [[nodiscard]] std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }
    [[nodiscard]] const std::string& any_sample() { return samples_[below(samples_.size())]; }

    [[nodiscard]] char any_byte() {
        static constexpr std::string_view telling("\0\1\x7f\x80\xff\"\\[]{},:|-.0eEnu19", 24);
        return below(2) == 0 ? telling[below(telling.size())] : static_cast<char>(below(256));
    }

    [[nodiscard]] std::string random_bytes(std::size_t size) {
        std::string bytes;
        while (bytes.size() != size) bytes += any_byte();
        return bytes;
    }

    void damage(std::string& bytes) {
        const std::size_t at = below(bytes.size() + 1);
        const std::size_t length = 1 + below(8);
        switch (below(7)) {
        case 0: bytes.resize(at); break;
        case 1: bytes.erase(at, length); break;
        case 2: bytes.insert(at, random_bytes(length)); break;
        case 3: bytes.insert(at, below(50), any_byte()); break;
        case 4: bytes.insert(at, bytes, below(bytes.size() + 1), length); break;
        case 5: bytes.insert(at, any_sample().substr(0, below(50))); break;
        default:
            if (at != bytes.size())
                bytes[at] = below(2) == 0 ? any_byte() : static_cast<char>(bytes[at] ^ (1 << below(8)));
        }
    }

    std::mt19937_64 random_;
    std::vector<std::string> samples_ = fuzz::samples();
};

void run_on(std::string_view bytes) {
    // A copy of exactly this size, so that a sanitizer sees every byte that is read behind the end.
    const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

} // namespace

int main(int argc, char** argv) {
    const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
    const int runs = argc > 2 ? std::atoi(argv[2]) : 20'000;
    if (argc > 3 || runs < 1) {
        std::fprintf(stderr, "usage: %s [seed [runs]]\n", argv[0]);
        return 2;
    }
    std::printf("seed %llu, %d runs\n", static_cast<unsigned long long>(seed), runs);
    std::fflush(stdout);
    std::signal(SIGABRT, tell_run);
    for (const std::string& sample : fuzz::samples()) run_on(sample);
    Inputs inputs(seed);
    while (current_run != runs) {
        current_run = current_run + 1;
        run_on(inputs.next());
    }
    return 0;
}

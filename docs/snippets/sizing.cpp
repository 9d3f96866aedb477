// For docs/sizing_a_cache.md.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

// [recorder]
/// Writes each key that its region looks for to a file, one in each line.
class KeyRecorder final : public kennel::ProxyBackend {
public:
    explicit KeyRecorder(const std::string& path) : file_(path) {}

    std::optional<kennel::CachedValue> get(std::string_view key) override {
        thread_local std::string previous; // of all recorders together: record one region at a time
        if (key != previous) {             // a creation looks twice
            const std::lock_guard lock(mutex_);
            file_ << key << '\n';
        }
        previous = key;
        return proxied().get(key);
    }

private:
    std::mutex mutex_;
    std::ofstream file_;
};
// [/recorder]

int main() {
    const std::string path =
        (std::filesystem::temp_directory_path() / "kennel_docs_sizing_keys.txt").string();
    {
        // [record]
        kennel::CacheRegion users{{.name = "users"}};
        users.configure("memory",
                        {.expiration_time = 1h, .wrap = {std::make_shared<KeyRecorder>(path)}});
        // [/record]
        for (const char* const key : {"user:5", "user:7", "user:5"})
            (void)users.get_or_create(key, [] { return std::string("Ada"); });
    }
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    file.close();
    std::filesystem::remove(path);
    expect(text == "user:5\nuser:7\nuser:5\n", "each request is recorded once");
}

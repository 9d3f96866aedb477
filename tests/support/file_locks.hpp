#ifndef KENNEL_TESTS_SUPPORT_FILE_LOCKS_HPP
#define KENNEL_TESTS_SUPPORT_FILE_LOCKS_HPP

#include "kennel/cache_mutex.hpp"
#include "kennel/errors.hpp"
#include "kennel/key_mangler.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace test {

/// Locks that are files, so that they hold between the processes of a machine: flock(2), with a descriptor of its own
/// for each acquisition. The files are in a new directory, which goes with this object.
class FileLocks {
public:
    FileLocks() = default;
    FileLocks(const FileLocks&) = delete;
    FileLocks& operator=(const FileLocks&) = delete;
    ~FileLocks() {
        for (const std::string& path : paths_) ::unlink(path.c_str());
        if (!directory_.empty()) ::rmdir(directory_.c_str());
    }

    [[nodiscard]] std::shared_ptr<kennel::CacheMutex> mutex(std::string_view key) {
        const std::lock_guard lock(mutex_);
        if (directory_.empty()) directory_ = new_directory();
        return std::make_shared<Mutex>(*paths_.insert(directory_ + '/' + kennel::sha1_mangle_key(key)).first);
    }

private:
    class Mutex final : public kennel::CacheMutex {
    public:
        explicit Mutex(std::string path) : path_(std::move(path)) {}
        ~Mutex() override { Mutex::release(); }

        [[nodiscard]] bool acquire(kennel::SteadyTime deadline) override {
            const int file = open_file();
            while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
                if (std::chrono::steady_clock::now() >= deadline) return ::close(file), false;
                std::this_thread::yield();
            }
            file_ = file;
            return true;
        }
        void release() noexcept override {
            if (const int file = file_.exchange(-1); file >= 0) ::close(file);
        }
        [[nodiscard]] bool locked() override {
            const int file = open_file();
            const bool is_free = ::flock(file, LOCK_SH | LOCK_NB) == 0;
            ::close(file);
            return !is_free;
        }

    private:
        [[nodiscard]] int open_file() const {
            const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            if (file < 0) throw kennel::BackendError("cannot open " + path_);
            return file;
        }

        std::string path_;
        std::atomic<int> file_ = -1;
    };

    static std::string new_directory() {
        const char* const parent = std::getenv("TMPDIR");
        std::string name = std::string(parent != nullptr ? parent : "/tmp") + "/kennel_locks_XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw kennel::BackendError("cannot make " + name);
        return name;
    }

    std::mutex mutex_;
    std::string directory_; ///< made when the first lock is asked for
    std::set<std::string> paths_;
};

} // namespace test

#endif

// A transaction that has changed something has the cache refreshed on another thread: the writer does not wait for it, and
// readers are served the old value until the new one is there.

#include <kennel/kennel.hpp>

#include "expect.hpp"

#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

/// Stands for a table of a database.
class Articles {
public:
    std::string title(int id) const {
        const std::lock_guard lock(mutex_);
        return titles_.at(id);
    }
    void write(const std::map<int, std::string>& titles) {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, title] : titles) titles_[id] = title;
    }

private:
    mutable std::mutex mutex_;
    std::map<int, std::string> titles_;
};

// [session]
/// A transaction on the articles; what is to be refreshed is refreshed when it has been committed, and only then.
class Session {
public:
    explicit Session(Articles& articles) : articles_(articles) {}

    void rename(int id, std::string title) { changes_[id] = std::move(title); }
    void after_commit(std::function<void()> action) { actions_.push_back(std::move(action)); }

    /// Returns the thread on which the actions run; join it, or keep it with others.
    [[nodiscard]] std::jthread commit() {
        articles_.write(std::exchange(changes_, {}));
        return std::jthread([actions = std::exchange(actions_, {})] {
            for (const auto& action : actions) action();
        });
    }

private:
    Articles& articles_;
    std::map<int, std::string> changes_;
    std::vector<std::function<void()>> actions_;
};
// [/session]

int main() {
    Articles articles;
    articles.write({{1, "Draft"}});

    kennel::CacheRegion region;
    region.configure("memory", {.expiration_time = 1h});
    const auto title_of = region.cache_on_arguments(
        "title_of", [&articles](int id) { return articles.title(id); });
    std::cout << "before: " << title_of(1) << '\n';

    // [commit]
    Session session(articles);
    session.rename(1, "Final version");
    session.after_commit(
        [title_of] { title_of.refresh(1); }); // a wrapped function is a handle: copy it
    expect(title_of(1) == "Draft", "what is not committed yet is not seen");
    std::jthread refreshing = session.commit();
    // [/commit]

    refreshing.join();
    std::cout << "after: " << title_of.get(1).value() << '\n';
    expect(title_of.get(1) == "Final version",
           "the new value is in the cache before anybody asks for it");
}

// needs: memcached
#include "kennel/backends/memcached/legal_key.hpp"

#include "backends/memcached/memcached_backend.hpp"
#include "kennel/testing/backend_contract/key_checks.hpp"
#include "support/catch.hpp"
#include "support/memcached_server.hpp"
#include "support/messages.hpp"

#include <cstddef>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using kennel::detail::lock_key_of;
using kennel::testing_support::mentions;
using kennel::testing_support::message_of;
using test::memcached_backend;
using test::put;
using test::text_of;

std::string legal(std::string_view key) { return std::string(kennel::detail::LegalKey(key).text()); }

} // namespace

TEST_CASE("a legal key of up to 245 bytes is used as it is", "[memcached]") {
    std::string all;
    for (char byte = '!'; byte != '\x7f'; ++byte) all += byte;
    for (const std::string& key :
         {"a"s, "user:1"s, "a%20b"s, "%"s, "%e"s, "%h"s, "%E:x"s, all, std::string(245, 'k')}) {
        CAPTURE(key);
        CHECK(legal(key) == key);
    }
}

TEST_CASE("any other key is escaped, or when that is too long, replaced by a digest", "[memcached]") {
    CHECK(legal("") == "%e:");
    CHECK(legal(" ") == "%e:%20");
    CHECK(legal("a b%c") == "%e:a%20b%25c");
    CHECK(legal("\0\r\n\x7f\xff"s) == "%e:%00%0d%0a%7f%ff");
    CHECK(legal("gr\xc3\xbc\xc3\x9f") == "%e:gr%c3%bc%c3%9f");
    CHECK(legal("%e:") == "%e:%25e:");
    CHECK(legal("%h:x") == "%e:%25h:x");
    CHECK(legal(std::string(239, 'k') + ' ') == "%e:" + std::string(239, 'k') + "%20");
    CHECK(legal(std::string(246, 'k')) ==
          "%h:"s + "461c05b4a2e4b21009f5fcce6413333b72dffac6" + "e785b6098d542bfbd5e5686f885df41d137dfb98" + ":246");
    CHECK(legal(std::string(240, 'k') + ' ').starts_with("%h:"));
    CHECK(legal(std::string(240, 'k') + ' ').size() == 87);
}

TEST_CASE("the legal form of any key is legal, and no two keys have the same", "[memcached][fault-23]") {
    std::vector<std::string> keys = kennel::detail::difficult_keys();
    std::mt19937 random(1);
    for (int count = 0; count != 20'000; ++count) {
        std::string key;
        for (std::size_t length = random() % 300; key.size() < length;) key += static_cast<char>(random() % 256);
        keys.push_back(key);
        keys.push_back(legal(key));
    }
    const std::set<std::string> distinct(keys.begin(), keys.end());
    std::set<std::string> forms;
    for (const std::string& key : distinct) {
        const std::string form = legal(key);
        CHECK_FALSE(form.empty());
        CHECK(form.size() <= 245);
        CHECK(kennel::detail::LegalKey::is_printable(form));
        CHECK(forms.insert(form).second);
    }
}

TEST_CASE("the key of a lock is the prefix and the legal key, and never too long", "[memcached]") {
    CHECK(lock_key_of("_lock", "gk1") == "_lockgk1");
    CHECK(lock_key_of("_lock", "a b") == "_lock%e:a%20b");
    CHECK(lock_key_of("_lock", std::string(245, 'k')).size() == 250);
    const std::string prefix(100, 'p');
    CHECK(lock_key_of(prefix, std::string(150, 'k')) == prefix + std::string(150, 'k'));
    CHECK(lock_key_of(prefix, std::string(151, 'k')).size() < 250);
    CHECK(lock_key_of(prefix, std::string(151, 'k')) != lock_key_of(prefix, std::string(152, 'k')));
}

TEST_CASE("no key reaches another key's entry, whatever it contains", "[memcached]") {
    test::MemcachedServer& server = test::memcached_server();
    const auto backend = memcached_backend(server.url(), {{"distributed_lock", true}});
    put(*backend, "victim", "safe");
    for (const std::string& key :
         {"x\r\nset victim 0 0 4\r\npwnd"s, "x\r\ndelete victim"s, "x 0 0 1\r\ny\r\ndelete victim"s, "victim other"s,
          "victim\r"s, "victim\n"s, " victim"s, "victim\0"s, ""s, std::string(300, 'v'), std::string(1'000'000, 'v')}) {
        put(*backend, key, "own");
        CHECK(text_of(*backend, key) == "own");
        CHECK(text_of(*backend, "victim") == "safe");
        const auto mutex = backend->get_mutex(key);
        CHECK(mutex->try_acquire());
        CHECK_FALSE(backend->get_mutex("victim")->locked());
        mutex->release();
        backend->erase(key);
        CHECK_FALSE(text_of(*backend, key));
        CHECK(text_of(*backend, "victim") == "safe");
    }
    CHECK(server.command("get victim") == test::item_reply("victim", test::envelope_of("safe")) + "END\r\n");
}

TEST_CASE("nothing is stored under a key that is the lock of another", "[memcached][locks]") {
    const std::string url = test::memcached_server().url();
    const auto backend = test::memcached_backend(url, {{"distributed_lock", true}});
    const kennel::CachedValue good = test::entry_of("text");
    CHECK(mentions(message_of<kennel::BackendError>([&] { backend->set("_lockkey", good); }),
                   {"'_lockkey'", "the lock of 'key'", "key_mangler", "lock_prefix"}));
    const std::vector<kennel::BackendEntry> entries = {{"another", &good}, {"_lockkey", &good}};
    CHECK_THROWS_AS(backend->set_multi(entries), kennel::BackendError);
    CHECK_FALSE(text_of(*backend, "_lockkey"));
    CHECK_FALSE(text_of(*backend, "another"));
    const auto without_locks = test::memcached_backend(url);
    put(*without_locks, "_lockkey", "text");
    CHECK(text_of(*without_locks, "_lockkey") == "text");
}

#include "kennel/testing/backend_contract.hpp"

#include "kennel/backends/memory_bytes.hpp"
#include "kennel/backends/null.hpp"
#include "kennel/proxy_backend.hpp"
#include "support/backends.hpp"
#include "support/catch.hpp"
#include "support/file_locks.hpp"
#include "support/locking_proxy.hpp"
#include "support/proxied_contract.hpp"

#include <memory>

namespace {

using kennel::backend_contract;
using kennel::MakeBackend;
using kennel::testing_support::new_backend;
using kennel::testing_support::run_behind_proxies;
using kennel::testing_support::run_contract;

std::shared_ptr<kennel::CacheBackend> null() { return std::make_shared<kennel::NullBackend>(); }

} // namespace

TEST_CASE("the memory backend keeps the contract of backends",
          "[backend_contract][dogpile-1][dogpile-2][dogpile-3][dogpile-4][dogpile-8][dogpile-9][dogpile-13][dogpile-15]"
          "[dogpile-20][dogpile-84]") {
    run_behind_proxies(backend_contract, [] { return new_backend(); });
}

TEST_CASE("the memory backend with a limit keeps the contract of backends", "[backend_contract]") {
    run_contract(backend_contract([] { return new_backend({{"max_entries", 100}, {"time_to_live", "1h"}}); }));
}

TEST_CASE("a backend with locks of any kind keeps the contract of backends", "[backend_contract][dogpile-165]") {
    const auto locking = [](const test::LockSource& locks) -> MakeBackend {
        return [locks] {
            return kennel::testing_support::wrapped(std::make_shared<test::LockingProxy>(locks), new_backend());
        };
    };
    SECTION("locks in the process") {
        const auto locks = std::make_shared<test::Locks>(kennel::SystemClock::shared());
        run_behind_proxies(backend_contract, locking(test::source_of(locks)));
    }
    SECTION("locks in files") {
        run_behind_proxies(backend_contract, locking(test::source_of(std::make_shared<test::FileLocks>())));
    }
}

TEST_CASE("the memory backend for bytes keeps the contract of backends",
          "[backend_contract][dogpile-1][dogpile-2][dogpile-3][dogpile-4][dogpile-8][dogpile-9][dogpile-13][dogpile-15]"
          "[dogpile-20][dogpile-84]") {
    run_behind_proxies(backend_contract, [] { return new_backend<kennel::MemoryBytesBackend>(); });
}

TEST_CASE("the null backend keeps the contract of backends that forget everything",
          "[backend_contract][dogpile-168][dogpile-169][dogpile-170][dogpile-171][dogpile-172][dogpile-173]") {
    run_behind_proxies(kennel::forgetful_backend_contract, null);
}

// A value that a shared library has stored is found by the program, and the other way round, although the library's symbols
// are hidden and so every address that could tell a type is another one there.

#include "entry.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

const std::string first_owner = "Ada, with a name that has memory of its own";
const std::string second_owner = "Grace";
kennel::CacheRegion<> region{{.name = "accounts"}};

void require(bool condition, const char* what) {
    if (condition) return;
    std::puts(what);
    std::exit(1);
}

/// Replaces the first account so often that all values which nobody looks at any more are freed.
void replace_first_account() {
    std::thread([] {
        for (int round = 0; round != 1'000; ++round) region.set("account:7", Account{7, second_owner});
    }).join();
}

} // namespace

int main() {
    const Account account{7, first_owner};
    region.configure("memory");
    store_account(region, account);
    require(region.get<Account>("account:7") == account, "the value that the shared library stored is not found");

    region.set("account:8", Account{8, second_owner});
    auto owners = owners_in(region);
    require(owners.size() == 2, "the shared library does not iterate over the program's memory backend");
    for (const auto& [key, owner] : owners)
        require(owner == (key == "account:7" ? first_owner : second_owner), "the shared library reads another value");

    require(owner_beside(region, "account:7", &replace_first_account) == first_owner,
            "a value was freed while the shared library looked at it");
    require(region.get<Account>("account:7")->owner == second_owner, "the value was not replaced");
}

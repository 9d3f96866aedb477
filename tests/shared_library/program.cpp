// A value that a shared library has stored is found by the program, although the library's symbols are hidden and so every
// address that could tell a type is another one there.

#include "entry.hpp"

#include <cstdio>

int main() {
    const Account account{7, "Ada"};
    kennel::CacheRegion region{{.name = "accounts"}};
    region.configure("memory");
    store_account(region, account);
    if (region.get<Account>("account:7") == account) return 0;
    std::puts("the value that the shared library stored is not found");
    return 1;
}

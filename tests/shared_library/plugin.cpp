#include "entry.hpp"

void store_account(const kennel::CacheRegion<>& region, const Account& account) {
    region.set("account:" + std::to_string(account.id), account);
}

#include "entry.hpp"

void store_account(const kennel::CacheRegion<>& region, const Account& account) {
    region.set("account:" + std::to_string(account.id), account);
}

std::vector<std::pair<std::string, std::string>> owners_in(const kennel::CacheRegion<>& region) {
    std::vector<std::pair<std::string, std::string>> owners;
    const auto memory = std::dynamic_pointer_cast<kennel::MemoryBackend>(region.actual_backend());
    if (memory == nullptr) return owners;
    memory->for_each([&](std::string_view key, const kennel::CachedValue& value) {
        const auto* const account = value.payload.get_if<Account>();
        owners.emplace_back(key, account != nullptr ? account->owner : "not an account");
    });
    return owners;
}

std::string owner_beside(const kennel::CacheRegion<>& region, const std::string& key, void (*use)()) {
    std::string owner;
    const auto memory = std::dynamic_pointer_cast<kennel::MemoryBackend>(region.actual_backend());
    if (memory == nullptr) return "no memory backend";
    memory->visit(key, [&](const kennel::CachedValue& value) {
        use();
        const auto* const account = value.payload.get_if<Account>();
        owner = account != nullptr ? account->owner : "not an account";
    });
    return owner;
}

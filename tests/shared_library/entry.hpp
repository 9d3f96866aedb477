#pragma once

#include <kennel/kennel.hpp>

#include <string>
#include <utility>
#include <vector>

/// A type that the program and its plugin both know, and that neither exports.
struct Account {
    int id;
    std::string owner;

    bool operator==(const Account&) const = default;
};

#define EXPORTED __attribute__((visibility("default")))

/// Stores an account from within the plugin.
EXPORTED void store_account(const kennel::CacheRegion<>& region, const Account& account);

/// What the plugin comes upon in a region's memory: keys and owners, or nothing when it sees no `MemoryBackend` there.
EXPORTED std::vector<std::pair<std::string, std::string>> owners_in(const kennel::CacheRegion<>& region);

/// Calls `use` from within a reader of the plugin's, who looks at an account meanwhile, and says whose it was afterwards.
EXPORTED std::string owner_beside(const kennel::CacheRegion<>& region, const std::string& key, void (*use)());

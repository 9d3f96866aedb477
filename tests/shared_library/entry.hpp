#pragma once

#include <kennel/kennel.hpp>

#include <string>

/// A type that the program and its plugin both know, and that neither exports.
struct Account {
    int id;
    std::string owner;

    bool operator==(const Account&) const = default;
};

/// Stores an account from within the plugin.
__attribute__((visibility("default"))) void store_account(const kennel::CacheRegion<>& region, const Account& account);

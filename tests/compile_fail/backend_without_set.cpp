// expect: a backend implements get, set and erase of kennel::CacheBackend
#include "kennel/kennel.hpp"

struct ReadOnlyBackend : kennel::CacheBackend {
    std::optional<kennel::CachedValue> get(std::string_view) override { return std::nullopt; }
    void erase(std::string_view) override {}
};

int main() { kennel::register_backend<ReadOnlyBackend>("read_only"); }

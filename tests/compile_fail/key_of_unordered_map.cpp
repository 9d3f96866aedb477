// expect: this parameter has no value of its own that could be part of a cache key
#include "kennel/key_encoder.hpp"

#include <string>
#include <unordered_map>

int main() { kennel::require_key_argument<const std::unordered_map<std::string, int>&>(); }

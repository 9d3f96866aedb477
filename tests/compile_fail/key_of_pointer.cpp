// expect: this parameter has no value of its own that could be part of a cache key
#include "kennel/key_encoder.hpp"

struct User {};

int main() { kennel::require_key_argument<const User*>(); }

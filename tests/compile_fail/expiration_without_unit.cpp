// expect: a length of time needs a unit
#include "kennel/kennel.hpp"

int main() { kennel::ConfigureOptions options{.expiration_time = 300}; }

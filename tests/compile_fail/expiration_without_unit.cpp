// expect: from 'int' to
#include "kennel/kennel.hpp"

int main() {
    kennel::ConfigureOptions options{.expiration_time = 300};
}

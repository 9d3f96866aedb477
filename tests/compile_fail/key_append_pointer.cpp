// expect: specialise kennel::KeyEncoder for it, pass a key function, or take the object out of the parameters
#include "kennel/key_encoder.hpp"

#include <string>

int main() {
    const int number = 5;
    std::string key;
    kennel::append_key_argument(key, &number);
}

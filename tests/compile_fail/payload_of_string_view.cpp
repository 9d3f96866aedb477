// expect: keeps a container that owns its bytes
#include "kennel/payload.hpp"

#include <string>
#include <string_view>

int main() {
    const std::string text = "text";
    static_cast<void>(kennel::Payload::bytes_in(std::string_view(text)));
}

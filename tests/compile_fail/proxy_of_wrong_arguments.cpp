// expect: the proxy cannot be made from copies of these arguments
#include "kennel/kennel.hpp"

struct NamedProxy : kennel::ProxyBackend {
    explicit NamedProxy(std::string given) : name(std::move(given)) {}
    std::string name;
};

int main() { const kennel::ConfigureOptions options{.wrap = {kennel::WrappedProxy::of<NamedProxy>(5)}}; }

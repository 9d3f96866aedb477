#include "trace.hpp"

#include "input_error.hpp"

#include <limits>
#include <utility>

namespace bench {

namespace {

/// A name that needs no quoting anywhere but for quotation marks, brackets and the like.
std::string legible(std::string name) {
    for (char& character : name)
        if (character < ' ' || character > '~') character = '?';
    return name;
}

} // namespace

void TraceBuilder::add(std::string_view key) {
    if (trace_.requests.size() >= std::numeric_limits<std::uint32_t>::max() - 1)
        throw InputError(source_ + ": there are more than four thousand million requests; take fewer by --first N");
    const auto known = numbers_.find(key);
    if (known != numbers_.end()) {
        trace_.requests.push_back(*known);
        return;
    }
    const auto number = static_cast<std::uint32_t>(trace_.keys.size());
    trace_.keys.push_back(key);
    numbers_.insert(number);
    trace_.requests.push_back(number);
}

Trace TraceBuilder::take(std::string name, std::string form) {
    if (trace_.requests.empty()) throw InputError(source_ + ": there is not one key in it");
    numbers_.clear();
    trace_.name = legible(std::move(name));
    trace_.form = std::move(form);
    trace_.requests.shrink_to_fit();
    return std::move(trace_);
}

} // namespace bench

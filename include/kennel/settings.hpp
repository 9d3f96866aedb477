#ifndef KENNEL_SETTINGS_HPP
#define KENNEL_SETTINGS_HPP

#include "kennel/argument_value.hpp"

#include <functional>
#include <map>
#include <string>

KENNEL_NAMESPACE_BEGIN

/// The settings of a program by dotted name, such as `cache.users.expiration_time`.
using Settings = std::map<std::string, ArgumentValue, std::less<>>;

KENNEL_NAMESPACE_END

#endif

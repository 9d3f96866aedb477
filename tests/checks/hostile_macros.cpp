// Compiles the core after the macros that other libraries' headers are known to define: Qt, X11, Windows, glibc, macOS.
// The standard library comes first, because it is not ours to protect.

#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <compare>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <initializer_list>
#include <iostream>
#include <iterator>
#include <latch>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <ranges>
#include <regex>
#include <set>
#include <shared_mutex>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#define min(a, b) a macro named min
#define max(a, b) a macro named max
#define signals a macro named signals
#define slots a macro named slots
#define emit a macro named emit
#define foreach a macro named foreach
#define forever a macro named forever
#define None a macro named None
#define Bool a macro named Bool
#define Status a macro named Status
#define Success a macro named Success
#define Always a macro named Always
#define Complex a macro named Complex
#define True a macro named True
#define False a macro named False
#define ERROR a macro named ERROR
#define DELETE a macro named DELETE
#define IN a macro named IN
#define OUT a macro named OUT
#define OPTIONAL a macro named OPTIONAL
#define VOID a macro named VOID
#define CONST a macro named CONST
#define STRICT a macro named STRICT
#define NO_ERROR a macro named NO_ERROR
#define small a macro named small
#define near a macro named near
#define far a macro named far
#define interface a macro named interface
#define GetObject a macro named GetObject
#define SendMessage a macro named SendMessage
#define major(device) a macro named major
#define minor(device) a macro named minor
#define makedev(major, minor) a macro named makedev
#undef unix
#define unix a macro named unix
#undef linux
#define linux a macro named linux
#define I a macro named I
#define check(condition) a macro named check
#define verify(condition) a macro named verify
#define require(condition) a macro named require
#define nil a macro named nil
#define YES a macro named YES
#define NO a macro named NO
#define LOG a macro named LOG
#define DEBUG a macro named DEBUG
#define TRACE a macro named TRACE

#include "core_headers.hpp"

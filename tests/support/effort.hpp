#ifndef KENNEL_TESTS_SUPPORT_EFFORT_HPP
#define KENNEL_TESTS_SUPPORT_EFFORT_HPP

#include <cstddef>

/// How often, and with how many threads, the longest tests try: as is promised, or what a sanitizer does in some seconds.
namespace test {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t many_threads = 500; ///< threads that ask at the same time
inline constexpr int kills = 60;                 ///< processes that are killed at a moment by chance
inline constexpr int storm_rounds = 60;          ///< keys that several processes ask for at once
#else
inline constexpr std::size_t many_threads = 10'000;
inline constexpr int kills = 1000;
inline constexpr int storm_rounds = 300;
#endif

/// Threads that go on while processes are forked. The allocator of AddressSanitizer does not survive a fork while
/// another thread is in it.
#ifdef __SANITIZE_ADDRESS__
inline constexpr int threads_beside_forks = 0;
#else
inline constexpr int threads_beside_forks = 4;
#endif

} // namespace test

#endif

#define CATCH_CONFIG_MAIN
#include "support/catch.hpp"

#ifdef __SANITIZE_THREAD__
/// The children that tests fork start threads of their own.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

# Finds libmemcached, a client of Memcached, and defines libmemcached::libmemcached. The header is
# <libmemcached/memcached.h>.
include(FindPackageHandleStandardArgs)

find_path(libmemcached_INCLUDE_DIR libmemcached/memcached.h)
find_library(libmemcached_LIBRARY NAMES memcached)
mark_as_advanced(libmemcached_INCLUDE_DIR libmemcached_LIBRARY)
find_package_handle_standard_args(libmemcached REQUIRED_VARS libmemcached_LIBRARY libmemcached_INCLUDE_DIR)

if(libmemcached_FOUND AND NOT TARGET libmemcached::libmemcached)
    add_library(libmemcached::libmemcached UNKNOWN IMPORTED)
    set_target_properties(
        libmemcached::libmemcached
        PROPERTIES IMPORTED_LOCATION "${libmemcached_LIBRARY}"
                   INTERFACE_INCLUDE_DIRECTORIES "${libmemcached_INCLUDE_DIR}")
endif()

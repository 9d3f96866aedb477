# Finds hiredis, the client of Redis, and defines hiredis::hiredis. Releases from 1.0 bring a package of their own, which
# is used when it is found; for older ones the header and the library are looked for. The header is <hiredis/hiredis.h>
# in both cases.
include(FindPackageHandleStandardArgs)

if(NOT TARGET hiredis::hiredis)
    find_package(hiredis CONFIG QUIET)
endif()
if(TARGET hiredis::hiredis)
    set(hiredis_way "package")
    find_package_handle_standard_args(hiredis REQUIRED_VARS hiredis_way)
    return()
endif()

find_path(hiredis_INCLUDE_DIR hiredis/hiredis.h)
find_library(hiredis_LIBRARY NAMES hiredis)
mark_as_advanced(hiredis_INCLUDE_DIR hiredis_LIBRARY)
find_package_handle_standard_args(hiredis REQUIRED_VARS hiredis_LIBRARY hiredis_INCLUDE_DIR)

if(hiredis_FOUND)
    add_library(hiredis::hiredis UNKNOWN IMPORTED)
    set_target_properties(
        hiredis::hiredis
        PROPERTIES IMPORTED_LOCATION "${hiredis_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${hiredis_INCLUDE_DIR}")
endif()

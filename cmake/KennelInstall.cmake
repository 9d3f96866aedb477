include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(kennel_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/kennel")

function(kennel_install_target target export_file)
    install(TARGETS ${target} EXPORT ${export_file} FILE_SET HEADERS)
    install(EXPORT ${export_file} NAMESPACE kennel:: FILE ${export_file}.cmake DESTINATION "${kennel_package_dir}")
endfunction()

# One export file per component: a client library that is absent at the user's end breaks only what needs it.
kennel_install_target(kennel kennel-core)
get_property(kennel_available GLOBAL PROPERTY KENNEL_AVAILABLE_COMPONENTS)
foreach(component IN LISTS kennel_available)
    kennel_install_target(kennel_${component} kennel-component-${component})
endforeach()

get_property(kennel_known_components GLOBAL PROPERTY KENNEL_COMPONENTS)
set(kennel_packages_of_components "")
foreach(component IN LISTS kennel_known_components)
    get_property(packages GLOBAL PROPERTY KENNEL_PACKAGES_${component})
    string(APPEND kennel_packages_of_components "set(_kennel_packages_${component} \"${packages}\")\n")
endforeach()

configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/kennelConfig.cmake.in" kennelConfig.cmake
    INSTALL_DESTINATION "${kennel_package_dir}"
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
    kennelConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
file(GLOB kennel_find_modules CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/Find*.cmake")
install(
    FILES "${CMAKE_CURRENT_BINARY_DIR}/kennelConfig.cmake"
          "${CMAKE_CURRENT_BINARY_DIR}/kennelConfigVersion.cmake" ${kennel_find_modules}
    DESTINATION "${kennel_package_dir}")

set(kennel_pkgconfig_dir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH kennel_prefix_from_pc "${kennel_pkgconfig_dir}" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" kennel_prefix_from_pc "${kennel_prefix_from_pc}")
file(RELATIVE_PATH kennel_include_from_prefix "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/kennel.pc.in" kennel.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/kennel.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

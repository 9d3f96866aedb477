# Installs Kennel, moves the installation, and uses it by find_package and by pkg-config.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

set(prefix "${WORK_DIR}/moved")
run("${CMAKE_COMMAND}" --install "${KENNEL_BINARY_DIR}" --prefix "${WORK_DIR}/installed")
file(RENAME "${WORK_DIR}/installed" "${prefix}")
set(find "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF")

string(REGEX MATCH "^([0-9]+)\\.([0-9]+)" minor_version "${KENNEL_VERSION}")
math(EXPR next_minor "${CMAKE_MATCH_2} + 1")
math(EXPR next_major "${CMAKE_MATCH_1} + 1")

consumer_works(core ${find} "-DCONSUMER_VERSION=${minor_version}")
consumer_is_refused(next_minor "compatible" ${find} "-DCONSUMER_VERSION=${CMAKE_MATCH_1}.${next_minor}")
consumer_is_refused(next_major "compatible" ${find} "-DCONSUMER_VERSION=${next_major}.0")
consumer_is_refused(unknown "there is no component 'nonsense'" ${find} "-DCONSUMER_COMPONENTS=nonsense")

consumer_works(core_without_clients ${find} ${without_clients})
foreach(component IN LISTS components_with_clients)
    set(package ${client_of_${component}})
    consumer_works(${component} ${find} "-DCONSUMER_COMPONENTS=${component}")
    consumer_is_refused(
        ${component}_without_client "the component '${component}' needs ${package}" ${find}
        "-DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON" "-DCONSUMER_COMPONENTS=${component}")
endforeach()

find_program(pkg_config pkg-config)
if(pkg_config)
    file(GLOB_RECURSE pc_file "${prefix}/*/kennel.pc")
    get_filename_component(pc_dir "${pc_file}" DIRECTORY)
    set(ENV{PKG_CONFIG_PATH} "${pc_dir}")
    execute_process(
        COMMAND "${pkg_config}" --cflags --libs kennel
        OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run("${COMPILER}" -std=c++20 "${consumer_dir}/main.cpp" -o "${WORK_DIR}/by_pkg_config" ${flags})
    run("${WORK_DIR}/by_pkg_config")
endif()

# Configures Kennel without a library, and expects the line that says which component is missing for it, and why.
cmake_minimum_required(VERSION 3.24)
file(REMOVE_RECURSE "${WORK_DIR}")

execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${SOURCE_DIR}" -B "${WORK_DIR}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
            -DKENNEL_BUILD_TESTS=OFF -DKENNEL_BUILD_EXAMPLES=OFF -DCMAKE_DISABLE_FIND_PACKAGE_hiredis=ON
    RESULT_VARIABLE status
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${output}")
endif()
foreach(line IN ITEMS "with the components: [^\n]*testing\n" "without the component redis: hiredis not found\n")
    if(NOT output MATCHES "-- Kennel [^\n]*${line}")
        message(FATAL_ERROR "not said: ${line}\n${output}")
    endif()
endforeach()

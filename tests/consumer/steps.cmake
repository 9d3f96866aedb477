# Steps for the scripts beside this file: they build and run the consumer project in directories below WORK_DIR.
cmake_minimum_required(VERSION 3.24)

set(consumer_dir "${CMAKE_CURRENT_LIST_DIR}")
file(REMOVE_RECURSE "${WORK_DIR}")

# The components that the consumer uses, as far as they are there, and the package that each needs.
string(REPLACE "," ";" KENNEL_COMPONENTS "${KENNEL_COMPONENTS}")
set(client_of_json nlohmann_json)
set(client_of_redis hiredis)
set(client_of_redis_tls OpenSSL)
set(client_of_memcached libmemcached)
set(components_with_clients "")
set(without_clients "")
foreach(component IN ITEMS json redis redis_tls memcached)
    if(component IN_LIST KENNEL_COMPONENTS)
        list(APPEND components_with_clients ${component})
        list(APPEND without_clients "-DCMAKE_DISABLE_FIND_PACKAGE_${client_of_${component}}=ON")
    endif()
endforeach()

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
endfunction()

function(configure_consumer name status_result output_result)
    set(command
        "${CMAKE_COMMAND}" -S "${consumer_dir}" -B "${WORK_DIR}/${name}" -G "${GENERATOR}"
        "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Wshadow -Werror" ${ARGN})
    message(STATUS "consumer: ${name}")
    execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(${status_result} "${status}" PARENT_SCOPE)
    set(${output_result} "${output}" PARENT_SCOPE)
endfunction()

# consumer_works(<name> [<settings>]): it configures, builds and runs.
function(consumer_works name)
    configure_consumer(${name} status output ${ARGN})
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${output}")
    endif()
    run("${CMAKE_COMMAND}" --build "${WORK_DIR}/${name}")
    run("${WORK_DIR}/${name}/consumer")
endfunction()

# consumer_is_refused(<name> <text> [<settings>]): it does not configure, and the reason contains the text.
function(consumer_is_refused name text)
    configure_consumer(${name} status output ${ARGN})
    if(status EQUAL 0)
        message(FATAL_ERROR "the consumer '${name}' configures")
    endif()
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    string(FIND "${output}" "${text}" position)
    if(position EQUAL -1)
        message(FATAL_ERROR "not said: ${text}\n${output}")
    endif()
endfunction()

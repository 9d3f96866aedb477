# Passes when COMPILER rejects FILE with exactly one error, which contains the sentence behind `// expect: ` in its first line.
cmake_minimum_required(VERSION 3.24)

file(STRINGS "${FILE}" first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// expect: (.+)$")
    message(FATAL_ERROR "the first line of ${FILE} must be `// expect: <a sentence of the error>`")
endif()
set(sentence "${CMAKE_MATCH_1}")

list(TRANSFORM INCLUDE_DIRS PREPEND -I)
execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${COMPILER}" -std=c++20 -fsyntax-only ${INCLUDE_DIRS} "${FILE}"
    RESULT_VARIABLE status
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
if(status EQUAL 0)
    message(FATAL_ERROR "${FILE} compiles")
endif()

string(FIND "${output}" "${sentence}" position)
if(position EQUAL -1)
    message(FATAL_ERROR "the compiler does not say: ${sentence}\n${output}")
endif()
string(REPLACE ";" "," lines "${output}")
string(REGEX MATCHALL "[^\n]*: (fatal )?error: [^\n]*" errors "${lines}")
list(LENGTH errors count)
if(NOT count EQUAL 1)
    message(FATAL_ERROR "${count} errors instead of one:\n${output}")
endif()

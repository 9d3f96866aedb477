# Compiles several test files as one: without optimisation a compiler writes every inline function that is used into
# every object file, and the library consists of inline functions.
set(KENNEL_TEST_BATCH 8 CACHE STRING "How many test files are compiled as one; with 1 an edited file is built soonest")

# kennel_write_batch(<source> <files>): each file is in a namespace of its own, where its names meet no others, and all
# that the files include comes before.
function(kennel_write_batch source)
    set(includes "")
    set(parts "")
    foreach(file IN LISTS ARGN)
        file(STRINGS "${file}" lines REGEX "^#include ")
        list(APPEND includes ${lines})
        list(LENGTH parts number)
        list(APPEND parts "namespace file_${number} {\n#include \"${file}\"\n}")
    endforeach()
    list(REMOVE_DUPLICATES includes)
    list(JOIN includes "\n" includes)
    list(JOIN parts "\n" parts)
    file(CONFIGURE OUTPUT "${source}" CONTENT "${includes}\n\n${parts}\n" @ONLY)
endfunction()

# kennel_batch(<result> <name> <files>): the sources to compile instead of the files. A file that specialises a template,
# defines a macro, has a namespace with a name or is a batch itself stays alone.
function(kennel_batch result name)
    if(KENNEL_TEST_BATCH GREATER 1)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN}) # they are read here
    endif()
    set(sources "")
    set(others "")
    foreach(file IN LISTS ARGN)
        file(STRINGS "${file}" global LIMIT_COUNT 1 REGEX "^(template <>|#define |namespace [a-z]|#include .*test\\.cpp)")
        if(global OR NOT KENNEL_TEST_BATCH GREATER 1)
            list(APPEND sources "${file}")
        else()
            list(APPEND others "${file}")
        endif()
    endforeach()
    set(number 0)
    while(others)
        list(SUBLIST others 0 ${KENNEL_TEST_BATCH} files)
        list(REMOVE_ITEM others ${files})
        set(source "${CMAKE_CURRENT_BINARY_DIR}/batches/${name}_${number}.cpp")
        kennel_write_batch("${source}" ${files})
        list(APPEND sources "${source}")
        math(EXPR number "${number} + 1")
    endwhile()
    set(${result} ${sources} PARENT_SCOPE)
endfunction()

# Uses Kennel by add_subdirectory.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

consumer_works(core "-DCONSUMER_ADDS=${KENNEL_SOURCE_DIR}")
if("json" IN_LIST KENNEL_COMPONENTS)
    consumer_works(json "-DCONSUMER_ADDS=${KENNEL_SOURCE_DIR}" "-DCONSUMER_COMPONENTS=json")
endif()

# Uses Kennel by add_subdirectory.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

consumer_works(core "-DCONSUMER_ADDS=${KENNEL_SOURCE_DIR}")
foreach(component IN LISTS components_with_clients)
    consumer_works(${component} "-DCONSUMER_ADDS=${KENNEL_SOURCE_DIR}" "-DCONSUMER_COMPONENTS=${component}")
endforeach()

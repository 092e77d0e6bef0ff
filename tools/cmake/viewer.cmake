# The page of `attnx view`: files of src/view/picture/viewer become constants of the library, so that a page needs no other file.
set(attnx_viewer "${PROJECT_SOURCE_DIR}/src/view/picture/viewer")
file(GLOB attnx_viewer_files CONFIGURE_DEPENDS "${attnx_viewer}/*" "${attnx_viewer}/panels/*.js" "${attnx_viewer}/asked/*.js")
set(attnx_viewer_cpp "${PROJECT_BINARY_DIR}/generated/viewer_parts.cpp")
add_custom_command(OUTPUT "${attnx_viewer_cpp}"
  COMMAND ${CMAKE_COMMAND} "-DFOLDER=${attnx_viewer}" "-DOUTPUT=${attnx_viewer_cpp}"
          "-DHEADER=${PROJECT_SOURCE_DIR}/src/view/picture/viewer_parts.h" -P "${CMAKE_CURRENT_LIST_DIR}/embed_viewer.cmake"
  DEPENDS ${attnx_viewer_files} "${CMAKE_CURRENT_LIST_DIR}/embed_viewer.cmake" VERBATIM)
target_sources(attnx PRIVATE "${attnx_viewer_cpp}")

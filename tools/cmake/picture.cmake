# attnx-picture, which makes PNG and PDF of the SVG that attnx draws: a program of its own, where librsvg is there, so
# that attnx neither links nor loads it (docs/dependencies.md).
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(ATTNX_RSVG QUIET IMPORTED_TARGET librsvg-2.0>=2.52 cairo-pdf cairo-png)
endif()
if(ATTNX_RSVG_FOUND)
  add_executable(attnx_picture libexec/attnx_picture.cpp)
  set_target_properties(attnx_picture PROPERTIES OUTPUT_NAME attnx-picture RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  # Never with sanitizers: what fontconfig and Pango keep until the end counts as a leak.
  target_compile_options(attnx_picture PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${ATTNX_WERROR}>:-Werror>)
  target_link_options(attnx_picture PRIVATE $<$<PLATFORM_ID:Linux>:-Wl,-z,now>)
  target_link_libraries(attnx_picture PRIVATE PkgConfig::ATTNX_RSVG)
  install(TARGETS attnx_picture RUNTIME DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/attnx" COMPONENT picture)
else()
  message(STATUS "librsvg is not there: pictures are SVG only (for PNG and PDF: librsvg2-dev, pkg-config)")
endif()

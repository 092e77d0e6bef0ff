# What is handed out, all of one static build: Debian packages, a tarball that runs wherever it is unpacked, and of its
# files a Python wheel. `cmake --build --preset release --target attnx_packages` makes them in packages/.
set(ATTNX_MAINTAINER "attnx authors <maintainers@attnx.example>" CACHE STRING "Who answers for the packages: Name <address>")

set(CPACK_PACKAGE_NAME "${PROJECT_NAME}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${ATTNX_MAINTAINER}")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_GENERATOR "TXZ;DEB")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS  # whatever the umask
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_CURRENT_LIST_DIR}/cpack_config.cmake")

# The tarball: program and shared. Its name is what it runs on: any Linux of this processor.
string(TOLOWER "${PROJECT_NAME}-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}" attnx_tarball)
set(CPACK_PACKAGE_FILE_NAME "${attnx_tarball}")
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)

# Debian: one package for each group of components; what policy wants elsewhere, or more of, is in `…-debian`,
# which cpack installs after what it is named for.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(attnx_debian_x86_64 amd64)
set(attnx_debian_aarch64 arm64)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "${attnx_debian_${CMAKE_SYSTEM_PROCESSOR}}")  # none: as this machine's dpkg says
set(CPACK_DEBIAN_PACKAGE_SOURCE attnx)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # of attnx-picture; a static program has none
string(REGEX REPLACE "^The " "" attnx_synopsis "${PROJECT_DESCRIPTION}")
set(attnx_exactly "attnx (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

set(CPACK_DEBIAN_MAIN_PACKAGE_NAME attnx)
set(CPACK_DEBIAN_MAIN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_MAIN_PACKAGE_RECOMMENDS "curl, ca-certificates")  # for models on servers
set(CPACK_DEBIAN_MAIN_PACKAGE_SUGGESTS "attnx-picture")
set(CPACK_DEBIAN_MAIN_DESCRIPTION "${attnx_synopsis}
attnx shows the attention of language models from their GGUF files alone: its
geometry layer by layer, what the KV cache costs in llama.cpp to the byte, what
attention weights look like head by head, and the attention that a model pays
to a prompt, as tables, JSON, pictures and pages to explore.

It needs no GPU, no server and no other package.")

set(CPACK_DEBIAN_PICTURE_PACKAGE_NAME attnx-picture)
set(CPACK_DEBIAN_PICTURE_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PICTURE_PACKAGE_DEPENDS "${attnx_exactly}")
set(CPACK_DEBIAN_PICTURE_DESCRIPTION "${attnx_synopsis} (PNG and PDF)
With this package the pictures that attnx draws can be written as PNG and PDF,
not only as SVG. It is apart because it brings librsvg and what that needs.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libattnx-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libpcre2-dev, libutf8proc-dev, ${attnx_exactly}")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "${attnx_synopsis} (C++ library)
Headers, static library and CMake package of attnx, for C++ programs that read
GGUF files and run models to look at their attention: find_package(attnx).")

# Written when a package is: man page and changelogs as policy wants them, licences of what is linked in.
file(STRINGS "${PROJECT_SOURCE_DIR}/tools/packages.txt" attnx_linked REGEX "-dev$")
list(REMOVE_ITEM attnx_linked libgtest-dev)
string(REGEX MATCH "^[0-9]+" attnx_compiler "${CMAKE_CXX_COMPILER_VERSION}")
list(APPEND attnx_linked libstdc++-${attnx_compiler}-dev libc6-dev)
function(attnx_written_by script component)
  install(CODE "
    set(ATTNX_SOURCE \"${PROJECT_SOURCE_DIR}\")
    set(ATTNX_SHARE \"${PROJECT_BINARY_DIR}/share\")
    set(ATTNX_LINKED \"${attnx_linked}\")
    set(ATTNX_VERSION \"${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}\")
    set(ATTNX_MAINTAINER \"${ATTNX_MAINTAINER}\")
    set(ATTNX_STRIP \"${CMAKE_STRIP}\")
    set(ATTNX_PACKAGE \"${ARGN}\")
    include(\"${PROJECT_SOURCE_DIR}/tools/cmake/${script}.cmake\")" COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()
attnx_written_by(notices notices)
attnx_written_by(debian_files program-debian attnx)
attnx_written_by(debian_files library-debian libattnx-dev)
if(TARGET attnx_picture)
  attnx_written_by(debian_files picture-debian attnx-picture)
endif()

include(CPack)
cpack_add_component(program GROUP main)
cpack_add_component(program-debian GROUP main)
if(TARGET attnx_picture)
  cpack_add_component(picture GROUP picture)
  cpack_add_component(picture-debian GROUP picture)
endif()
cpack_add_component(library GROUP library)
cpack_add_component(library-debian GROUP library)

find_package(Python3 COMPONENTS Interpreter QUIET)
find_program(ATTNX_SHLIBDEPS dpkg-shlibdeps)
mark_as_advanced(ATTNX_SHLIBDEPS)
if(ATTNX_STATIC AND ATTNX_STATIC_PIE_WORKS AND Python3_Interpreter_FOUND AND ATTNX_SHLIBDEPS)
  add_custom_target(attnx_packages
    COMMAND ${CMAKE_COMMAND} -E rm -rf "${CPACK_PACKAGE_DIRECTORY}"
    COMMAND sh -c "umask 022 && exec \"$0\" --config \"$1\"" ${CMAKE_CPACK_COMMAND} "${PROJECT_BINARY_DIR}/CPackConfig.cmake"
    COMMAND ${CMAKE_COMMAND} -E rm -rf "${CPACK_PACKAGE_DIRECTORY}/_CPack_Packages"
    COMMAND Python3::Interpreter -B "${PROJECT_SOURCE_DIR}/tools/make-wheel"
            "${CPACK_PACKAGE_DIRECTORY}/${attnx_tarball}.tar.xz" "${PROJECT_SOURCE_DIR}/python"
            "${CPACK_PACKAGE_DIRECTORY}"
    DEPENDS attnx_cli attnx_share attnx VERBATIM USES_TERMINAL)
  if(TARGET attnx_picture)
    add_dependencies(attnx_packages attnx_picture)
  endif()
else()
  add_custom_target(attnx_packages
    COMMAND ${CMAKE_COMMAND} -E echo "Packages are made of a static build (preset release), where python3 and dpkg-dev are installed."
    COMMAND ${CMAKE_COMMAND} -E false VERBATIM)
endif()

# cmake --install: the program, its man page and completions, and the library with its CMake package. Components are
# what packages are made of (packages.cmake): `shared` has its places in every prefix but Debian's.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Man page and completions are printed by the program itself, from the rows it parses with.
set(attnx_generated "${PROJECT_BINARY_DIR}/share")
set(attnx_generated_files "")
foreach(pair "man:attnx.1" "bash:attnx.bash" "zsh:_attnx" "fish:attnx.fish")
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 kind)
  list(GET pair 1 file)
  add_custom_command(OUTPUT "${attnx_generated}/${file}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${attnx_generated}"
    COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C.UTF-8 ${CMAKE_CROSSCOMPILING_EMULATOR} "$<TARGET_FILE:attnx_cli>" generate ${kind} > "${attnx_generated}/${file}"
    DEPENDS attnx_cli VERBATIM)
  list(APPEND attnx_generated_files "${attnx_generated}/${file}")
endforeach()
add_custom_target(attnx_share ALL DEPENDS ${attnx_generated_files})

install(TARGETS attnx_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
install(FILES "${attnx_generated}/attnx.bash" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME attnx
        COMPONENT program)
install(FILES "${attnx_generated}/attnx.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT program)
install(FILES "${attnx_generated}/attnx.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT shared)
install(FILES "${attnx_generated}/_attnx" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT shared)
foreach(document LICENSE README.md CHANGELOG.md)
  install(FILES "${PROJECT_SOURCE_DIR}/${document}" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT shared OPTIONAL)
endforeach()

set(attnx_package "${CMAKE_INSTALL_LIBDIR}/cmake/attnx")
install(TARGETS attnx EXPORT attnxTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/attnx" "${PROJECT_BINARY_DIR}/generated/attnx"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library FILES_MATCHING PATTERN "*.h")
install(EXPORT attnxTargets NAMESPACE attnx:: DESTINATION "${attnx_package}" COMPONENT library)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/attnxConfig.cmake.in" "${PROJECT_BINARY_DIR}/attnxConfig.cmake"
                              INSTALL_DESTINATION "${attnx_package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/attnxConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/attnxConfig.cmake" "${PROJECT_BINARY_DIR}/attnxConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/attnx_dependencies.cmake" DESTINATION "${attnx_package}" COMPONENT library)

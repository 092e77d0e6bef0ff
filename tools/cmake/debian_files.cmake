# What Debian's policy wants of a package beside the program: of the main one copyright, changelogs and man page, small
# ones refer to its documentation.
set(prefix "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
set(root "${prefix}/share")

# Symbols are gone; this takes what compilers leave as a remark.
foreach(file bin/attnx libexec/attnx/attnx-picture lib/libattnx.a)
  if(EXISTS "${prefix}/${file}")
    execute_process(COMMAND "${ATTNX_STRIP}" --strip-debug --remove-section=.comment --remove-section=.note "${prefix}/${file}"
                    COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()

function(write_zipped from to)
  get_filename_component(folder "${root}/${to}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  execute_process(COMMAND gzip -9nc "${from}" OUTPUT_FILE "${root}/${to}" COMMAND_ERROR_IS_FATAL ANY)
  file(CHMOD "${root}/${to}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

function(write_text to text)
  file(WRITE "${root}/${to}" "${text}")
  file(CHMOD "${root}/${to}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

function(write_documents_of_attnx)
  file(READ "${ATTNX_SOURCE}/LICENSE" licence)
  string(REGEX MATCH "Copyright \\(c\\) ([^\n]+)\n\n(.*)" found "${licence}")
  set(holders "${CMAKE_MATCH_1}")
  string(STRIP "${CMAKE_MATCH_2}" terms)
  string(REPLACE "\n\n" "\n.\n" terms "${terms}")
  string(REPLACE "\n" "\n " terms "${terms}")
  write_text(doc/attnx/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: attnx
Comment: The libraries linked into the program are under licences of their own, which
 third-party-notices.gz holds.

Files: *
Copyright: ${holders}
License: Expat

License: Expat
 ${terms}
")
  string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
  set(changelog "${root}/doc/attnx/changelog")
  file(WRITE "${changelog}" "attnx (${ATTNX_VERSION}) unstable; urgency=medium

  * Built from source with CPack; changelog.gz says what is new.

 -- ${ATTNX_MAINTAINER}  ${now}
")
  write_zipped("${changelog}" doc/attnx/changelog.Debian.gz)
  write_zipped("${ATTNX_SOURCE}/CHANGELOG.md" doc/attnx/changelog.gz)
  write_zipped("${root}/doc/attnx/THIRD-PARTY-NOTICES" doc/attnx/third-party-notices.gz)
  file(REMOVE "${changelog}" "${root}/doc/attnx/THIRD-PARTY-NOTICES")
endfunction()

if(ATTNX_PACKAGE STREQUAL "attnx")
  include("${CMAKE_CURRENT_LIST_DIR}/notices.cmake")
  write_documents_of_attnx()
  write_zipped("${ATTNX_SHARE}/attnx.1" man/man1/attnx.1.gz)
  file(COPY "${ATTNX_SHARE}/_attnx" DESTINATION "${root}/zsh/vendor-completions"
       FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  write_text(lintian/overrides/attnx "# Linked statically, as a PIE, which lintian takes for a library: it starts three times as fast, and on any Linux.
attnx: shared-library-lacks-prerequisites [usr/bin/attnx]
# Not made to be uploaded to Debian.
attnx: initial-upload-closes-no-bugs *
")
else()
  file(MAKE_DIRECTORY "${root}/doc")
  file(CREATE_LINK attnx "${root}/doc/${ATTNX_PACKAGE}" SYMBOLIC)
endif()

# What libattnx links beyond the standard library; read by the build and, installed, by find_package(attnx).

# attnx_import(NAME HEADER LIBRARY): target attnx_dep::NAME for a C library without a CMake package of its own,
# from its archive when ATTNX_STATIC asks for self-contained executables and there is one.
macro(attnx_import name header library)
  if(NOT TARGET attnx_dep::${name})
    find_path(attnx_${name}_include ${header} REQUIRED)
    set(attnx_names ${library})
    if(ATTNX_STATIC)
      list(PREPEND attnx_names lib${library}.a)
    endif()
    find_library(attnx_${name}_library NAMES ${attnx_names} REQUIRED)
    mark_as_advanced(attnx_${name}_include attnx_${name}_library)
    add_library(attnx_dep::${name} UNKNOWN IMPORTED)
    set_target_properties(attnx_dep::${name} PROPERTIES IMPORTED_LOCATION "${attnx_${name}_library}"
                          INTERFACE_INCLUDE_DIRECTORIES "${attnx_${name}_include}")
  endif()
endmacro()

find_package(Threads REQUIRED)
attnx_import(utf8proc utf8proc.h utf8proc)
attnx_import(pcre2 pcre2.h pcre2-8)

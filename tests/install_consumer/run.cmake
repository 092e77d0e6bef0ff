# Installs into an empty prefix, looks at what is there, and builds and runs the consumer against it.
# cmake -DBUILD=… -DSOURCE=… -DWORK=… -DCOMPILER=… -DFLAGS=… -P run.cmake
function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nfailed with ${result}:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
must("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
foreach(file bin/attnx include/attnx/base/error.h include/attnx/base/version.h share/man/man1/attnx.1
        share/bash-completion/completions/attnx share/zsh/site-functions/_attnx share/fish/vendor_completions.d/attnx.fish
        share/doc/attnx/LICENSE)
  if(NOT EXISTS "${WORK}/prefix/${file}")
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
must("${WORK}/prefix/bin/attnx" --version)
must("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/build" "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
     "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}")
must("${CMAKE_COMMAND}" --build "${WORK}/build")
must("${WORK}/build/consumer" "${WORK}/missing.gguf")
if(EXISTS "${BUILD}/sample.gguf")
  must("${WORK}/build/consumer" "${BUILD}/sample.gguf")
endif()

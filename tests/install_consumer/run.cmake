# Installs into an empty prefix, looks at what is there, and builds and runs programs against it: the consumer, and the
# example of docs/library.md as it stands there.
# cmake -DBUILD=… -DSOURCE=… -DWORK=… -DCOMPILER=… -DFLAGS=… -P run.cmake
function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nfailed with ${result}:\n${output}")
  endif()
  set(said "${output}" PARENT_SCOPE)
endfunction()

function(build source work)
  must("${CMAKE_COMMAND}" -S "${source}" -B "${work}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix" "-DCMAKE_CXX_COMPILER=${COMPILER}"
       "-DCMAKE_CXX_FLAGS=${FLAGS}")
  must("${CMAKE_COMMAND}" --build "${work}")
endfunction()

# The first block of a document that is marked ```KIND, as a file.
function(copy_block document kind to)
  file(READ "${document}" text)
  string(FIND "${text}" "```${kind}\n" begin)
  string(LENGTH "```${kind}\n" mark)
  math(EXPR begin "${begin} + ${mark}")
  string(SUBSTRING "${text}" ${begin} -1 text)
  string(FIND "${text}" "```" end)
  string(SUBSTRING "${text}" 0 ${end} text)
  file(WRITE "${to}" "${text}")
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
build("${SOURCE}" "${WORK}/build")
must("${WORK}/build/consumer" "${WORK}/missing.gguf")
copy_block("${SOURCE}/../../docs/library.md" cmake "${WORK}/example/CMakeLists.txt")
copy_block("${SOURCE}/../../docs/library.md" cpp "${WORK}/example/sinks.cpp")
build("${WORK}/example" "${WORK}/example/build")
if(EXISTS "${BUILD}/sample.gguf")
  must("${WORK}/build/consumer" "${BUILD}/sample.gguf")
  must("${WORK}/example/build/sinks" "${BUILD}/sample.gguf" "the cat sat on the mat")
  if(NOT said MATCHES "(^|\n)0\\.2 [01]\\.[0-9]+ [01]\\.[0-9]+\n")  # head 0.2 of the sample was built to rest there
    message(FATAL_ERROR "the example of docs/library.md says:\n${said}")
  endif()
endif()

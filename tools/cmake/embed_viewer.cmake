# cmake -DFOLDER=… -DOUTPUT=… -DHEADER=… -P: writes what src/view/picture/viewer_parts.h declares.
set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

# "sha256-" and the hash in base64, three bytes at a time; of the last two bytes three digits are left.
function(policy_hash text result)
  string(SHA256 hex "${text}")
  set(hash "sha256-")
  foreach(at RANGE 0 60 6)
    string(SUBSTRING "${hex}00" ${at} 6 three)
    math(EXPR value "0x${three}")
    foreach(shift 18 12 6 0)
      math(EXPR digit "(${value} >> ${shift}) & 63")
      string(SUBSTRING "${digits}" ${digit} 1 character)
      string(APPEND hash "${character}")
    endforeach()
  endforeach()
  string(REGEX REPLACE ".$" "=" hash "${hash}")
  set(${result} "${hash}" PARENT_SCOPE)
endfunction()

# What only people need is left out of pages: indentation, comments that have a line of their own, empty lines.
function(read_short file result)
  file(READ "${file}" text)
  string(REGEX REPLACE "\n +" "\n" text "\n${text}")
  string(REGEX REPLACE "\n//[^\n]*" "" text "${text}")
  string(REGEX REPLACE "\n\n+" "\n" text "${text}")
  string(REGEX REPLACE "^\n" "" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

# Files one after the other: as one text, and as parts in C++.
function(read_program name)
  set(program "")
  set(parts "")
  foreach(file ${ARGN})
    read_short("${file}" text)
    string(APPEND program "${text}")
    string(APPEND parts "    R\"attnx(${text})attnx\",\n")
  endforeach()
  set(${name} "${program}" PARENT_SCOPE)
  set(${name}_parts "${parts}" PARENT_SCOPE)
endfunction()

# The panels stand between what they use and what starts them; some are on a page only when they are asked for.
file(GLOB first "${FOLDER}/*.js")
list(FILTER first EXCLUDE REGEX "/start\\.js$")
list(SORT first)
file(GLOB panels "${FOLDER}/panels/*.js")
list(SORT panels)
file(GLOB asked "${FOLDER}/asked/*.js")
list(SORT asked)
read_program(panels ${first} ${panels})
read_program(asked ${asked})
read_program(start "${FOLDER}/start.js")
read_short("${FOLDER}/style.css" style)
string(REGEX REPLACE "([:;{,]) +" "\\1" style "${style}")
file(READ "${FOLDER}/shell.html" shell)
policy_hash("${style}" style_hash)
policy_hash("${panels}${start}" program_hash)
policy_hash("${panels}${asked}${start}" asked_hash)
file(WRITE "${OUTPUT}.new" "// Made by tools/cmake/embed_viewer.cmake.
#include \"${HEADER}\"

namespace attnx::view {

const std::string_view kViewerShell = R\"attnx(${shell})attnx\";
const std::string_view kViewerStyle = R\"attnx(${style})attnx\";
constexpr std::string_view kPanels[] = {
${panels_parts}};
constexpr std::string_view kAsked[] = {
${asked_parts}};
constexpr std::string_view kStart[] = {
${start_parts}};
const std::span<const std::string_view> kViewerPanels = kPanels;
const std::span<const std::string_view> kViewerAsked = kAsked;
const std::span<const std::string_view> kViewerStart = kStart;
const std::string_view kViewerStyleHash = \"${style_hash}\";
const std::string_view kViewerProgramHash = \"${program_hash}\";
const std::string_view kViewerAskedHash = \"${asked_hash}\";

}  // namespace attnx::view
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")

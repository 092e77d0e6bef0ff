// attnx-picture, which makes pictures of other kinds of SVG (libexec/attnx_picture.cpp). Private to cli.
#pragma once

#include <string>
#include <string_view>

namespace attnx::cli {

// Where it is: beside attnx, or in ../libexec/attnx. Throws unsupported, saying what to install, when it is in neither.
std::string find_picture_program();

struct PictureOrder {
    std::string_view form;         // "png"
    double scale = 1;              // pixels of one of the SVG
    std::string title, about, by;  // a line each
};

// What `program` makes of the SVG. Throws refused, with what it said, when it fails.
std::string run_picture_program(const std::string& program, const PictureOrder& order, std::string_view svg);

}  // namespace attnx::cli

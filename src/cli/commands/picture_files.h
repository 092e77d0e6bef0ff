// Drawings written to files, by the output that the ending of a name stands for. Private to cli.
#pragma once

#include <string>
#include <vector>

#include "attnx/cli/options.h"
#include "attnx/view/picture.h"
#include "file_outputs.h"

namespace attnx::cli {

inline bool takes_pictures(const view::OutputRow& output) { return output.picture != nullptr; }

// -o FILE, more than once, for a command that draws.
Option picture_output(std::vector<std::string>& paths);

// Before anything is computed. Throws unsupported when a file needs a program that is not there.
void expect_pictures(const std::vector<std::string>& paths);

// How many bytes it has. Throws what writing and the program throw; refused when nothing is drawn.
std::uint64_t write_picture(const view::Picture& picture, const view::PictureStyle& style, io::OutputFile& file);

// All of them, light and as wide as they need. Throws usage, too, when a file would be one of `inputs`.
void write_pictures(const view::Picture& picture, const std::vector<std::string>& paths,
                    const std::vector<std::string>& inputs);

}  // namespace attnx::cli

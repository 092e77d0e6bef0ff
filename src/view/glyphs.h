// Numbers as characters: bars, shades, brackets; in ASCII where the surface has nothing else. Private to view.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "attnx/view/document.h"
#include "attnx/view/render.h"

namespace attnx::view {

// `part` of [0, 1] along so many columns. What is not 0 shows.
std::string bar(double part, std::size_t columns, const Surface& surface);

// `part` of [-1, 1] to both sides of a line in the middle of so many columns.
std::string signed_bar(double part, std::size_t columns, const Surface& surface);

// One column of a bar that stands, `level` of 8 high.
std::string_view standing(int level, const Surface& surface);

// A part of [0, 1] as darkness, or of [-1, 1] as darkness of two kinds. 0 is a dot, so that it differs from a blank.
std::string_view shade(double part, Tint tint, const Surface& surface);

// A column of group numbers, one text for each.
std::vector<std::string> brackets(std::span<const std::string> groups, const Surface& surface);

}  // namespace attnx::view

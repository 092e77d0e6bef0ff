// report: a matrix of numbers as coloured or shaded cells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attnx/view/render.h"

namespace attnx::report {

struct HeatMap {
    std::vector<std::string> row_labels;
    std::vector<std::vector<std::optional<double>>> rows;  // may differ in length; nothing: no value
    std::string row_axis, column_axis;                     // what rows and columns are
};

// One text line per row, two characters per cell, columns numbered from 0, a legend with the extremes below.
// Colours (viridis, from least to greatest) as the surface has them; otherwise shades, without Unicode digits
// 0 to 9.
std::string draw(const HeatMap& map, const view::Surface& surface);

}  // namespace attnx::report

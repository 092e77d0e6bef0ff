// A drawing before anyone decided what kind of file it becomes: shapes, in the order they are painted. Units are pixels
// of a screen; y grows downwards. Private to view.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../../palette.h"

namespace attnx::view {

struct Point {
    double x = 0, y = 0;
};

struct Box {
    Point at;
    double width = 0, height = 0;
    Rgb fill = {};
    bool hatched = false;  // thin lines on `fill`, in the scene's `hatch`
};

// Straight through its points, or one cubic curve of four.
struct Stroke {
    std::vector<Point> points;
    Rgb ink = {};
    double width = 1, opacity = 1;
    bool curved = false;
    std::string dashes = {};  // lengths, "4 3"; empty: none
};

struct Disc {
    Point at;
    double radius = 0;
    Rgb fill = {};
};

enum class Anchor : std::uint8_t { start, middle, end };

// Text is any valid UTF-8 on one line.
struct Label {
    Point at;  // on the baseline
    std::string text;
    Rgb ink = {};
    double size = 11;
    Anchor anchor = Anchor::start;
    bool mono = false, bold = false;
    bool upward = false;  // read from below to above
};

// A picture of cells: codes are places in `colours`, which has at most 256; 0 is seen through.
struct Cells {
    Point at;
    double cell_width = 0, cell_height = 0;
    std::uint32_t columns = 0;
    std::vector<std::uint8_t> codes;
    std::vector<Rgb> colours;
    std::uint32_t rows() const { return static_cast<std::uint32_t>(codes.size() / columns); }
};

using Shape = std::variant<Box, Stroke, Disc, Label, Cells>;

struct Scene {
    double width = 0, height = 0;
    Rgb paper = {}, hatch = {};
    std::vector<Shape> shapes;
};

}  // namespace attnx::view

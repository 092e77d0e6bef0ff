// view: numbers as colours. Private to view.
#pragma once

#include <cstdint>
#include <string>

#include "attnx/view/terminal.h"

namespace attnx::view {

struct Rgb {
    std::uint8_t red = 0, green = 0, blue = 0;
    bool operator==(const Rgb&) const = default;
};

// Matplotlib's viridis (CC0), by its ten anchors; `at` in [0, 1], clamped. Lightness grows with the value.
Rgb viridis(double at);

// SGR parameters that select a colour as foreground (base 38) or background (base 48).
std::string sgr_colour(Rgb colour, int base, ColourDepth depth);

}  // namespace attnx::view

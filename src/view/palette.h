// view: numbers as colours. Private to view.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attnx/view/document.h"
#include "attnx/view/terminal.h"

namespace attnx::view {

struct Rgb {
    std::uint8_t red = 0, green = 0, blue = 0;
    bool operator==(const Rgb&) const = default;
};

// Colours by their anchors, between which they run straight; lightness grows, or falls, with the value.
struct ColourMap {
    std::string_view name;
    std::span<const Rgb> anchors;
};
// The first is what drawings have unless another is asked for: Matplotlib's viridis (CC0).
std::span<const ColourMap> colour_maps();

// A part of [0, 1], clamped. Of [-1, 1] for signed numbers, whatever the map: from blue over a light grey to red,
// equally dark at both ends.
Rgb colour_of(double part, Tint tint, const ColourMap& map = colour_maps().front());

// The colour of xterm's 256 that is nearest: of its cube of 6 levels, or of its 24 greys.
int xterm_colour(Rgb colour);

// SGR parameters that select a colour as foreground (base 38) or background (base 48).
std::string sgr_colour(Rgb colour, int base, ColourDepth depth);

}  // namespace attnx::view

// Cells of a drawing as coloured blanks, half blocks or shades, whatever the surface has. Private to view.
#pragma once

#include <string>
#include <string_view>

#include "attnx/view/render.h"
#include "palette.h"

namespace attnx::view {

// A line of text in colours: escape sequences only where the colour changes, none at its end, no blanks at its end.
class Line {
public:
    void colour(const std::string& sgr) { wanted_ = sgr; }
    void add(std::string_view text);
    void blank(std::size_t columns) { blanks_ += columns; }
    std::string end();

private:
    std::string text_, wanted_, current_;
    std::size_t blanks_ = 0;

    void change(const std::string& sgr);
};

class Brush {
public:
    Brush(const Surface& surface, Tint tint)
        : surface_(surface),
          tint_(tint),
          coloured_(surface.depth == ColourDepth::ansi256 || surface.depth == ColourDepth::truecolour) {}

    // Whether one line takes two rows.
    bool halves() const { return coloured_ && surface_.unicode; }
    // Parts as rescale() gives them; not a number: blank.
    void cell(Line& line, double part, std::size_t columns) const;
    void halves(Line& line, double upper, double lower) const;

private:
    const Surface& surface_;
    Tint tint_;
    bool coloured_;

    std::string sgr(double part, int base) const { return sgr_colour(colour_of(part, tint_), base, surface_.depth); }
};

// "0 [colours] 1  linear; …": what the colours mean, and whatever else is to be said; indented by two columns, in lines
// that fit.
std::string legend(const Brush& brush, const Shading& shading, Range range, const std::string& words,
                   const Surface& surface);

}  // namespace attnx::view

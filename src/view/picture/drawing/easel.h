// What drawings are made on: shapes in the colours of a theme, and how much room they take. Private to view.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "attnx/view/picture.h"
#include "attnx/view/terminal.h"
#include "scene.h"

namespace attnx::view {

// Series and classes have colours that people tell apart whatever colours they see (Okabe and Ito, 2008), and something
// beside the colour: dashes, numbers.
struct Inks {
    Rgb paper, ink, soft, rule, masked, hatch, accent;
    std::array<Rgb, 8> series;
};
const Inks& inks_of(Theme theme);

// Advance of a character of kMono, as a part of its size; of others it is an upper bound.
inline constexpr double kAdvance = 0.602;
inline double text_width(std::string_view text, double size) {
    return static_cast<double>(display_width(text)) * size * kAdvance;
}

// Three digits: "0.0247", "104", "1.04k".
std::string short_number(double value);

class Easel {
public:
    Easel(Theme theme, const ColourMap& map) : inks(inks_of(theme)), map_(map) {}

    const Inks& inks;
    std::vector<Shape> shapes;
    double width = 0, height = 0;

    void reach(double x, double y) { width = std::max(width, x), height = std::max(height, y); }
    void add(Shape shape) { shapes.push_back(std::move(shape)); }
    void line(Point from, Point to, Rgb ink, double thick = 1) { add(Stroke{{from, to}, ink, thick}); }

    // On the colour map: parts as rescale() gives them, not a number is seen through.
    Rgb colour(double part, Tint tint) const { return colour_of(part, tint, map_); }
    std::vector<Rgb> colours(Tint tint) const;
    static std::uint8_t code(float part, Tint tint);

private:
    const ColourMap& map_;
};

// Black or white, whichever is seen on it.
Rgb ink_on(Rgb ground);

void draw(const Matrix& matrix, Easel& easel);
void draw(const Grid& grid, Easel& easel);
void draw(const Curves& curves, Easel& easel);
void draw(const Network& network, Easel& easel);
void draw(const TokenLines& lines, Easel& easel);
void draw(const ClassMap& map, Easel& easel);

}  // namespace attnx::view

#include "palette.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace attnx::view {
namespace {

constexpr std::array<Rgb, 10> kViridis = {{{0x44, 0x01, 0x54},
                                           {0x48, 0x28, 0x78},
                                           {0x3E, 0x49, 0x89},
                                           {0x31, 0x68, 0x8E},
                                           {0x26, 0x82, 0x8E},
                                           {0x1F, 0x9E, 0x89},
                                           {0x35, 0xB7, 0x79},
                                           {0x6E, 0xCE, 0x58},
                                           {0xB5, 0xDE, 0x2B},
                                           {0xFD, 0xE7, 0x25}}};

constexpr std::array<Rgb, 5> kSigned = {
    {{0x1A, 0x4D, 0xA6}, {0x70, 0x9E, 0xD6}, {0xE8, 0xE8, 0xE8}, {0xE2, 0x8C, 0x69}, {0xA5, 0x23, 0x19}}};

std::uint8_t mix(std::uint8_t a, std::uint8_t b, double share) {
    return static_cast<std::uint8_t>(std::lround(a + (b - a) * share));
}

// Between anchors straight lines.
template <std::size_t count>
Rgb between(const std::array<Rgb, count>& anchors, double part) {
    const double place = std::clamp(std::isnan(part) ? 0.0 : part, 0.0, 1.0) * (count - 1);
    const auto low = std::min(static_cast<std::size_t>(place), count - 2);
    const double share = place - static_cast<double>(low);
    const Rgb &a = anchors[low], &b = anchors[low + 1];
    return {mix(a.red, b.red, share), mix(a.green, b.green, share), mix(a.blue, b.blue, share)};
}

// The levels of the cube are 0, 95, 135, 175, 215, 255.
int cube_level(std::uint8_t value) { return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40; }
int level_value(int level) { return level == 0 ? 0 : 55 + 40 * level; }

int distance(Rgb a, int red, int green, int blue) {
    const int r = a.red - red, g = a.green - green, b = a.blue - blue;
    return r * r + g * g + b * b;
}

}  // namespace

Rgb colour_of(double part, Tint tint) {
    return tint == Tint::diverging ? between(kSigned, (part + 1) / 2) : between(kViridis, part);
}

int xterm_colour(Rgb colour) {
    const int r = cube_level(colour.red), g = cube_level(colour.green), b = cube_level(colour.blue);
    const int mean = (colour.red + colour.green + colour.blue) / 3;
    const int step = std::clamp((mean - 3) / 10, 0, 23), grey = 8 + 10 * step;
    const bool is_grey =
        distance(colour, grey, grey, grey) < distance(colour, level_value(r), level_value(g), level_value(b));
    return is_grey ? 232 + step : 16 + 36 * r + 6 * g + b;
}

std::string sgr_colour(Rgb colour, int base, ColourDepth depth) {
    if (depth == ColourDepth::truecolour)
        return fmt::format("{};2;{};{};{}", base, colour.red, colour.green, colour.blue);
    return fmt::format("{};5;{}", base, xterm_colour(colour));
}

}  // namespace attnx::view

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

// Matplotlib's (CC0), and of ColorBrewer's.
constexpr std::array<Rgb, 10> kCividis = {{{0x00, 0x20, 0x4D},
                                           {0x00, 0x33, 0x6F},
                                           {0x39, 0x48, 0x6B},
                                           {0x57, 0x5C, 0x6D},
                                           {0x70, 0x71, 0x73},
                                           {0x8A, 0x87, 0x79},
                                           {0xA6, 0x9D, 0x75},
                                           {0xC4, 0xB5, 0x6C},
                                           {0xE4, 0xCF, 0x5B},
                                           {0xFF, 0xEA, 0x46}}};
constexpr std::array<Rgb, 10> kMagma = {{{0x00, 0x00, 0x04},
                                         {0x18, 0x0F, 0x3E},
                                         {0x45, 0x10, 0x77},
                                         {0x72, 0x1F, 0x81},
                                         {0x9F, 0x2F, 0x7F},
                                         {0xCD, 0x40, 0x71},
                                         {0xF1, 0x60, 0x5D},
                                         {0xFD, 0x95, 0x67},
                                         {0xFE, 0xC9, 0x8D},
                                         {0xFC, 0xFD, 0xBF}}};
constexpr std::array<Rgb, 9> kBlues = {{{0xF7, 0xFB, 0xFF},
                                        {0xDE, 0xEB, 0xF7},
                                        {0xC6, 0xDB, 0xEF},
                                        {0x9E, 0xCA, 0xE1},
                                        {0x6B, 0xAE, 0xD6},
                                        {0x42, 0x92, 0xC6},
                                        {0x21, 0x71, 0xB5},
                                        {0x08, 0x51, 0x9C},
                                        {0x08, 0x30, 0x6B}}};
constexpr std::array<Rgb, 2> kGray = {{{0xFA, 0xFA, 0xFA}, {0x10, 0x10, 0x10}}};

constexpr std::array kColourMaps = {ColourMap{"viridis", kViridis}, ColourMap{"cividis", kCividis},
                                    ColourMap{"magma", kMagma}, ColourMap{"blues", kBlues}, ColourMap{"gray", kGray}};

constexpr std::array<Rgb, 5> kSigned = {
    {{0x1A, 0x4D, 0xA6}, {0x70, 0x9E, 0xD6}, {0xE8, 0xE8, 0xE8}, {0xE2, 0x8C, 0x69}, {0xA5, 0x23, 0x19}}};

std::uint8_t mix(std::uint8_t a, std::uint8_t b, double share) {
    return static_cast<std::uint8_t>(std::lround(a + (b - a) * share));
}

// Between anchors straight lines.
Rgb between(std::span<const Rgb> anchors, double part) {
    const double place = std::clamp(std::isnan(part) ? 0.0 : part, 0.0, 1.0) * static_cast<double>(anchors.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
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

std::span<const ColourMap> colour_maps() { return kColourMaps; }

Rgb colour_of(double part, Tint tint, const ColourMap& map) {
    return tint == Tint::diverging ? between(kSigned, (part + 1) / 2) : between(map.anchors, part);
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

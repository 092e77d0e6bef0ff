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

std::uint8_t mix(std::uint8_t a, std::uint8_t b, double share) {
    return static_cast<std::uint8_t>(std::lround(a + (b - a) * share));
}

// Index of the nearest level of xterm's 6x6x6 cube: 0, 95, 135, 175, 215, 255.
int cube_level(std::uint8_t value) { return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40; }

}  // namespace

Rgb viridis(double at) {
    const double place = std::clamp(std::isnan(at) ? 0.0 : at, 0.0, 1.0) * (kViridis.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
    const double share = place - static_cast<double>(low);
    const Rgb &a = kViridis[low], &b = kViridis[low + 1];
    return {mix(a.red, b.red, share), mix(a.green, b.green, share), mix(a.blue, b.blue, share)};
}

std::string sgr_colour(Rgb colour, int base, ColourDepth depth) {
    if (depth == ColourDepth::truecolour)
        return fmt::format("{};2;{};{};{}", base, colour.red, colour.green, colour.blue);
    const int index = 16 + 36 * cube_level(colour.red) + 6 * cube_level(colour.green) + cube_level(colour.blue);
    return fmt::format("{};5;{}", base, index);
}

}  // namespace attnx::view

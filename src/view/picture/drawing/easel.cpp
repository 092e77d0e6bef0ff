#include "easel.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace attnx::view {
namespace {

constexpr int kSteps = 254;  // of a colour map; code 0 is left for what is seen through

constexpr std::array<Rgb, 8> kOnLight = {{{0x00, 0x72, 0xB2},
                                          {0xD5, 0x5E, 0x00},
                                          {0x00, 0x9E, 0x73},
                                          {0xE6, 0x9F, 0x00},
                                          {0xCC, 0x79, 0xA7},
                                          {0x56, 0xB4, 0xE9},
                                          {0x8C, 0x8C, 0x8C},
                                          {0xD8, 0xC8, 0x20}}};
constexpr std::array<Rgb, 8> kOnDark = {{{0x4A, 0xA8, 0xE0},
                                         {0xF0, 0x80, 0x30},
                                         {0x20, 0xC0, 0x90},
                                         {0xF0, 0xB4, 0x30},
                                         {0xE0, 0x94, 0xC0},
                                         {0x90, 0xD0, 0xF8},
                                         {0xA0, 0xA0, 0xA0},
                                         {0xF0, 0xE4, 0x42}}};

constexpr Inks kLight = {.paper = {0xFF, 0xFF, 0xFF},
                         .ink = {0x1B, 0x1F, 0x24},
                         .soft = {0x5B, 0x64, 0x70},
                         .rule = {0xD5, 0xDA, 0xE0},
                         .masked = {0xF3, 0xF4, 0xF6},
                         .hatch = {0xDD, 0xE0, 0xE5},
                         .accent = {0x1F, 0x5F, 0xA8},
                         .series = kOnLight};
constexpr Inks kDark = {.paper = {0x14, 0x17, 0x1B},
                        .ink = {0xE8, 0xEA, 0xED},
                        .soft = {0x9B, 0xA4, 0xAF},
                        .rule = {0x38, 0x3E, 0x46},
                        .masked = {0x22, 0x26, 0x2C},
                        .hatch = {0x36, 0x3C, 0x44},
                        .accent = {0x6C, 0xB2, 0xF5},
                        .series = kOnDark};

}  // namespace

const Inks& inks_of(Theme theme) { return theme == Theme::dark ? kDark : kLight; }

std::string short_number(double value) {
    for (const auto& [size, unit] : {std::pair(1e9, "G"), std::pair(1e6, "M"), std::pair(1e3, "k")})
        if (std::fabs(value) >= size * 0.9995) return fmt::format("{:.3g}{}", value / size, unit);
    return fmt::format("{:.3g}", value);
}

std::vector<Rgb> Easel::colours(Tint tint) const {
    std::vector<Rgb> colours = {inks.masked};
    for (int step = 0; step <= kSteps; ++step) {
        const double part = static_cast<double>(step) / kSteps;
        colours.push_back(colour(tint == Tint::diverging ? 2 * part - 1 : part, tint));
    }
    return colours;
}

std::uint8_t Easel::code(float part, Tint tint) {
    if (std::isnan(part)) return 0;
    const double upward = tint == Tint::diverging ? (static_cast<double>(part) + 1) / 2 : static_cast<double>(part);
    return static_cast<std::uint8_t>(1 + std::lround(std::clamp(upward, 0.0, 1.0) * kSteps));
}

Rgb ink_on(Rgb ground) {
    const double light = 0.299 * ground.red + 0.587 * ground.green + 0.114 * ground.blue;
    return light > 140 ? Rgb{0x10, 0x12, 0x14} : Rgb{0xF6, 0xF7, 0xF8};
}

}  // namespace attnx::view

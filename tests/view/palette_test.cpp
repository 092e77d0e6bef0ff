// Colours as numbers: lightness by CIE, xterm's colours by trying all of them.
#include "../../src/view/palette.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

namespace attnx::view {
namespace {

// CIE L* of sRGB.
double lightness(Rgb colour) {
    const auto linear = [](std::uint8_t value) {
        const double v = value / 255.0;
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    const double y = 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
    return y > 216.0 / 24389 ? 116 * std::cbrt(y) - 16 : y * 24389 / 27;
}

TEST(Palette, grows_lighter_with_the_value) {
    for (int i = 0; i < 100; ++i)
        EXPECT_LT(lightness(colour_of(i / 100.0, Tint::sequential)),
                  lightness(colour_of((i + 1) / 100.0, Tint::sequential)))
            << i;
    EXPECT_EQ(colour_of(0, Tint::sequential), (Rgb{68, 1, 84}));
    EXPECT_EQ(colour_of(1, Tint::sequential), (Rgb{253, 231, 37}));
}

// Equal steps of a number are steps alike in lightness: none is flat, none is more than three times the mean.
TEST(Palette, maps_grow_or_fall_evenly_in_lightness) {
    for (const ColourMap& map : colour_maps()) {
        const auto of = [&](double part) { return lightness(colour_of(part, Tint::sequential, map)); };
        const double mean = (of(1) - of(0)) / 20;
        EXPECT_GT(std::fabs(mean * 20), 60) << map.name;
        for (int i = 0; i < 20; ++i) {
            const double step = (of((i + 1) / 20.0) - of(i / 20.0)) / mean;
            EXPECT_GT(step, 0.3) << map.name << " " << i;
            EXPECT_LT(step, 3) << map.name << " " << i;
        }
    }
}

TEST(Palette, of_signed_numbers_is_lightest_at_zero_and_as_dark_on_both_sides) {
    for (int i = 0; i < 100; ++i) {
        const double part = i / 100.0, next = (i + 1) / 100.0;
        for (const double sign : {-1.0, 1.0})
            EXPECT_GT(lightness(colour_of(sign * part, Tint::diverging)),
                      lightness(colour_of(sign * next, Tint::diverging)))
                << sign * part;
        EXPECT_NEAR(lightness(colour_of(part, Tint::diverging)), lightness(colour_of(-part, Tint::diverging)), 4)
            << part;
    }
    const Rgb zero = colour_of(0, Tint::diverging);
    EXPECT_TRUE(zero.red == zero.green && zero.green == zero.blue);
}

Rgb xterm(int index) {
    if (index >= 232) {
        const auto grey = static_cast<std::uint8_t>(8 + 10 * (index - 232));
        return {grey, grey, grey};
    }
    constexpr std::array<std::uint8_t, 6> kLevels = {0, 95, 135, 175, 215, 255};
    const auto at = static_cast<std::size_t>(index - 16);
    return {kLevels[at / 36], kLevels[at / 6 % 6], kLevels[at % 6]};
}

int distance(Rgb a, Rgb b) {
    const int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
    return red * red + green * green + blue * blue;
}

TEST(Palette, takes_the_nearest_of_xterm_s_colours) {
    std::mt19937 random(3);
    for (int i = 0; i < 3000; ++i) {
        const auto any = [&] { return static_cast<std::uint8_t>(random() % 256); };
        Rgb colour{any(), any(), any()};
        if (i % 3 == 0) colour.green = colour.blue = colour.red;
        int nearest = distance(colour, xterm(16));
        for (int index = 17; index < 256; ++index) nearest = std::min(nearest, distance(colour, xterm(index)));
        EXPECT_EQ(distance(colour, xterm(xterm_colour(colour))), nearest)
            << int{colour.red} << " " << int{colour.green} << " " << int{colour.blue};
    }
}

}  // namespace
}  // namespace attnx::view

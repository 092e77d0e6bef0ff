// Small floats against their definitions: sign, exponent and fraction, put together by std::ldexp.
#include "attnx/base/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace attnx {
namespace {

// (-1)^sign * 0.fraction * 2^(1 - bias), or 1.fraction * 2^(exponent - bias).
float defined(bool negative, int exponent, int fraction, int fraction_bits, int bias) {
    const int whole = exponent == 0 ? fraction : fraction + (1 << fraction_bits);
    const float magnitude = std::ldexp(static_cast<float>(whole), std::max(exponent, 1) - bias - fraction_bits);
    return negative ? -magnitude : magnitude;
}

std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }

TEST(Half, every_finite_one_is_its_definition) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const int exponent = static_cast<int>(bits >> 10) & 31;
        if (exponent == 31) continue;
        const float expected = defined(bits >> 15 != 0, exponent, static_cast<int>(bits & 1023), 10, 15);
        EXPECT_EQ(bits_of(half_to_float(static_cast<std::uint16_t>(bits))), bits_of(expected)) << bits;
    }
}

TEST(Half, becomes_the_bits_it_was) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        if ((bits & 0x7fff) > 0x7c00) continue;  // no numbers
        EXPECT_EQ(float_to_half(half_to_float(static_cast<std::uint16_t>(bits))), bits);
    }
    EXPECT_TRUE(std::isnan(half_to_float(float_to_half(NAN))));
    EXPECT_EQ(float_to_half(65519.0F), 0x7bff);  // the largest, rounded down to
    EXPECT_EQ(float_to_half(65520.0F), 0x7c00);
}

TEST(Half, infinities_stay_and_nan_keeps_sign_and_payload) {
    EXPECT_EQ(half_to_float(0x7c00), INFINITY);
    EXPECT_EQ(half_to_float(0xfc00), -INFINITY);
    for (const std::uint32_t payload : {1u, 0x155u, 0x200u, 0x3ffu})
        for (const std::uint32_t sign : {0u, 1u})
            EXPECT_EQ(bits_of(half_to_float(static_cast<std::uint16_t>(sign << 15 | 0x7c00 | payload))),
                      sign << 31 | 0x7f800000 | payload << 13);
}

TEST(BFloat, every_finite_one_is_its_definition) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const int exponent = static_cast<int>(bits >> 7) & 255;
        if (exponent == 255) continue;
        const float expected = defined(bits >> 15 != 0, exponent, static_cast<int>(bits & 127), 7, 127);
        EXPECT_EQ(bits_of(bfloat_to_float(static_cast<std::uint16_t>(bits))), bits_of(expected)) << bits;
    }
    EXPECT_EQ(bfloat_to_float(0xff80), -INFINITY);
    EXPECT_TRUE(std::isnan(bfloat_to_float(0x7fc1)));
}

TEST(E8M0, is_half_a_power_of_two) {
    for (int bits = 0; bits < 256; ++bits)
        EXPECT_EQ(half_e8m0_to_float(static_cast<std::uint8_t>(bits)), std::ldexp(1.0F, bits - 128)) << bits;
}

TEST(E4M3, every_one_is_its_definition_but_two_nans) {
    for (int bits = 0; bits < 256; ++bits) {
        const float value = e4m3_to_float(static_cast<std::uint8_t>(bits));
        const float expected = defined(bits > 0x7f, bits >> 3 & 15, bits & 7, 3, 7);
        EXPECT_TRUE((bits & 0x7f) == 0x7f ? std::isnan(value) : bits_of(value) == bits_of(expected)) << bits;
    }
}

TEST(UE4M3, every_one_is_its_definition_but_the_nan) {
    for (int bits = 0; bits < 0x7f; ++bits) {
        const float expected = defined(false, bits >> 3, bits & 7, 3, 7);
        EXPECT_EQ(ue4m3_to_float(static_cast<std::uint8_t>(bits)), expected) << bits;
        EXPECT_EQ(ue4m3_to_float(static_cast<std::uint8_t>(bits | 0x80)), expected) << bits;
    }
    EXPECT_EQ(ue4m3_to_float(0x7f), 0.0F);
}

}  // namespace
}  // namespace attnx

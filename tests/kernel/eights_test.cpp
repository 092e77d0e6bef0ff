#include "attnx/kernel/eights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attnx/base/half.h"

namespace attnx::kernel {
namespace {

// All halves, and what lies between neighbours: a little below the middle, the middle, a little above it.
TEST(Halves, are_rounded_to_the_nearest_and_from_the_middle_to_the_even_one) {
    for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {
        const float low = half_to_float(bits), high = half_to_float(static_cast<std::uint16_t>(bits + 1));
        const float middle = low + (high - low) / 2.0F;
        for (const float sign : {1.0F, -1.0F}) {
            EXPECT_EQ(rounded_to_half(sign * low), sign * low);
            EXPECT_EQ(rounded_to_half(sign * std::nextafter(middle, 0.0F)), sign * low);
            EXPECT_EQ(rounded_to_half(sign * middle), sign * (bits % 2 == 0 ? low : high));
            EXPECT_EQ(rounded_to_half(sign * std::nextafter(middle, high)), sign * high);
        }
    }
    EXPECT_EQ(rounded_to_half(65519.0F), 65504.0F);
    EXPECT_EQ(rounded_to_half(65520.0F), std::numeric_limits<float>::infinity());
    EXPECT_TRUE(std::isnan(rounded_to_half(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Halves, of_many_numbers_are_the_same_on_every_instruction_set) {
    std::vector<float> numbers;
    for (std::uint32_t bits = 0; bits < 0x7f800000U; bits += 12345) numbers.push_back(std::bit_cast<float>(bits));
    std::vector<float> plain = numbers, best = numbers;
    round_to_half(plain, Simd::portable);
    round_to_half(best);
    EXPECT_EQ(plain, best);
}

TEST(Bfloats, keep_the_upper_half_of_a_float_rounded_to_even) {
    std::vector<float> numbers = {1.0F, 1.00390625F, 1.01171875F, -3.0078125F};
    round_to_bfloat(numbers);
    EXPECT_EQ(numbers, (std::vector<float>{1.0F, 1.0F, 1.015625F, -3.0F}));
}

// 127 / 4 = 31.75: 1 becomes 31.75 and 32, -2 becomes -63.5 and -64 (even), 4 becomes 127.
TEST(Eights, by_32_have_127_for_the_largest_and_a_scale_in_half_precision) {
    std::vector<float> x(32, 0.0F);
    x[0] = 1.0F;
    x[1] = -2.0F;
    x[31] = 4.0F;
    const IntegerForm form{.rounding = Rounding::q8_1, .minima = Minima::sums};
    Eights eights;
    eights.resize(form, 1, 32, Simd::portable);
    eights.round(form, 0, x, Simd::portable);
    EXPECT_EQ(eights.code(0, 0), 32);
    EXPECT_EQ(eights.code(0, 1), -64);
    EXPECT_EQ(eights.code(0, 31), 127);
    EXPECT_EQ(eights.scales[0], rounded_to_half(4.0F / 127.0F));
    EXPECT_EQ(eights.float_sums[0], rounded_to_half(4.0F / 127.0F * 95.0F));
}

TEST(Eights, by_256_have_minus_127_for_the_largest_and_sums_of_16) {
    std::vector<float> x(512, 0.0F);
    x[16] = -4.0F;
    x[17] = 2.0F;
    const IntegerForm form{.rounding = Rounding::q8_k, .section = 256};
    Eights eights;
    eights.resize(form, 1, 512, Simd::portable);
    eights.round(form, 0, x, Simd::portable);
    EXPECT_EQ(eights.code(0, 16), -127);
    EXPECT_EQ(eights.code(0, 17), 64);
    EXPECT_EQ(eights.scales[0], 1.0F / (-127.0F / -4.0F));
    EXPECT_EQ(eights.sums[1], -63);
    EXPECT_EQ(eights.scales[1], 0.0F) << "a section of zeros";
    EXPECT_EQ(eights.code(0, 256), 0);
}

TEST(Eights, of_what_is_no_number_have_some_codes_all_the_same) {
    std::vector<float> x(256, std::numeric_limits<float>::quiet_NaN());
    x[3] = std::numeric_limits<float>::infinity();
    for (const IntegerForm& form :
         {IntegerForm{.rounding = Rounding::q8_0}, IntegerForm{.rounding = Rounding::q8_k, .section = 256}}) {
        Eights eights;
        eights.resize(form, 1, 256, Simd::portable);
        eights.round(form, 0, x, Simd::portable);
        for (std::size_t i = 0; i < 256; ++i) EXPECT_LE(std::abs(eights.code(0, i)), 128);
    }
}

}  // namespace
}  // namespace attnx::kernel

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/kernel/dot.h"
#include "attnx/kernel/exp.h"
#include "attnx/kernel/gelu.h"
#include "attnx/kernel/panels.h"
#include "support/fused.h"
#include "support/golden_model.h"

namespace attnx::kernel {
namespace {

std::vector<float> numbers(std::string_view name, std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = test::golden_weight(name, 1, i, 1.0F, 0.0F);
    return values;
}

// The order of ggml_vec_dot_f32 with AVX2, written out.
float dot_in_order(const float* x, const float* w, std::size_t length, Rest rest) {
    std::array<float, 32> sums = {};
    const std::size_t grouped = rest == Rest::padded ? length : length / 32 * 32;
    for (std::size_t k = 0; k < grouped; ++k) sums[k % 32] = std::fma(x[k], w[k], sums[k % 32]);
    for (std::size_t i = 0; i < 16; ++i) sums[i] += sums[i + 16];
    for (std::size_t i = 0; i < 8; ++i) sums[i] += sums[i + 8];
    for (std::size_t i = 0; i < 4; ++i) sums[i] += sums[i + 4];
    float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (std::size_t k = grouped; k < length; ++k) {
        volatile const float rounded = x[k] * w[k];
        sum += rounded;
    }
    return sum;
}

std::vector<float> dots(std::size_t rows, std::size_t outputs, std::size_t length, Rest rest, Simd simd) {
    const auto x = numbers("x", rows * length), w = numbers("w", outputs * length);
    std::vector<float> y(rows * (outputs + 1), -7.0F);
    Floats room;
    dot_products({x.data(), rows, length, length}, {w.data(), outputs, length, length},
                 {y.data(), rows, outputs, outputs + 1}, rest, room, simd);
    return y;
}

// Sizes that fill no tile, no block, no chunk.
TEST(DotProducts, are_summed_in_the_order_of_ggml_to_the_last_bit) {
    for (const std::size_t length : {0U, 1U, 5U, 16U, 31U, 32U, 33U, 80U, 96U, 1000U, 1024U, 1056U, 2100U}) {
        for (const Rest rest : {Rest::in_turn, Rest::padded}) {
            const std::size_t rows = 7, outputs = length == 96 ? 67 : 5;
            const auto x = numbers("x", rows * length), w = numbers("w", outputs * length);
            for (const Simd simd : kSimds) {
                if (simd > best_simd()) continue;
                const std::vector<float> y = dots(rows, outputs, length, rest, simd);
                const float tolerance = test::fuses(simd) ? 0.0F : 1e-5F * static_cast<float>(length);
                for (std::size_t t = 0; t < rows; ++t) {
                    for (std::size_t o = 0; o < outputs; ++o) {
                        const float expected = dot_in_order(x.data() + t * length, w.data() + o * length, length, rest);
                        EXPECT_NEAR(y[t * (outputs + 1) + o], expected, tolerance)
                            << to_string(simd) << ' ' << length << ' ' << t << ' ' << o;
                    }
                    EXPECT_EQ(y[t * (outputs + 1) + outputs], -7.0F) << "beyond the outputs";
                }
            }
        }
    }
}

// As rows whose products are wanted, and as columns of rows that are summed up.
TEST(Panels, are_multiplied_in_the_same_order_to_the_last_bit) {
    constexpr std::size_t kRows = 7;
    for (const std::size_t length : {1U, 31U, 32U, 33U, 64U, 80U, 128U, 200U, 600U})
        for (const std::size_t outputs : {1U, 40U, 64U, 80U, 130U})
            for (const Rest rest : {Rest::in_turn, Rest::padded})
                for (const Simd simd : kSimds) {
                    if (simd > best_simd()) continue;
                    const auto x = numbers("x", kRows * length), w = numbers("w", outputs * length);
                    std::vector<float> turned(w.size()), products(kRows * (outputs + 1), -7.0F), sums = products;
                    for (std::size_t o = 0; o < outputs; ++o)
                        for (std::size_t k = 0; k < length; ++k) turned[k * outputs + o] = w[o * length + k];
                    Panels rows, columns;
                    rows.resize_for_products(outputs, length);
                    columns.resize_for_sums(length, outputs);
                    for (std::size_t i = 0; i < rows.count(); ++i) {
                        rows.pack({w.data(), outputs, length, length}, i);
                        columns.pack({turned.data(), length, outputs, outputs}, i);
                    }
                    const Strip<const float> in{x.data(), kRows, length, length};
                    rows.multiply(in, 0, 0, {products.data(), kRows, outputs, outputs + 1}, rest, simd);
                    columns.multiply(in, 0, 0, {sums.data(), kRows, outputs, outputs + 1}, rest, simd);
                    EXPECT_EQ(products, sums);
                    const float tolerance = test::fuses(simd) ? 0.0F : 1e-5F * static_cast<float>(length);
                    for (std::size_t i = 0; i < products.size(); ++i) {
                        const std::size_t t = i / (outputs + 1), o = i % (outputs + 1);
                        const float expected =
                            o == outputs ? -7.0F
                                         : dot_in_order(x.data() + t * length, w.data() + o * length, length, rest);
                        EXPECT_NEAR(products[i], expected, tolerance) << to_string(simd) << ' ' << length << ' ' << i;
                    }
                }
}

TEST(Panels, begin_at_multiples_of_32_elements_and_of_their_width) {
    constexpr std::size_t kElements = 70, kOutputs = 100;
    const auto w = numbers("w", kOutputs * kElements), x = numbers("x", kElements);
    Panels panels;
    panels.resize_for_products(kOutputs, kElements);
    for (std::size_t i = 0; i < panels.count(); ++i) panels.pack({w.data(), kOutputs, kElements, kElements}, i);
    std::vector<float> y(36);
    panels.multiply({x.data() + 32, 1, 38, 38}, 32, 64, {y.data(), 1, 36, 36}, Rest::padded, best_simd());
    for (std::size_t o = 0; o < y.size(); ++o)
        EXPECT_NEAR(y[o], dot_in_order(x.data() + 32, w.data() + (64 + o) * kElements + 32, 38, Rest::padded), 1e-4F);
    EXPECT_THROW(panels.multiply({x.data(), 1, 38, 38}, 16, 64, {y.data(), 1, 36, 36}, Rest::padded, best_simd()),
                 Error);
    EXPECT_THROW(panels.multiply({x.data(), 1, 38, 38}, 32, 65, {y.data(), 1, 35, 35}, Rest::padded, best_simd()),
                 Error);
    EXPECT_THROW(panels.multiply({x.data(), 1, 39, 39}, 32, 64, {y.data(), 1, 36, 36}, Rest::padded, best_simd()),
                 Error);
    EXPECT_THROW(panels.pack({w.data(), kOutputs, kElements - 1, kElements}, 0), Error);
    EXPECT_THROW(panels.pack({w.data(), kOutputs, kElements, kElements}, 2), Error);
}

TEST(Exp, gives_the_same_floats_with_every_fused_instruction_set) {
    if (!test::fuses(best_simd())) GTEST_SKIP() << "NOT CHECKED: this processor has none";
    auto x = numbers("x", 1003);
    for (float& v : x) v *= 40.0F;
    std::vector<float> exps = x, gates = x;
    const double sum = exp_shifted(exps, 1.0F, Rest::padded, best_simd());
    silu_all(gates, best_simd());
    for (const Simd simd : kSimds) {
        if (simd >= best_simd() || !test::fuses(simd)) continue;
        std::vector<float> others = x;
        EXPECT_EQ(exp_shifted(others, 1.0F, Rest::padded, simd), sum) << to_string(simd);
        EXPECT_EQ(others, exps) << to_string(simd);
        others = x;
        silu_all(others, simd);
        EXPECT_EQ(others, gates) << to_string(simd);
    }
}

// Halves that are subnormal, those around 10, where the table ends, and what is no number.
TEST(Gelu, gives_the_same_floats_by_the_table_with_every_instruction_set) {
    std::vector<float> x = {0.0F,  -0.0F,  9.99F, 9.999F, 10.0F,    -9.999F,  -10.0F,
                            1e30F, -1e30F, 3e-8F, -6e-5F, INFINITY, -INFINITY};
    for (const float v : numbers("x", 1003)) x.push_back(v * 12.0F);
    for (const Simd simd : kSimds) {
        if (simd > best_simd()) continue;
        std::vector<float> all = x;
        gelu_all(all, simd);
        for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(all[i], gelu(x[i])) << to_string(simd) << ' ' << x[i];
    }
    std::vector<float> none(16, NAN);
    gelu_all(none);
    for (const float v : none) EXPECT_TRUE(std::isnan(v));
    EXPECT_EQ(gelu(INFINITY), INFINITY);
    EXPECT_EQ(gelu(-INFINITY), 0.0F);
}

}  // namespace
}  // namespace attnx::kernel

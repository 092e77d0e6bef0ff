// Products of whole numbers against the order of ggml's AVX2 code written out, number by number.
#include "attnx/kernel/integer_products.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "support/golden_model.h"

namespace attnx::kernel {
namespace {

struct Weights {
    std::vector<std::int8_t> codes, factors;
    std::vector<float> scales, minimum_scales;
    std::vector<std::int16_t> minima;
    IntegerRows rows;
};

float random(const char* name, std::size_t i, float scale) { return test::golden_weight(name, 5, i, scale, 0.0F); }

Weights weights_of(const IntegerForm& form, std::size_t rows, std::size_t columns) {
    Weights w;
    const std::size_t sections = rows * columns / form.section;
    for (std::size_t i = 0; i < rows * columns; ++i) {
        const float code = random("c", i, 31.9F);
        w.codes.push_back(static_cast<std::int8_t>(form.minima == Minima::none ? code : std::abs(code)));
    }
    for (std::size_t i = 0; form.group != 0 && i < rows * columns / form.group; ++i)
        w.factors.push_back(static_cast<std::int8_t>(random("f", i, 63.9F)));
    for (std::size_t i = 0; i < sections * form.scales; ++i) w.scales.push_back(random("s", i, 0.01F));
    if (form.minima != Minima::none)
        for (std::size_t i = 0; i < sections; ++i) w.minimum_scales.push_back(random("m", i, 0.01F));
    for (std::size_t i = 0; i < sections * minima_per_section(form); ++i)
        w.minima.push_back(static_cast<std::int16_t>(std::abs(random("n", i, 63.9F))));
    w.rows = {rows,           columns, w.codes.data(), w.factors.data(), w.scales.data(), w.minimum_scales.data(),
              w.minima.data()};
    return w;
}

Eights tokens_of(const IntegerForm& form, std::size_t rows, std::size_t columns, Simd simd) {
    Eights x;
    x.resize(form, rows, columns, simd);
    std::vector<float> row(columns);
    for (std::size_t t = 0; t < rows; ++t) {
        for (std::size_t i = 0; i < columns; ++i) row[i] = random("x", t * columns + i, 3.0F);
        x.round(form, t, row, simd);
    }
    return x;
}

// One product in the order of ggml_vec_dot_* or, for whole rows, of its tiled products.
struct OneProduct {
    const IntegerForm& form;
    const Eights& x;
    const Weights& w;
    std::size_t t, o;

    std::size_t sections() const { return x.sections(); }
    int weight(std::size_t i) const {
        const std::size_t at = o * x.columns + i;
        return w.codes[at] * (form.group != 0 ? w.factors[at / form.group] : 1);
    }
    int code(std::size_t i) const { return x.code(t, i); }
    int sum(std::size_t k) const { return x.sums[t * (x.columns / x.summed) + k]; }
    float x_scale(std::size_t s) const { return x.scales[t * sections() + s]; }
    int minimum(std::size_t s, std::size_t k) const {
        return w.minima[(o * sections() + s) * minima_per_section(form) + k];
    }
    float minimum_scale(std::size_t s) const { return w.minimum_scales[o * sections() + s]; }

    int whole(std::size_t s) const {
        int all = 0;
        for (std::size_t i = s * form.section; i < (s + 1) * form.section; ++i) all += weight(i) * code(i);
        return all;
    }
    // Its fours of every 32 codes; what is spread is added to codes and taken off by sums of 16.
    int of_lane(std::size_t s, std::size_t lane) const {
        int all = 0;
        for (std::size_t i = s * form.section; i < (s + 1) * form.section; ++i) {
            if (i % 32 / 4 != lane) continue;
            const std::size_t at = o * x.columns + i;
            const int factor = form.group != 0 ? w.factors[at / form.group] : 1;
            all += (w.codes[at] + form.spread) * factor * code(i);
        }
        for (std::size_t k = 2 * lane; form.spread != 0 && k < 2 * lane + 2; ++k) {
            const std::size_t part = s * 16 + k;
            all -= form.spread * (form.group != 0 ? w.factors[o * (x.columns / 16) + part] : 1) * sum(part);
        }
        return all;
    }

    float by_sections() const {
        float all = 0.0F;
        for (std::size_t s = 0; s < sections(); ++s) {
            float scaled = w.scales[o * sections() + s] * static_cast<float>(whole(s));
            int minima = 0;
            for (std::size_t k = 0; k < minima_per_section(form); ++k)
                minima += minimum(s, k) * sum(s * minima_per_section(form) + k);
            if (form.minima != Minima::none) scaled = std::fma(-minimum_scale(s), static_cast<float>(minima), scaled);
            all = std::fma(scaled, x_scale(s), all);
        }
        return all;
    }

    // Four sections at a time, by the scales of x first.
    float nested_lane(std::size_t lane) const {
        float all = 0.0F;
        for (std::size_t s = 0; s < sections(); s += form.nested) {
            float four = x_scale(s) * static_cast<float>(of_lane(s, lane));
            for (std::size_t i = s + 1; i < s + form.nested; ++i)
                four = std::fma(x_scale(i), static_cast<float>(of_lane(i, lane)), four);
            all = std::fma(w.scales[o * sections() + s], four, all);
        }
        return all;
    }

    float lane(std::size_t lane, std::size_t chain) const {
        if (form.nested != 1) return nested_lane(lane);
        float all = 0.0F;
        for (std::size_t s = 0; s < sections(); ++s) {
            if (form.run != 0 && s / form.run % 2 != chain) continue;
            if (form.rest_whole && sections() % 2 == 1 && s + 1 == sections()) continue;
            if (form.minima == Minima::in_lanes) {
                const int minima = minimum(s, 2 * lane) * sum(s * 16 + 2 * lane) +
                                   minimum(s, 2 * lane + 1) * sum(s * 16 + 2 * lane + 1);
                all = std::fma(-minimum_scale(s) * x_scale(s), static_cast<float>(minima), all);
            }
            const float scale = w.scales[(o * sections() + s) * form.scales + (form.scales == 2 ? lane / 4 : 0)];
            all = std::fma(scale * x_scale(s), static_cast<float>(of_lane(s, lane)), all);
        }
        return all;
    }

    // Minima of each section from `first` on, one chain.
    float minima(std::size_t first, std::size_t count) const {
        float all = 0.0F;
        for (std::size_t s = 0; s < sections(); ++s) {
            int sums = 0;
            for (std::size_t k = first; k < first + count; ++k) sums += minimum(s, k) * sum(s * 8 + k);
            all = std::fma(-minimum_scale(s) * x_scale(s), static_cast<float>(sums), all);
        }
        return all;
    }

    float by_lanes() const {
        std::array<float, 8> l;
        for (std::size_t i = 0; i < 8; ++i) l[i] = form.run == 0 ? lane(i, 0) : lane(i, 0) + lane(i, 1);
        float all = ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
        if (form.rest_whole && sections() % 2 == 1) {
            const std::size_t s = sections() - 1;
            all = std::fma(w.scales[o * sections() + s] * x_scale(s), static_cast<float>(whole(s)), all);
        }
        if (form.minima == Minima::sums) {
            float sums = 0.0F;
            for (std::size_t s = 0; s < sections(); ++s)
                sums = std::fma(minimum_scale(s), x.float_sums[t * sections() + s], sums);
            all += sums;
        }
        if (form.minima == Minima::together) all += minima(0, 8);
        if (form.minima == Minima::by_fours) all += (minima(0, 2) + minima(4, 2)) + (minima(2, 2) + minima(6, 2));
        return all;
    }
};

const std::vector<std::pair<std::string, IntegerForm>>& forms() {
    const auto k = [](std::uint8_t group, Minima minima, std::uint8_t spread) {
        return IntegerForm{.rounding = Rounding::q8_k,
                           .section = 256,
                           .group = group,
                           .minima = minima,
                           .spread = spread,
                           .whole_rows = true};
    };
    static const std::vector<std::pair<std::string, IntegerForm>> all = {
        {"q8_0", {.rounding = Rounding::q8_0}},
        {"q4_1", {.rounding = Rounding::q8_1, .minima = Minima::sums}},
        {"iq4_nl", {.rounding = Rounding::q8_0, .run = 1, .rest_whole = true}},
        {"q2_0", {.rounding = Rounding::q8_0, .run = 2}},
        {"q1_0", {.rounding = Rounding::q8_0, .nested = 4}},
        {"nvfp4", {.rounding = Rounding::q8_0, .scales = 2}},
        {"tq2_0", {.rounding = Rounding::q8_k, .section = 256, .spread = 1}},
        {"q2_K", k(16, Minima::in_lanes, 0)},
        {"q3_K", k(16, Minima::none, 0)},
        {"q4_K", k(32, Minima::by_fours, 0)},
        {"q5_K", k(32, Minima::together, 0)},
        {"q6_K", k(16, Minima::none, 32)}};
    return all;
}

void expect_in_order(const std::string& name, const IntegerForm& form, std::size_t tokens, std::size_t columns) {
    constexpr std::size_t kOutputs = 37;  // fills no tile
    const Weights w = weights_of(form, kOutputs, columns);
    for (const Simd simd : kSimds) {
        if (simd > best_simd()) continue;
        const Eights x = tokens_of(form, tokens, columns, simd);
        std::vector<float> y(tokens * (kOutputs + 1), -7.0F);
        IntegerRoom room;
        integer_products(form, x, w.rows, {y.data(), tokens, kOutputs, kOutputs + 1}, room, simd);
        for (std::size_t t = 0; t < tokens; ++t) {
            for (std::size_t o = 0; o < kOutputs; ++o) {
                const OneProduct one{form, x, w, t, o};
                const float expected = form.whole_rows && tokens >= 8 ? one.by_sections() : one.by_lanes();
                ASSERT_EQ(y[t * (kOutputs + 1) + o], expected)
                    << name << " on " << to_string(simd) << ", " << tokens << " tokens, token " << t << ", row " << o;
            }
            EXPECT_EQ(y[t * (kOutputs + 1) + kOutputs], -7.0F) << "beyond the rows";
        }
    }
}

TEST(IntegerProducts, are_scaled_and_added_in_the_order_of_ggml_to_the_last_bit_on_every_instruction_set) {
    for (const auto& [name, form] : forms())
        for (const std::size_t tokens : {1U, 7U, 8U, 11U})
            for (const std::size_t sections : {1U, 3U, 6U}) {
                const std::size_t columns = sections * (form.run == 2 ? 64 : form.section * form.nested);
                expect_in_order(name, form, tokens, columns);
            }
}

TEST(IntegerProducts, of_sizes_that_do_not_go_together_are_refused) {
    const IntegerForm& form = forms().front().second;
    const Weights w = weights_of(form, 4, 64);
    const Eights x = tokens_of(form, 2, 96, Simd::portable);
    std::vector<float> y(8);
    IntegerRoom room;
    EXPECT_ANY_THROW(integer_products(form, x, w.rows, {y.data(), 2, 4, 4}, room, Simd::portable));
    EXPECT_ANY_THROW(tokens_of(form, 2, 65, Simd::portable));
}

}  // namespace
}  // namespace attnx::kernel

#include "attnx/tensor/integers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "attnx/base/error.h"
#include "support/golden_blocks.h"

namespace attnx::tensor {
namespace {

using test::golden_blocks;
using test::GoldenBlocks;

struct Unpacked {
    IntegerForm form;
    std::vector<std::int8_t> codes, factors;
    std::vector<float> scales, minimum_scales;
    std::vector<std::int16_t> minima;

    // The weight, and of how large terms it is the difference.
    std::pair<double, double> value(std::size_t i) const {
        const std::size_t s = i / form.section, scale = form.scales == 2 ? s * 2 + i % 32 / 16 : s;
        const double product =
            static_cast<double>(scales[scale]) * codes[i] * (form.group != 0 ? factors[i / form.group] : 1);
        double minimum = 0;
        if (form.minima == Minima::sums) minimum = -static_cast<double>(minimum_scales[s]);
        else if (form.minima != Minima::none)
            minimum = static_cast<double>(minimum_scales[s]) * minima[i / (form.section / minima_per_section(form))];
        return {product - minimum, std::abs(product) + std::abs(minimum)};
    }
};

Unpacked unpacked(const GoldenBlocks& golden) {
    Unpacked u{integer_form(golden.type), {}, {}, {}, {}, {}};
    const std::size_t count = golden.values.size(), sections = count / u.form.section;
    u.codes.resize(count);
    u.factors.resize(u.form.group != 0 ? count / u.form.group : 0);
    u.scales.resize(sections * u.form.scales);
    u.minimum_scales.resize(u.form.minima != Minima::none ? sections : 0);
    u.minima.resize(sections * minima_per_section(u.form));
    unpack_integers(golden.type, golden.blocks,
                    {u.codes.data(), u.factors.data(), u.scales.data(), u.minima.data(), u.minimum_scales.data()},
                    std::endian::little);
    return u;
}

bool has_integers(const GoldenBlocks& golden) { return integer_form(golden.type).rounding >= Rounding::q8_0; }

TEST(Integers, give_the_weights_that_ggml_reads_for_every_type) {
    std::size_t types = 0;
    for (const GoldenBlocks& golden : golden_blocks()) {
        if (!has_integers(golden)) continue;
        ++types;
        const Unpacked u = unpacked(golden);
        for (std::size_t i = 0; i < golden.values.size(); ++i) {
            const auto [value, of] = u.value(i);
            ASSERT_NEAR(value, static_cast<double>(golden.values[i]), 1e-6 * of) << golden.name << " value " << i;
        }
    }
    EXPECT_EQ(types, 25U);
}

// The vec_dot_type of ggml's CPU backend (ggml-cpu.c, type_traits_cpu), by hand.
TEST(Integers, are_multiplied_with_what_ggml_rounds_activations_to) {
    const std::map<std::string, Rounding> expected = {
        {"f32", Rounding::none},     {"f16", Rounding::half},    {"bf16", Rounding::bfloat},
        {"q4_0", Rounding::q8_0},    {"q4_1", Rounding::q8_1},   {"q5_0", Rounding::q8_0},
        {"q5_1", Rounding::q8_1},    {"q8_0", Rounding::q8_0},   {"q2_K", Rounding::q8_k},
        {"q3_K", Rounding::q8_k},    {"q4_K", Rounding::q8_k},   {"q5_K", Rounding::q8_k},
        {"q6_K", Rounding::q8_k},    {"iq1_s", Rounding::q8_k},  {"iq1_m", Rounding::q8_k},
        {"iq2_xxs", Rounding::q8_k}, {"iq2_xs", Rounding::q8_k}, {"iq2_s", Rounding::q8_k},
        {"iq3_xxs", Rounding::q8_k}, {"iq3_s", Rounding::q8_k},  {"iq4_nl", Rounding::q8_0},
        {"iq4_xs", Rounding::q8_k},  {"tq1_0", Rounding::q8_k},  {"tq2_0", Rounding::q8_k},
        {"mxfp4", Rounding::q8_0},   {"nvfp4", Rounding::q8_0},  {"q2_0", Rounding::q8_0},
        {"f8_e4m3", Rounding::none}, {"q1_0", Rounding::q8_0}};
    for (const GoldenBlocks& golden : golden_blocks())
        EXPECT_EQ(integer_form(golden.type).rounding, expected.at(golden.name)) << golden.name;
}

TEST(Integers, of_blocks_that_are_not_whole_are_refused) {
    const std::vector<std::byte> blocks(17);
    EXPECT_THROW(unpack_integers(gguf::TensorType::q4_0, blocks, {}, std::endian::little), Error);
    EXPECT_THROW(unpack_integers(gguf::TensorType::f32, blocks, {}, std::endian::little), Error);
}

}  // namespace
}  // namespace attnx::tensor

#include "attnx/tensor/dequant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "attnx/base/error.h"
#include "support/golden_blocks.h"

namespace attnx::tensor {
namespace {

using gguf::TensorType;

using test::golden_blocks;
using Golden = test::GoldenBlocks;

std::vector<Simd> simds() {
    std::vector<Simd> all;
    for (const Simd simd : kSimds)
        if (simd <= best_simd()) all.push_back(simd);
    return all;
}

void expect_agrees(const Golden& golden, const std::vector<float>& out, const std::string& how) {
    ASSERT_EQ(out.size(), golden.values.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const float expected = golden.values[i];
        ASSERT_LE(std::abs(out[i] - expected), 1e-6F * std::abs(expected))
            << golden.name << ' ' << how << " value " << i;
    }
}

TEST(Dequantize, there_is_a_golden_file_for_each_of_the_29_types) { EXPECT_EQ(golden_blocks().size(), 29U); }

TEST(Dequantize, agrees_with_ggml_for_every_type_and_instruction_set) {
    for (const Golden& golden : golden_blocks()) {
        for (const Simd simd : simds()) {
            std::vector<float> out(golden.values.size());
            dequantize(golden.type, golden.blocks, out, std::endian::little, simd);
            expect_agrees(golden, out, std::string(to_string(simd)));
        }
    }
}

TEST(Dequantize, gives_the_same_floats_whatever_the_instruction_set) {
    for (const Golden& golden : golden_blocks()) {
        std::vector<float> expected(golden.values.size());
        dequantize(golden.type, golden.blocks, expected, std::endian::little, Simd::portable);
        for (const Simd simd : simds()) {
            std::vector<float> out(golden.values.size());
            dequantize(golden.type, golden.blocks, out, std::endian::little, simd);
            EXPECT_EQ(0, std::memcmp(out.data(), expected.data(), out.size() * sizeof(float)))
                << golden.name << ' ' << to_string(simd);
        }
    }
}

TEST(Dequantize, reads_blocks_at_any_address_and_in_any_number) {
    for (const Golden& golden : golden_blocks()) {
        const std::size_t blocks = golden.blocks.size() / golden.block_bytes;
        for (const Simd simd : simds()) {
            for (const std::size_t count : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
                const std::size_t first = blocks - std::min(count, blocks);
                // An exactly sized copy at an odd address, so that address sanitizers see every byte read too
                // many.
                std::vector<std::byte> moved(1 + (blocks - first) * golden.block_bytes);
                std::copy(golden.blocks.begin() + static_cast<std::ptrdiff_t>(first * golden.block_bytes),
                          golden.blocks.end(), moved.begin() + 1);
                std::vector<float> out((blocks - first) * golden.block_elements);
                dequantize(golden.type, std::span(moved).subspan(1), out, std::endian::little, simd);
                const std::vector<float> tail(golden.values.end() - static_cast<std::ptrdiff_t>(out.size()),
                                              golden.values.end());
                Golden part = golden;
                part.values = tail;
                expect_agrees(part, out, std::string(to_string(simd)));
            }
        }
    }
}

// Which bytes of a block belong together, written down from ggml-common.h independently of the code: {offset,
// width} …
const std::map<std::string, std::vector<std::pair<std::size_t, std::size_t>>>& wide_fields() {
    using Fields = std::vector<std::pair<std::size_t, std::size_t>>;
    static const auto run = [](std::size_t offset, std::size_t width, std::size_t count) {
        Fields fields;
        for (std::size_t i = 0; i < count; ++i) fields.emplace_back(offset + i * width, width);
        return fields;
    };
    static const auto join = [](Fields a, const Fields& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    static const std::map<std::string, Fields> fields = {{"f32", {{0, 4}}},
                                                         {"f16", {{0, 2}}},
                                                         {"bf16", {{0, 2}}},
                                                         {"q4_0", {{0, 2}}},
                                                         {"q4_1", {{0, 2}, {2, 2}}},
                                                         {"q5_0", {{0, 2}, {2, 4}}},
                                                         {"q5_1", {{0, 2}, {2, 2}, {4, 4}}},
                                                         {"q8_0", {{0, 2}}},
                                                         {"q2_K", {{80, 2}, {82, 2}}},
                                                         {"q3_K", {{108, 2}}},
                                                         {"q4_K", {{0, 2}, {2, 2}}},
                                                         {"q5_K", {{0, 2}, {2, 2}}},
                                                         {"q6_K", {{208, 2}}},
                                                         {"iq1_s", join({{0, 2}}, run(34, 2, 8))},
                                                         {"iq1_m", run(48, 2, 4)},
                                                         {"iq2_xxs", join({{0, 2}}, run(2, 2, 32))},
                                                         {"iq2_xs", join({{0, 2}}, run(2, 2, 32))},
                                                         {"iq2_s", {{0, 2}}},
                                                         {"iq3_xxs", join({{0, 2}}, run(66, 4, 8))},
                                                         {"iq3_s", {{0, 2}}},
                                                         {"iq4_nl", {{0, 2}}},
                                                         {"iq4_xs", {{0, 2}, {2, 2}}},
                                                         {"tq1_0", {{52, 2}}},
                                                         {"tq2_0", {{64, 2}}},
                                                         {"mxfp4", {}},
                                                         {"nvfp4", {}},
                                                         {"q1_0", {{0, 2}}},
                                                         {"q2_0", {{0, 2}}},
                                                         {"f8_e4m3", {}}};
    return fields;
}

TEST(Dequantize, reads_big_endian_blocks) {
    for (const Golden& golden : golden_blocks()) {
        std::vector<std::byte> swapped = golden.blocks;
        for (std::size_t block = 0; block < swapped.size(); block += golden.block_bytes)
            for (const auto& [offset, width] : wide_fields().at(golden.name))
                std::reverse(swapped.data() + block + offset, swapped.data() + block + offset + width);
        std::vector<float> out(golden.values.size());
        dequantize(golden.type, swapped, out, std::endian::big);
        expect_agrees(golden, out, "big-endian");
    }
}

template <class T>
std::vector<float> floats_of(TensorType type, std::vector<T> numbers, Simd simd) {
    std::vector<float> out(numbers.size());
    dequantize(type, std::as_bytes(std::span<const T>(numbers)), out, std::endian::native, simd);
    return out;
}

TEST(Dequantize, turns_whole_numbers_and_doubles_into_the_nearest_floats) {
    for (const Simd simd : simds()) {
        EXPECT_EQ(floats_of<std::int8_t>(TensorType::i8, {-128, 0, 127}, simd), (std::vector<float>{-128, 0, 127}));
        EXPECT_EQ(floats_of<std::int16_t>(TensorType::i16, {-32768, 7}, simd), (std::vector<float>{-32768, 7}));
        EXPECT_EQ(floats_of<std::int32_t>(TensorType::i32, {-5, 16777217}, simd), (std::vector<float>{-5, 16777216}));
        EXPECT_EQ(floats_of<std::int64_t>(TensorType::i64, {std::int64_t{1} << 40, -3}, simd),
                  (std::vector<float>{0x1p40F, -3}));
        EXPECT_EQ(floats_of<double>(TensorType::f64, {0.1, -2.5}, simd), (std::vector<float>{0.1F, -2.5F}));
    }
}

TEST(Dequantize, keeps_the_odd_halves_subnormal_infinite_and_nan) {
    for (const Simd simd : simds()) {
        const auto out = floats_of<std::uint16_t>(
            TensorType::f16, {0x0001, 0x83ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000}, simd);
        EXPECT_EQ(out[0], 0x1p-24F);
        EXPECT_EQ(out[1], -1023 * 0x1p-24F);
        EXPECT_EQ(out[2], 0x1p-14F);
        EXPECT_EQ(out[3], 65504.0F);
        EXPECT_EQ(out[4], std::numeric_limits<float>::infinity());
        EXPECT_EQ(out[5], -std::numeric_limits<float>::infinity());
        EXPECT_TRUE(std::isnan(out[6]));
        EXPECT_TRUE(out[7] == 0 && std::signbit(out[7]));
    }
}

TEST(Dequantize, keeps_the_two_eight_bit_floats_that_are_no_numbers) {
    for (const Simd simd : simds()) {
        const auto out = floats_of<std::uint8_t>(TensorType::f8_e4m3, {0x7f, 0xff, 0x7e, 0x80}, simd);
        EXPECT_TRUE(std::isnan(out[0]) && std::isnan(out[1]));
        EXPECT_EQ(out[2], 448.0F) << "the largest";
        EXPECT_TRUE(out[3] == 0 && std::signbit(out[3]));
    }
}

TEST(Dequantize, refuses_a_type_it_has_no_numbers_for) {
    std::vector<float> out;
    try {
        dequantize(static_cast<TensorType>(99), {}, out);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::unsupported);
    }
}

TEST(Dequantize, refuses_bytes_that_are_not_whole_blocks_and_outputs_of_another_size) {
    const std::vector<std::byte> bytes(40);
    std::vector<float> out(32);
    EXPECT_THROW(dequantize(TensorType::q4_0, bytes, out), Error);
    EXPECT_THROW(dequantize(TensorType::q4_0, std::span(bytes).first(36), out), Error);
}

}  // namespace
}  // namespace attnx::tensor

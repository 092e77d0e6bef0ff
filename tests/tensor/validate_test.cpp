// Numbers that are none. Where the scales of a block lie is spelled out again here, from ggml-common.h.
#include "attnx/tensor/validate.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace attnx::tensor {
namespace {

using gguf::TensorType;

constexpr std::uint16_t kHalfInfinity = 0x7C00, kHalfNan = 0xFE01, kHalfLargest = 0x7BFF;

struct Halves {
    const char* type;
    std::vector<std::size_t> offsets;  // of halves in a block
};

const std::vector<Halves>& halves() {
    static const std::vector<Halves> kRows = {
        {"f16", {0}},       {"q4_0", {0}},   {"q4_1", {0, 2}}, {"q5_0", {0}},    {"q5_1", {0, 2}}, {"q8_0", {0}},
        {"q2_K", {80, 82}}, {"q3_K", {108}}, {"q4_K", {0, 2}}, {"q5_K", {0, 2}}, {"q6_K", {208}},  {"iq2_xxs", {0}},
        {"iq2_xs", {0}},    {"iq2_s", {0}},  {"iq3_xxs", {0}}, {"iq3_s", {0}},   {"iq1_s", {0}},   {"iq4_nl", {0}},
        {"iq4_xs", {0}},    {"tq1_0", {52}}, {"tq2_0", {64}},  {"q1_0", {0}},    {"q2_0", {0}},
    };
    return kRows;
}

const gguf::TensorTypeRow& type_named(const std::string& name) {
    const gguf::TensorTypeRow* row = gguf::find_tensor_type(name);
    if (row == nullptr) throw std::invalid_argument(name);
    return *row;
}

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t at, T value, std::endian order) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        bytes[at + (order == std::endian::little ? i : sizeof value - 1 - i)] =
            static_cast<std::byte>(value >> (8 * i) & 0xFF);
}

std::string verdict(const gguf::TensorTypeRow& type, const std::vector<std::byte>& bytes,
                    std::endian order = std::endian::little) {
    const auto flawed = first_flaw(type.type, bytes, order);
    return flawed ? std::to_string(flawed->block) + " " + std::string(to_string(flawed->flaw)) : "";
}

TEST(FirstFlaw, is_found_in_every_half_of_every_type) {
    constexpr std::size_t kBlocks = 37, kBad = 29;
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        for (const Halves& row : halves()) {
            const gguf::TensorTypeRow& type = type_named(row.type);
            for (const std::size_t offset : row.offsets) {
                SCOPED_TRACE(std::string(row.type) + " at " + std::to_string(offset));
                std::vector<std::byte> bytes(kBlocks * type.block_bytes);
                const std::size_t at = kBad * type.block_bytes + offset;
                put(bytes, at, kHalfLargest, order);
                EXPECT_EQ(verdict(type, bytes, order), "");
                put(bytes, at, kHalfInfinity, order);
                EXPECT_EQ(verdict(type, bytes, order), "29 is infinite");
                put(bytes, at, kHalfNan, order);
                EXPECT_EQ(verdict(type, bytes, order), "29 is NaN");
            }
        }
    }
}

TEST(FirstFlaw, is_only_in_scales_where_all_other_bits_are_numbers) {
    for (const Halves& row : halves()) {
        const gguf::TensorTypeRow& type = type_named(row.type);
        std::vector<std::byte> bytes(3 * type.block_bytes, std::byte{0xFF});
        for (std::size_t block = 0; block < 3; ++block)
            for (const std::size_t offset : row.offsets)
                put(bytes, block * type.block_bytes + offset, kHalfLargest, std::endian::little);
        EXPECT_EQ(verdict(type, bytes), "") << row.type;
    }
}

TEST(FirstFlaw, reads_wider_numbers) {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        std::vector<std::byte> singles(100 * 4);
        put(singles, 4 * 99, std::bit_cast<std::uint32_t>(std::numeric_limits<float>::max()), order);
        EXPECT_EQ(verdict(type_named("f32"), singles, order), "");
        put(singles, 4 * 99, std::bit_cast<std::uint32_t>(-std::numeric_limits<float>::infinity()), order);
        EXPECT_EQ(verdict(type_named("f32"), singles, order), "99 is infinite");
        put(singles, 4 * 7, std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN()), order);
        EXPECT_EQ(verdict(type_named("f32"), singles, order), "7 is NaN");

        std::vector<std::byte> brains(100 * 2);
        put(brains, 2 * 50, std::uint16_t{0x7F7F}, order);
        EXPECT_EQ(verdict(type_named("bf16"), brains, order), "");
        put(brains, 2 * 50, std::uint16_t{0xFF80}, order);
        EXPECT_EQ(verdict(type_named("bf16"), brains, order), "50 is infinite");
        put(brains, 2 * 50, std::uint16_t{0x7FC0}, order);
        EXPECT_EQ(verdict(type_named("bf16"), brains, order), "50 is NaN");

        std::vector<std::byte> doubles(4 * 8);
        put(doubles, 16, std::bit_cast<std::uint64_t>(1e300), order);
        EXPECT_EQ(verdict(type_named("f64"), doubles, order), "2 is infinite") << "ggml reads it as a float";

        std::vector<std::byte> blocks(2 * 292);
        put(blocks, 292, std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity()), order);
        EXPECT_EQ(verdict(type_named("q8_K"), blocks, order), "1 is infinite");
    }
}

TEST(FirstFlaw, reads_eight_bit_floats_which_have_no_infinity) {
    std::vector<std::byte> bytes(300, std::byte{0x7E});
    EXPECT_EQ(verdict(type_named("f8_e4m3"), bytes), "");
    bytes[299] = std::byte{0xFF};
    EXPECT_EQ(verdict(type_named("f8_e4m3"), bytes), "299 is NaN");
    bytes[7] = std::byte{0x7F};
    EXPECT_EQ(verdict(type_named("f8_e4m3"), bytes, std::endian::big), "7 is NaN");
}

TEST(FirstFlaw, puts_a_scattered_scale_together) {
    // iq1_m: the top four bits of the four words at byte 48 are the digits of the scale, the lowest first.
    const std::uint16_t words[] = {0x0FFF, 0x0FFF, 0xCFFF, 0x7FFF};
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        std::vector<std::byte> block(56);
        for (std::size_t i = 0; i < 4; ++i) put(block, 48 + 2 * i, words[i], order);
        EXPECT_EQ(verdict(type_named("iq1_m"), block, order), "0 is infinite");
        put(block, 54, std::uint16_t{0x3FFF}, order);
        EXPECT_EQ(verdict(type_named("iq1_m"), block, order), "");
    }
}

TEST(FirstFlaw, knows_what_ggml_does_not_look_at) {
    for (const char* name : {"i8", "i16", "i32", "i64", "nvfp4"}) {
        const gguf::TensorTypeRow& type = type_named(name);
        EXPECT_EQ(verdict(type, std::vector<std::byte>(4 * type.block_bytes, std::byte{0xFF})), "") << name;
    }
    std::vector<std::byte> block(17 * 3);
    EXPECT_EQ(verdict(type_named("mxfp4"), block), "");
    block[17] = std::byte{0xFF};
    EXPECT_EQ(verdict(type_named("mxfp4"), block), "1 has a scale whose bits mean nothing");
    EXPECT_EQ(verdict(type_named("q8_1"), std::vector<std::byte>(36)), "0 is of a type that no model has");
    EXPECT_EQ(verdict(type_named("f32"), {}), "");
}

}  // namespace
}  // namespace attnx::tensor

// Blocks of a cache against those of ggml's CPU backend (b12032, AVX2): from_float of the same numbers.
#include "attnx/tensor/encode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/tensor/dequant.h"
#include "support/golden_model.h"

namespace attnx::tensor {
namespace {

using enum gguf::TensorType;

constexpr std::size_t kCacheBlock = 32, kCacheBlocks = 64;

// Blocks of seven shapes: dense around 0, of many magnitudes, with ties, far from 0, tiny, large, a single number.
float cached_number(std::size_t i) {
    const float v = test::golden_weight("cache", 1, i, 1.0F, 0.0F);
    switch (i / kCacheBlock % 7) {
        case 0: return v * v * v;
        case 1: return std::ldexp(v, -static_cast<int>(i % 12));
        case 2: return std::round(v * 8.0F) / 8.0F;
        case 3: return v / 1024.0F + 3.0F;
        case 4: return std::ldexp(v, -20);
        case 5: return v * 50.0F;
        default: return i % kCacheBlock == 5 ? v : 0.0F;
    }
}

std::vector<float> cached_numbers() {
    std::vector<float> all(kCacheBlock * kCacheBlocks);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = cached_number(i);
    return all;
}

std::vector<std::byte> encoded(gguf::TensorType type, const std::vector<float>& values) {
    std::vector<std::byte> blocks(*gguf::row_bytes(gguf::row(type), values.size()));
    encode(type, values, blocks);
    return blocks;
}

std::vector<float> decoded(gguf::TensorType type, const std::vector<std::byte>& blocks, std::size_t count) {
    std::vector<float> values(count);
    dequantize(type, blocks, values);
    return values;
}

struct MeasuredCache {
    gguf::TensorType type;
    std::string first;   // block, in hexadecimal
    std::uint64_t hash;  // fnv1a64 of all bytes
};

const std::vector<MeasuredCache>& measured_caches() {
    static const std::vector<MeasuredCache> all = {
        {q8_0, "6e1dfffd03b9dd00f3e9c800feee71e9be22b1000235dd47e0ef001d30ffed0e7fff", 0xd109a6e52c1e1ee6},
        {q4_0, "63add888885caa48a9998c68588991790c86", 0xa30ff2ce11d18779},
        {q4_1, "ac2cbdb6066666a133b63554628696644e74f168", 0x6da2b2fb4cedb88e},
        {iq4_nl, "819de888884dbb38b99a8c584889a17a0d85", 0x8888e51ebe6b2477},
        {q5_0, "63a9ff6fd799a00000994470422307c0a00222e3080c", 0xff7dd8e23080bc8f},
        {q5_1, "8528bdb6009028460ccbcc41777c7a98c40c3cc99de8f2c1", 0x5ecd936aa2d0f42f},
    };
    return all;
}

TEST(Encode, gives_ggmls_bytes) {
    for (const MeasuredCache& row : measured_caches()) {
        const std::vector<std::byte> blocks = encoded(row.type, cached_numbers());
        std::string first;
        std::uint64_t hash = 0xcbf29ce484222325;
        for (const std::byte byte : blocks) {
            constexpr char kDigits[] = "0123456789abcdef";
            const auto value = std::to_integer<unsigned>(byte);
            if (first.size() < row.first.size()) first += {kDigits[value >> 4U], kDigits[value & 15U]};
            hash = (hash ^ value) * 0x100000001b3;
        }
        EXPECT_EQ(first, row.first) << gguf::row(row.type).name;
        EXPECT_EQ(hash, row.hash) << gguf::row(row.type).name;
    }
}

TEST(Encode, is_there_for_every_quantised_type_of_a_cache) {
    std::size_t quantised = 0;
    for (const gguf::TensorType type : cache_types()) quantised += gguf::row(type).block_elements > 1 ? 1 : 0;
    EXPECT_EQ(quantised, measured_caches().size());
    EXPECT_EQ(cache_types().size(), 9u);
}

TEST(Encode, of_zeros_is_read_back_as_zeros) {
    const std::vector<float> zeros(kCacheBlock);
    for (const MeasuredCache& row : measured_caches())
        EXPECT_EQ(decoded(row.type, encoded(row.type, zeros), kCacheBlock), zeros) << gguf::row(row.type).name;
}

// Of iq4_nl the scale is fitted again to the levels, which may move.
TEST(Encode, of_what_was_read_back_is_what_was_stored) {
    for (const MeasuredCache& row : measured_caches()) {
        if (row.type == iq4_nl) continue;
        const std::vector<float> once =
            decoded(row.type, encoded(row.type, cached_numbers()), kCacheBlock * kCacheBlocks);
        EXPECT_EQ(decoded(row.type, encoded(row.type, once), once.size()), once) << gguf::row(row.type).name;
    }
}

// Half a step of a symmetric type is most/2^bits; a little more at the positive end, which has one level less.
TEST(Encode, is_off_by_no_more_than_a_step) {
    const std::vector<float> exact = cached_numbers();
    for (const auto& [type, levels] : {std::pair{q8_0, 127.0F}, {q5_0, 16.0F}, {q4_0, 8.0F}}) {
        const std::vector<float> read = decoded(type, encoded(type, exact), exact.size());
        for (std::size_t block = 0; block < kCacheBlocks; ++block) {
            float most = 0;
            for (std::size_t i = block * kCacheBlock; i < (block + 1) * kCacheBlock; ++i)
                most = std::max(most, std::abs(exact[i]));
            for (std::size_t i = block * kCacheBlock; i < (block + 1) * kCacheBlock; ++i)
                EXPECT_LE(std::abs(read[i] - exact[i]), 1.001F * most / levels + 0x1p-20F) << gguf::row(type).name << i;
        }
    }
}

TEST(Encode, survives_what_is_no_number) {
    std::vector<float> odd(kCacheBlock, 1.0F);
    odd[3] = std::numeric_limits<float>::quiet_NaN();
    odd[7] = std::numeric_limits<float>::infinity();
    odd[9] = -std::numeric_limits<float>::max();
    for (const MeasuredCache& row : measured_caches()) EXPECT_NO_THROW(encoded(row.type, odd));
}

TEST(Encode, refuses_other_types_and_parts_of_blocks) {
    std::vector<std::byte> blocks(34);
    EXPECT_THROW(encode(q4_k, std::vector<float>(256), blocks), Error);
    EXPECT_THROW(encode(q8_0, std::vector<float>(31), blocks), Error);
    EXPECT_THROW(encode(q8_0, std::vector<float>(64), blocks), Error);
}

}  // namespace
}  // namespace attnx::tensor

// tensor: as whole numbers: 32 values with one scale, the _1 kinds with a minimum.
#pragma once

#include "parts.h"

namespace attnx::tensor::integers {

inline constexpr int kHalf = 16;

// Low nibbles are the first half of the block, high nibbles the second.
inline void nibbles(const Byte* qs, int less, std::int8_t* __restrict codes) {
    for (int i = 0; i < kHalf; ++i) codes[i] = static_cast<std::int8_t>((qs[i] & 15) - less);
    for (int i = 0; i < kHalf; ++i) codes[i + kHalf] = static_cast<std::int8_t>((qs[i] >> 4) - less);
}

// Adds 16 to code i where bit i is set, eight codes at a time: a bit becomes the top bit of its byte first.
inline void add_fifth(const Byte* qh, std::int8_t* codes) {
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kBits =
        std::endian::native == std::endian::little ? 0x8040201008040201ULL : 0x0102040810204080ULL;
    for (int i = 0; i < 4; ++i) {
        const std::uint64_t bits = qh[i] * kOnes & kBits;
        const std::uint64_t set = (bits + 0x7f * kOnes) >> 7U & kOnes;
        std::uint64_t eight;
        std::memcpy(&eight, codes + 8 * i, sizeof eight);
        eight |= set << 4U;
        std::memcpy(codes + 8 * i, &eight, sizeof eight);
    }
}

inline void fives(const Byte* qs, const Byte* qh, int less, std::int8_t* __restrict codes) {
    nibbles(qs, 0, codes);
    add_fifth(qh, codes);
    for (int i = 0; i < 2 * kHalf; ++i) codes[i] = static_cast<std::int8_t>(codes[i] - less);
}

inline void unpack(const BlockQ4_0& block, const IntegerRow& row) {
    nibbles(block.qs, 8, row.codes);
    *row.scales = half(block.d);
}

inline void unpack(const BlockQ4_1& block, const IntegerRow& row) {
    nibbles(block.qs, 0, row.codes);
    *row.scales = half(block.d);
    *row.minimum_scales = half(block.m);
}

inline void unpack(const BlockQ5_0& block, const IntegerRow& row) {
    fives(block.qs, block.qh, 16, row.codes);
    *row.scales = half(block.d);
}

inline void unpack(const BlockQ5_1& block, const IntegerRow& row) {
    fives(block.qs, block.qh, 0, row.codes);
    *row.scales = half(block.d);
    *row.minimum_scales = half(block.m);
}

inline void unpack(const BlockQ8_0& block, const IntegerRow& row) {
    std::memcpy(row.codes, block.qs, sizeof block.qs);
    *row.scales = half(block.d);
}

}  // namespace attnx::tensor::integers

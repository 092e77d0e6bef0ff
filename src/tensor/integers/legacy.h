// tensor: as whole numbers: 32 values with one scale, the _1 kinds with a minimum.
#pragma once

#include "parts.h"

namespace attnx::tensor::integers {

using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;

inline void store(Sixteen codes, int less, std::int8_t* to) {
    codes -= static_cast<std::uint8_t>(less);
    std::memcpy(to, &codes, sizeof codes);
}

// Low nibbles are the first half of the block, high nibbles the second.
struct Halves {
    Sixteen first, second;
};
inline Halves nibbles_of(const Byte* qs) {
    Sixteen q;
    std::memcpy(&q, qs, sizeof q);
    return {q & 15, q >> 4};
}
inline void nibbles(const Byte* qs, int less, std::int8_t* codes) {
    const Halves halves = nibbles_of(qs);
    store(halves.first, less, codes);
    store(halves.second, less, codes + sizeof(Sixteen));
}

// 16 where the bit is set, of the sixteen bits from qh on.
inline Sixteen fifth_bits(const Byte* qh) {
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kBits =
        std::endian::native == std::endian::little ? 0x8040201008040201ULL : 0x0102040810204080ULL;
    using Two [[gnu::vector_size(16)]] = std::uint64_t;
    const auto bits = Sixteen(Two{qh[0] * kOnes, qh[1] * kOnes} & kBits);
    return Sixteen(bits != 0) & 16;
}

inline void fives(const Byte* qs, const Byte* qh, int less, std::int8_t* codes) {
    const Halves halves = nibbles_of(qs);
    store(halves.first | fifth_bits(qh), less, codes);
    store(halves.second | fifth_bits(qh + 2), less, codes + sizeof(Sixteen));
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

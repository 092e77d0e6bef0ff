// tensor: as whole numbers: ternary types, two bits, four-bit floats.
#pragma once

#include "parts.h"

namespace attnx::tensor::integers {

// As decode_ternary, -1, 0 or 1.
template <int bytes, int digits>
inline std::int8_t* ternary(const Byte* packed, std::int8_t* codes) {
    unsigned power = 1;
    for (int digit = 0; digit < digits; ++digit, power *= 3, codes += bytes) {
        for (int i = 0; i < bytes; ++i)
            codes[i] = static_cast<std::int8_t>(static_cast<int>(((packed[i] * power) & 255U) * 3 >> 8U) - 1);
    }
    return codes;
}

template <int half_count>
inline void four_bit_floats(const Byte* q, std::int8_t* codes) {
    for (int i = 0; i < half_count; ++i) codes[i] = kDoubledE2m1[q[i] & 15];
    for (int i = 0; i < half_count; ++i) codes[i + half_count] = kDoubledE2m1[q[i] >> 4];
}

inline void unpack(const BlockTq1_0& block, const IntegerRow& row) {
    ternary<4, 4>(block.qh, ternary<16, 5>(block.qs + 32, ternary<32, 5>(block.qs, row.codes)));
    *row.scales = half(block.d);
}

inline void unpack(const BlockTq2_0& block, const IntegerRow& row) {
    for (int part = 0; part < 8; ++part) {
        const Byte* q = block.qs + part / 4 * 32;
        for (int i = 0; i < 32; ++i)
            row.codes[part * 32 + i] = static_cast<std::int8_t>(((q[i] >> (part % 4 * 2)) & 3) - 1);
    }
    *row.scales = half(block.d);
}

inline void unpack(const BlockQ1_0& block, const IntegerRow& row) {
    for (unsigned i = 0; i < 128; ++i)
        row.codes[i] = static_cast<std::int8_t>((block.qs[i / 8] >> (i % 8) & 1) != 0 ? 1 : -1);
    for (int s = 0; s < 4; ++s) row.scales[s] = half(block.d);
}

inline void unpack(const BlockQ2_0& block, const IntegerRow& row) {
    for (unsigned i = 0; i < 64; ++i)
        row.codes[i] = static_cast<std::int8_t>(static_cast<int>((block.qs[i / 4] >> (i % 4 * 2)) & 3U) - 1);
    row.scales[0] = row.scales[1] = half(block.d);
}

inline void unpack(const BlockMxfp4& block, const IntegerRow& row) {
    four_bit_floats<16>(block.qs, row.codes);
    *row.scales = half_e8m0_to_float(block.e);
}

inline void unpack(const BlockNvfp4& block, const IntegerRow& row) {
    for (int part = 0; part < 4; ++part) {
        four_bit_floats<8>(block.qs + part * 8, row.codes + part * 16);
        row.scales[part] = kHalfUe4m3[block.d[part]];
    }
}

}  // namespace attnx::tensor::integers

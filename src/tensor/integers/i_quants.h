// tensor: as whole numbers: codes from codebooks, with a sign each; levels of four bits.
#pragma once

#include "../dequant/i_quant_grids.h"
#include "parts.h"

namespace attnx::tensor::integers {

// codes[j] = +-byte j of grid; bit j of signs set: minus.
template <class Grid>
inline void group_of(Grid grid, unsigned signs, std::int8_t* codes) {
    for (unsigned j = 0; j < sizeof(Grid); ++j) {
        const int magnitude = static_cast<int>((grid >> (8 * j)) & 255U);
        codes[j] = static_cast<std::int8_t>((signs >> j & 1U) != 0 ? -magnitude : magnitude);
    }
}

inline std::int8_t odd(unsigned nibble) { return static_cast<std::int8_t>(2 * nibble + 1); }

inline std::uint64_t two_of_four(std::uint32_t first, std::uint32_t second) {
    return first | static_cast<std::uint64_t>(second) << 32U;
}

// Eight times one of {-1, 0, 1}, and 1 more or less: eighths.
inline void ternary_group(unsigned index, bool negative, std::int8_t* codes) {
    const std::uint64_t grid = kIq1Grid[index];
    for (unsigned j = 0; j < 8; ++j)
        codes[j] =
            static_cast<std::int8_t>(8 * static_cast<std::int8_t>((grid >> (8 * j)) & 255U) + (negative ? -1 : 1));
}

inline void levels(const Byte* q, std::int8_t* __restrict codes) {
    for (int i = 0; i < 16; ++i) codes[i] = kIq4Levels[q[i] & 15];
    for (int i = 0; i < 16; ++i) codes[i + 16] = kIq4Levels[q[i] >> 4];
}

inline void unpack(const BlockIq2Xxs& block, const IntegerRow& row) {
    std::int8_t* codes = row.codes;
    for (int part = 0; part < 8; ++part) {
        const Byte* index = block.qs + part * 8;
        const std::uint32_t word = load32(index + 4);
        row.factors[part] = odd(word >> 28U);
        for (unsigned group = 0; group < 4; ++group, codes += 8)
            group_of(kIq2XxsGrid[index[group]], even_signs((word >> (7 * group)) & 127U), codes);
    }
    *row.scales = half(block.d) * 0.125F;
}

inline void unpack(const BlockIq2Xs& block, const IntegerRow& row) {
    std::int8_t* codes = row.codes;
    for (int group = 0; group < 32; ++group, codes += 8) {
        const unsigned word = load16(block.qs + group * 2);
        group_of(kIq2XsGrid[word & 511U], even_signs(word >> 9U), codes);
    }
    for (int part = 0; part < 16; ++part) row.factors[part] = odd((block.scales[part / 2] >> (part % 2 * 4)) & 15U);
    *row.scales = half(block.d) * 0.125F;
}

inline void unpack(const BlockIq2S& block, const IntegerRow& row) {
    std::int8_t* codes = row.codes;
    for (int group = 0; group < 32; ++group, codes += 8) {
        const unsigned high = (block.qh[group / 4] >> (group % 4 * 2)) & 3U;
        group_of(kIq2SGrid[block.qs[group] | high << 8U], block.signs[group], codes);
    }
    for (int part = 0; part < 16; ++part) row.factors[part] = odd((block.scales[part / 2] >> (part % 2 * 4)) & 15U);
    *row.scales = half(block.d) * 0.125F;
}

inline void unpack(const BlockIq3Xxs& block, const IntegerRow& row) {
    std::int8_t* codes = row.codes;
    for (unsigned part = 0; part < 8; ++part) {
        const std::uint32_t word = load32(block.signs + part * 4);
        row.factors[part] = odd(word >> 28U);
        for (unsigned group = 0; group < 4; ++group, codes += 8) {
            const Byte* index = block.qs + part * 8 + group * 2;
            group_of(two_of_four(kIq3XxsGrid[index[0]], kIq3XxsGrid[index[1]]),
                     even_signs((word >> (7 * group)) & 127U), codes);
        }
    }
    *row.scales = half(block.d) * 0.25F;
}

inline void unpack(const BlockIq3S& block, const IntegerRow& row) {
    std::int8_t* codes = row.codes;
    for (int part = 0; part < 8; ++part) {
        row.factors[part] = odd((block.scales[part / 2] >> (part % 2 * 4)) & 15U);
        const unsigned high = block.qh[part];
        for (int group = 0; group < 4; ++group, codes += 8) {
            const Byte* index = block.qs + part * 8 + group * 2;
            const unsigned first = index[0] | ((high >> (2 * group)) & 1U) << 8U;
            const unsigned second = index[1] | ((high >> (2 * group + 1)) & 1U) << 8U;
            group_of(two_of_four(kIq3SGrid[first], kIq3SGrid[second]), block.signs[part * 4 + group], codes);
        }
    }
    *row.scales = half(block.d);
}

inline void unpack(const BlockIq1S& block, const IntegerRow& row) {
    std::int8_t* codes = row.codes;
    for (unsigned part = 0; part < 8; ++part) {
        const unsigned word = load16(block.qh + part * 2);
        row.factors[part] = odd((word >> 12U) & 7U);
        for (unsigned group = 0; group < 4; ++group, codes += 8)
            ternary_group(block.qs[part * 4 + group] | ((word >> (3 * group)) & 7U) << 8U, (word & 0x8000U) != 0,
                          codes);
    }
    *row.scales = half(block.d) * 0.125F;
}

inline void unpack(const BlockIq1M& block, const IntegerRow& row) {
    for (unsigned group = 0; group < 32; ++group) {
        const unsigned nibble = (block.qh[group / 2] >> (group % 2 * 4)) & 15U;
        ternary_group(block.qs[group] | (nibble & 7U) << 8U, (nibble & 8U) != 0, row.codes + 8 * group);
        row.factors[group / 2] = odd((load16(block.scales + group / 8 * 2) >> (group % 8 / 2 * 3)) & 7U);
    }
    *row.scales = scale_of(block) * 0.125F;
}

inline void unpack(const BlockIq4Nl& block, const IntegerRow& row) {
    levels(block.qs, row.codes);
    *row.scales = half(block.d);
}

inline void unpack(const BlockIq4Xs& block, const IntegerRow& row) {
    for (int part = 0; part < 8; ++part) {
        row.factors[part] = static_cast<std::int8_t>(scale_of(block, part));
        levels(block.qs + part * 16, row.codes + part * 32);
    }
    *row.scales = half(block.d);
}

}  // namespace attnx::tensor::integers

// tensor: as whole numbers: 256 values in groups of 16 or 32 that have a small whole factor each, some a whole minimum
// too.
#pragma once

#include "parts.h"

namespace attnx::tensor::integers {

template <class Block>
inline void scales_and_minima(const Block& block, const IntegerRow& row) {
    const ScalesAndMinima sub = unpack_6_bit(block.scales);
    for (int i = 0; i < 8; ++i) {
        row.factors[i] = static_cast<std::int8_t>(sub.scales >> (8 * i) & 255U);
        row.minima[i] = static_cast<std::int16_t>(sub.minima >> (8 * i) & 255U);
    }
    *row.scales = half(block.d);
    *row.minimum_scales = half(block.dmin);
}

inline void unpack(const BlockQ2K& block, const IntegerRow& row) {
    for (int part = 0; part < 16; ++part) {
        row.factors[part] = static_cast<std::int8_t>(block.scales[part] & 15);
        row.minima[part] = static_cast<std::int16_t>(block.scales[part] >> 4);
    }
    for (int part = 0; part < 8; ++part) {
        const Byte* q = block.qs + part / 4 * 32;
        std::int8_t* __restrict codes = row.codes + part * 32;
        for (int i = 0; i < 32; ++i) codes[i] = static_cast<std::int8_t>((q[i] >> (part % 4 * 2)) & 3);
    }
    *row.scales = half(block.d);
    *row.minimum_scales = half(block.dmin);
}

inline void unpack(const BlockQ3K& block, const IntegerRow& row) {
    for (int part = 0; part < 16; ++part) row.factors[part] = static_cast<std::int8_t>(scale_of(block, part));
    for (int part = 0; part < 8; ++part) {
        const Byte* q = block.qs + part / 4 * 32;
        std::int8_t* __restrict codes = row.codes + part * 32;
        for (int i = 0; i < 32; ++i)
            codes[i] =
                static_cast<std::int8_t>((((q[i] >> (part % 4 * 2)) & 3) | ((block.hmask[i] >> part) & 1) << 2) - 4);
    }
    *row.scales = half(block.d);
}

inline void unpack(const BlockQ4K& block, const IntegerRow& row) {
    for (int part = 0; part < 4; ++part) {
        const Byte* q = block.qs + part * 32;
        std::int8_t* __restrict codes = row.codes + part * 64;
        for (int i = 0; i < 32; ++i) codes[i] = static_cast<std::int8_t>(q[i] & 15);
        for (int i = 0; i < 32; ++i) codes[i + 32] = static_cast<std::int8_t>(q[i] >> 4);
    }
    scales_and_minima(block, row);
}

inline void unpack(const BlockQ5K& block, const IntegerRow& row) {
    for (int part = 0; part < 8; ++part) {
        const Byte* q = block.qs + part / 2 * 32;
        std::int8_t* __restrict codes = row.codes + part * 32;
        for (int i = 0; i < 32; ++i)
            codes[i] = static_cast<std::int8_t>(((q[i] >> (part % 2 * 4)) & 15) | ((block.qh[i] >> part) & 1) << 4);
    }
    scales_and_minima(block, row);
}

inline void unpack(const BlockQ6K& block, const IntegerRow& row) {
    std::memcpy(row.factors, block.scales, sizeof block.scales);
    for (int part = 0; part < 8; ++part) {
        const int quarter = part % 4;
        const Byte* low = block.ql + part / 4 * 64 + quarter % 2 * 32;
        const Byte* high = block.qh + part / 4 * 32;
        std::int8_t* __restrict codes = row.codes + part * 32;
        for (int i = 0; i < 32; ++i)
            codes[i] = static_cast<std::int8_t>(
                (((low[i] >> (quarter / 2 * 4)) & 15) | ((high[i] >> (quarter * 2)) & 3) << 4) - 32);
    }
    *row.scales = half(block.d);
}

}  // namespace attnx::tensor::integers

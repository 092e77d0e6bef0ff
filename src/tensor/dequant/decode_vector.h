// tensor: the types again, sixteen values at a time. All but the last step is arithmetic on bytes: every
// type's values are small whole numbers q, written as scale*q or scale*q + offset. Compiled once per
// instruction set (no include guard), which must bring
//   half(bytes)                     a half-precision scale
//   lookup(table, index)            table[index] for sixteen indices below 16
//   write(q, scale, out)            out[i] = scale * q[i], q signed
//   write(q, scale, offset, out)    out[i] = scale * q[i] + offset
// The last may be fused or not: in the types that have an offset the product is exact (11 bits of a half by 6
// of a sub-block's scale by 5 of q).

inline Bytes16 load_bytes(const Byte* bytes) {
    Bytes16 out;
    std::memcpy(&out, bytes, sizeof out);
    return out;
}
inline Bytes16 pair(std::uint64_t low, std::uint64_t high) {
    using Words [[gnu::vector_size(16)]] = std::uint64_t;
    return Bytes16(Words{low, high});
}

// Byte i is 255 where bit i is set, otherwise 0.
inline Bytes16 spread_bits(std::uint32_t bits) {
    constexpr std::uint64_t kEach = 0x0101010101010101U, kBit = 0x8040201008040201U;
    const Bytes16 one = pair(kBit, kBit);
    return Bytes16((pair((bits & 255U) * kEach, (bits >> 8U & 255U) * kEach) & one) == one);
}

// Minus where the bit of `signs` is set.
inline Bytes16 with_signs(Bytes16 magnitude, std::uint32_t signs) {
    const Bytes16 minus = spread_bits(signs);
    return (magnitude ^ minus) - minus;
}

// Shifts of byte pairs, one instruction each. Bits cross from one byte into its neighbour: mask before (left)
// or after (right).
using Pairs8 [[gnu::vector_size(16)]] = std::uint16_t;
template <int bits>
inline Bytes16 left(Bytes16 q) {
    return Bytes16(Pairs8(q) << bits);
}
template <int bits>
inline Bytes16 right(Bytes16 q) {
    return Bytes16(Pairs8(q) >> bits);
}

inline Bytes16 low_nibbles(Bytes16 q) { return q & 15; }
inline Bytes16 high_nibbles(Bytes16 q) { return right<4>(q) & 15; }

// ---- 32 values per scale ----

inline void decode(const BlockQ4_0& block, float* out) {
    const float d = half(block.d);
    const Bytes16 q = load_bytes(block.qs);
    write(low_nibbles(q) - 8, d, out);
    write(high_nibbles(q) - 8, d, out + 16);
}

inline void decode(const BlockQ4_1& block, float* out) {
    const float d = half(block.d), m = half(block.m);
    const Bytes16 q = load_bytes(block.qs);
    write(low_nibbles(q), d, m, out);
    write(high_nibbles(q), d, m, out + 16);
}

inline void decode(const BlockQ5_0& block, float* out) {
    const float d = half(block.d);
    const std::uint32_t high = load32(block.qh);
    const Bytes16 q = load_bytes(block.qs);
    write((low_nibbles(q) | (spread_bits(high) & 16)) - 16, d, out);
    write((high_nibbles(q) | (spread_bits(high >> 16U) & 16)) - 16, d, out + 16);
}

inline void decode(const BlockQ5_1& block, float* out) {
    const float d = half(block.d), m = half(block.m);
    const std::uint32_t high = load32(block.qh);
    const Bytes16 q = load_bytes(block.qs);
    write(low_nibbles(q) | (spread_bits(high) & 16), d, m, out);
    write(high_nibbles(q) | (spread_bits(high >> 16U) & 16), d, m, out + 16);
}

template <std::size_t count>
inline void decode_bytes(const std::int8_t (&bytes)[count], float d, float* out) {
    for (std::size_t i = 0; i < count; i += 16) {
        Bytes16 q;
        std::memcpy(&q, bytes + i, sizeof q);
        write(q, d, out + i);
    }
}
inline void decode(const BlockQ8_0& block, float* out) { decode_bytes(block.qs, half(block.d), out); }
inline void decode(const BlockQ8_1& block, float* out) { decode_bytes(block.qs, half(block.d), out); }
inline void decode(const BlockQ8K& block, float* out) {
    decode_bytes(block.qs, std::bit_cast<float>(load32(block.d)), out);
}

// ---- K-quants ----

// Sub-blocks of sixteen, which take two bits of the same bytes in turn.
inline void decode(const BlockQ2K& block, float* out) {
    float scale[16], offset[16];
    write(low_nibbles(load_bytes(block.scales)), half(block.d), scale);
    write(high_nibbles(load_bytes(block.scales)), -half(block.dmin), offset);
    for (int part = 0; part < 16; part += 8) {
        Bytes16 q[2] = {load_bytes(block.qs + part * 4), load_bytes(block.qs + part * 4 + 16)};
        for (int i = part; i < part + 8; ++i, out += 16) {
            write(q[i % 2] & 3, scale[i], offset[i], out);
            q[i % 2] = right<2>(q[i % 2]);
        }
    }
}

inline void decode(const BlockQ3K& block, float* out) {
    const float d = half(block.d);
    Bytes16 high[2] = {load_bytes(block.hmask), load_bytes(block.hmask + 16)};
    for (int part = 0; part < 16; part += 8) {
        Bytes16 q[2] = {load_bytes(block.qs + part * 4), load_bytes(block.qs + part * 4 + 16)};
        for (int i = part; i < part + 8; ++i, out += 16) {
            write(((q[i % 2] & 3) | left<2>(high[i % 2] & 1)) - 4, d * scale_of(block, i), out);
            q[i % 2] = right<2>(q[i % 2]);
            high[i % 2] = right<1>(high[i % 2]);
        }
    }
}

// Scales and negated minima of the eight sub-blocks.
struct Affine {
    float scale[16], offset[16];  // offsets from [8]
    Affine(const Byte* packed, float d, float dmin) {
        const ScalesAndMinima small = unpack_6_bit(packed);
        const Bytes16 q = pair(small.scales, small.minima);
        write(q, d, scale);
        write(q, -dmin, offset);
    }
};

inline void decode(const BlockQ4K& block, float* out) {
    const Affine sub(block.scales, half(block.d), half(block.dmin));
    for (int part = 0; part < 8; part += 2, out += 64) {
        for (int i = 0; i < 32; i += 16) {
            const Bytes16 q = load_bytes(block.qs + part * 16 + i);
            write(low_nibbles(q), sub.scale[part], sub.offset[part + 8], out + i);
            write(high_nibbles(q), sub.scale[part + 1], sub.offset[part + 9], out + i + 32);
        }
    }
}

inline void decode(const BlockQ5K& block, float* out) {
    const Affine sub(block.scales, half(block.d), half(block.dmin));
    Bytes16 high[2] = {load_bytes(block.qh), load_bytes(block.qh + 16)};
    for (int part = 0; part < 8; part += 2, out += 64) {
        for (int i = 0; i < 2; ++i) {
            const Bytes16 q = load_bytes(block.qs + (part + i) * 16);
            write(low_nibbles(q) | left<4>(high[i] & 1), sub.scale[part], sub.offset[part + 8], out + i * 16);
            write(high_nibbles(q) | left<3>(high[i] & 2), sub.scale[part + 1], sub.offset[part + 9], out + i * 16 + 32);
            high[i] = right<2>(high[i]);
        }
    }
}

inline void decode(const BlockQ6K& block, float* out) {
    float scale[16];
    decode_bytes(block.scales, half(block.d), scale);
    for (int part = 0; part < 4; ++part) {  // 64 values: sixteen of each quarter of a half block
        const Byte* low = block.ql + part / 2 * 64 + part % 2 * 16;
        const Bytes16 low0 = load_bytes(low), low1 = load_bytes(low + 32);
        const Bytes16 high = load_bytes(block.qh + part / 2 * 32 + part % 2 * 16);
        const float* s = scale + part / 2 * 8 + part % 2;
        float* to = out + part / 2 * 128 + part % 2 * 16;
        write((low_nibbles(low0) | left<4>(high & 3)) - 32, s[0], to);
        write((low_nibbles(low1) | left<2>(high & 12)) - 32, s[2], to + 32);
        write((high_nibbles(low0) | (high & 48)) - 32, s[4], to + 64);
        write((high_nibbles(low1) | (right<2>(high) & 48)) - 32, s[6], to + 96);
    }
}

// ---- i-quants ----

// The signs of two groups of eight.
inline std::uint32_t two_even_signs(std::uint32_t first, std::uint32_t second) {
    return even_signs(first) | even_signs(second) << 8U;
}

inline void decode(const BlockIq2Xxs& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part, out += 32) {
        const Byte* index = block.qs + part * 8;
        const std::uint32_t word = load32(index + 4);
        const float scale = d * (0.5F + static_cast<float>(word >> 28U)) * 0.25F;
        write(with_signs(pair(kIq2XxsGrid[index[0]], kIq2XxsGrid[index[1]]),
                         two_even_signs(word & 127U, word >> 7U & 127U)),
              scale, out);
        write(with_signs(pair(kIq2XxsGrid[index[2]], kIq2XxsGrid[index[3]]),
                         two_even_signs(word >> 14U & 127U, word >> 21U & 127U)),
              scale, out + 16);
    }
}

inline void decode(const BlockIq2Xs& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 16; ++part, out += 16) {
        const unsigned nibble = (block.scales[part / 2] >> (part % 2 * 4)) & 15U;
        const unsigned first = load16(block.qs + part * 4), second = load16(block.qs + part * 4 + 2);
        write(with_signs(pair(kIq2XsGrid[first & 511U], kIq2XsGrid[second & 511U]),
                         two_even_signs(first >> 9U, second >> 9U)),
              d * (0.5F + static_cast<float>(nibble)) * 0.25F, out);
    }
}

inline void decode(const BlockIq2S& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 16; ++part, out += 16) {
        const unsigned nibble = (block.scales[part / 2] >> (part % 2 * 4)) & 15U;
        const unsigned high = block.qh[part / 2] >> (part % 2 * 4);
        const unsigned first = block.qs[part * 2] | (high & 3U) << 8U,
                       second = block.qs[part * 2 + 1] | (high >> 2U & 3U) << 8U;
        write(with_signs(pair(kIq2SGrid[first], kIq2SGrid[second]), load16(block.signs + part * 2)),
              d * (0.5F + static_cast<float>(nibble)) * 0.25F, out);
    }
}

// Four groups of four.
template <std::size_t size>
inline Bytes16 four(const std::array<std::uint32_t, size>& grid, unsigned a, unsigned b, unsigned c, unsigned d) {
    return pair(grid[a] | static_cast<std::uint64_t>(grid[b]) << 32U, grid[c] | static_cast<std::uint64_t>(grid[d])
                                                                                    << 32U);
}

inline void decode(const BlockIq3Xxs& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part, out += 32) {
        const Byte* q = block.qs + part * 8;
        const std::uint32_t word = load32(block.signs + part * 4);
        const float scale = d * (0.5F + static_cast<float>(word >> 28U)) * 0.5F;
        write(with_signs(four(kIq3XxsGrid, q[0], q[1], q[2], q[3]), two_even_signs(word & 127U, word >> 7U & 127U)),
              scale, out);
        write(with_signs(four(kIq3XxsGrid, q[4], q[5], q[6], q[7]),
                         two_even_signs(word >> 14U & 127U, word >> 21U & 127U)),
              scale, out + 16);
    }
}

inline void decode(const BlockIq3S& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 16; ++part, out += 16) {
        const unsigned nibble = (block.scales[part / 4] >> (part / 2 % 2 * 4)) & 15U;
        const Byte* q = block.qs + part * 4;
        const unsigned high = block.qh[part / 2] >> (part % 2 * 4);
        const Bytes16 magnitude = four(kIq3SGrid, q[0] | (high & 1U) << 8U, q[1] | (high & 2U) << 7U,
                                       q[2] | (high & 4U) << 6U, q[3] | (high & 8U) << 5U);
        write(with_signs(magnitude, load16(block.signs + part * 2)), d * static_cast<float>(1 + 2 * nibble), out);
    }
}

// scale * (grid + delta) with delta of +-1/8, as (scale / 8) * (8*grid +- 1).
inline void decode_ternary_pair(unsigned first, unsigned second, std::uint64_t first_sign, std::uint64_t second_sign,
                                float scale, float* out) {
    const Bytes16 delta = pair(first_sign, second_sign);
    write((pair(kIq1Grid[first], kIq1Grid[second]) << 3) + delta, scale * 0.125F, out);
}
// Eight bytes of -1 (bit set) or 1; branches would be mispredicted every other time.
inline std::uint64_t eight_deltas(std::uint64_t bit) { return 0x0101010101010101U | (0 - bit); }

inline void decode(const BlockIq1S& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part, out += 32) {
        const unsigned word = load16(block.qh + part * 2);
        const float scale = d * static_cast<float>(2 * ((word >> 12U) & 7U) + 1);
        const std::uint64_t delta = eight_deltas(word >> 15U);
        const Byte* q = block.qs + part * 4;
        decode_ternary_pair(q[0] | (word & 7U) << 8U, q[1] | (word >> 3U & 7U) << 8U, delta, delta, scale, out);
        decode_ternary_pair(q[2] | (word >> 6U & 7U) << 8U, q[3] | (word >> 9U & 7U) << 8U, delta, delta, scale,
                            out + 16);
    }
}

inline void decode(const BlockIq1M& block, float* out) {
    const float d = scale_of(block);
    for (unsigned part = 0; part < 16; ++part, out += 16) {
        const unsigned nibble = (load16(block.scales + part / 4 * 2) >> (part % 4 * 3)) & 7U;
        const unsigned high = block.qh[part];
        const Byte* q = block.qs + part * 2;
        decode_ternary_pair(q[0] | (high & 7U) << 8U, q[1] | (high >> 4U & 7U) << 8U, eight_deltas(high >> 3U & 1U),
                            eight_deltas(high >> 7U), d * static_cast<float>(2 * nibble + 1), out);
    }
}

inline void decode_levels(const Byte* bytes, const std::int8_t* levels, float scale, float* out) {
    Bytes16 table;
    std::memcpy(&table, levels, sizeof table);
    const Bytes16 q = load_bytes(bytes);
    write(lookup(table, low_nibbles(q)), scale, out);
    write(lookup(table, high_nibbles(q)), scale, out + 16);
}
inline void decode(const BlockIq4Nl& block, float* out) { decode_levels(block.qs, kIq4Levels, half(block.d), out); }

inline void decode(const BlockIq4Xs& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part)
        decode_levels(block.qs + part * 16, kIq4Levels, d * scale_of(block, part), out + part * 32);
}

// ---- Ternary, small and four-bit floats ----

// Digit n of five: times three, the carry out of the byte is the digit and the rest the next byte
// (decode_small.h).
inline void decode_digits(Bytes16 q, int digits, int stride, float d, float* out) {
    for (int digit = 0; digit < digits; ++digit, out += stride) {
        const Bytes16 tripled = q + q + q;
        write((q >> 7) - Bytes16(tripled < q) - 1, d, out);
        q = tripled;
    }
}

inline void decode(const BlockTq1_0& block, float* out) {
    const float d = half(block.d);
    decode_digits(load_bytes(block.qs), 5, 32, d, out);
    decode_digits(load_bytes(block.qs + 16), 5, 32, d, out + 16);
    decode_digits(load_bytes(block.qs + 32), 5, 16, d, out + 160);
    decode_ternary<4, 4>(block.qh, d, out + 240);
}

inline void decode(const BlockTq2_0& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 4; ++part) {
        Bytes16 q = load_bytes(block.qs + part * 16);
        for (int i = 0; i < 4; ++i, q = right<2>(q))
            write((q & 3) - 1, d, out + part / 2 * 128 + i * 32 + part % 2 * 16);
    }
}

inline void decode(const BlockQ1_0& block, float* out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part) write(~spread_bits(load16(block.qs + part * 2)) | 1, d, out + part * 16);
}

inline void decode(const BlockQ2_0& block, float* out) {
    constexpr Bytes16 kInterleave = {0, 0, 8, 8, 1, 1, 9, 9, 2, 2, 10, 10, 3, 3, 11, 11};
    constexpr Bytes16 kOdd = {0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255};
    const float d = half(block.d);
    for (int part = 0; part < 4; ++part) {
        const std::uint32_t word = load32(block.qs + part * 4);
        // Eight nibbles as eight bytes in order, then each twice: two values of two bits.
        const Bytes16 bytes = pair(word & 0x0f0f0f0fU, word >> 4U & 0x0f0f0f0fU);
        const Bytes16 nibbles = lookup(bytes, kInterleave);
        write(((right<2>(nibbles) & kOdd) | (nibbles & 3 & ~kOdd)) - 1, d, out + part * 16);
    }
}

inline void decode(const BlockMxfp4& block, float* out) {
    decode_levels(block.qs, kDoubledE2m1, half_e8m0_to_float(block.e), out);
}

inline void decode(const BlockNvfp4& block, float* out) {
    Bytes16 table;
    std::memcpy(&table, kDoubledE2m1, sizeof table);
    for (int part = 0; part < 4; ++part) {
        std::uint64_t q;
        std::memcpy(&q, block.qs + part * 8, sizeof q);
        constexpr std::uint64_t kNibbles = 0x0f0f0f0f0f0f0f0fU;
        write(lookup(table, pair(q & kNibbles, q >> 4U & kNibbles)), kHalfUe4m3[block.d[part]], out + part * 16);
    }
}

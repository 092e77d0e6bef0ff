// tensor: K-quants. 256 values in sub-blocks of 16 or 32; each sub-block has a small integer scale (and
// minimum) that is multiplied by the block's own d (and dmin): x = (d*scale)*q - (dmin*min). Compiled once
// per instruction set; see kernels.h.

// Bits 2j of bytes 0-31 are values 32j to 32j+31 of the first half, bytes 32-63 the same of the second half.
inline void decode(const BlockQ2K& block, float* __restrict out) {
    const float d = half(block.d), dmin = half(block.dmin);
    for (int part = 0; part < 16; ++part, out += 16) {
        const float scale = d * static_cast<float>(block.scales[part] & 15);
        const float minimum = dmin * static_cast<float>(block.scales[part] >> 4);
        const Byte* q = block.qs + part / 8 * 32 + part % 2 * 16;
        const int shift = part / 2 % 4 * 2;
        for (int i = 0; i < 16; ++i) out[i] = scale * static_cast<float>((q[i] >> shift) & 3) - minimum;
    }
}

// hmask holds the third bit of each value, inverted: where it is clear, 4 is subtracted.
inline void decode(const BlockQ3K& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 16; ++part, out += 16) {
        const float scale = d * scale_of(block, part);
        const Byte* q = block.qs + part / 8 * 32 + part % 2 * 16;
        const Byte* h = block.hmask + part % 2 * 16;
        const int shift = part / 2 % 4 * 2, bit = part / 2;
        for (int i = 0; i < 16; ++i)
            out[i] = scale * static_cast<float>((((q[i] >> shift) & 3) | ((h[i] >> bit) & 1) << 2) - 4);
    }
}

inline void decode(const BlockQ4K& block, float* __restrict out) {
    const float d = half(block.d), dmin = half(block.dmin);
    const ScalesAndMinima sub = unpack_6_bit(block.scales);
    const Byte* q = block.qs;
    for (int part = 0; part < 8; part += 2, q += 32, out += 64) {
        const float scale0 = d * byte_of(sub.scales, part);
        const float scale1 = d * byte_of(sub.scales, part + 1);
        const float minimum0 = dmin * byte_of(sub.minima, part);
        const float minimum1 = dmin * byte_of(sub.minima, part + 1);
        for (int i = 0; i < 32; ++i) out[i] = scale0 * static_cast<float>(q[i] & 15) - minimum0;
        for (int i = 0; i < 32; ++i) out[i + 32] = scale1 * static_cast<float>(q[i] >> 4) - minimum1;
    }
}

inline void decode(const BlockQ5K& block, float* __restrict out) {
    const float d = half(block.d), dmin = half(block.dmin);
    const ScalesAndMinima sub = unpack_6_bit(block.scales);
    const Byte* q = block.qs;
    for (int part = 0; part < 8; part += 2, q += 32, out += 64) {
        const float scale0 = d * byte_of(sub.scales, part);
        const float scale1 = d * byte_of(sub.scales, part + 1);
        const float minimum0 = dmin * byte_of(sub.minima, part);
        const float minimum1 = dmin * byte_of(sub.minima, part + 1);
        for (int i = 0; i < 32; ++i)
            out[i] = scale0 * static_cast<float>((q[i] & 15) | ((block.qh[i] >> part) & 1) << 4) - minimum0;
        for (int i = 0; i < 32; ++i)
            out[i + 32] = scale1 * static_cast<float>((q[i] >> 4) | ((block.qh[i] >> (part + 1)) & 1) << 4) - minimum1;
    }
}

// In each half of 128 values: ql low nibbles are values 0-63, high nibbles 64-127; qh holds the upper two
// bits of 32 values each.
inline void decode(const BlockQ6K& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 16; ++part, out += 16) {
        const float scale = d * static_cast<float>(block.scales[part]);
        const int quarter = part / 2 % 4;
        const Byte* low = block.ql + part / 8 * 64 + quarter % 2 * 32 + part % 2 * 16;
        const Byte* high = block.qh + part / 8 * 32 + part % 2 * 16;
        const int low_shift = quarter / 2 * 4, high_shift = quarter * 2;
        for (int i = 0; i < 16; ++i)
            out[i] =
                scale * static_cast<float>((((low[i] >> low_shift) & 15) | ((high[i] >> high_shift) & 3) << 4) - 32);
    }
}

inline void decode(const BlockQ8K& block, float* __restrict out) {
    const float d = std::bit_cast<float>(load32(block.d));
    for (int i = 0; i < 256; ++i) out[i] = static_cast<float>(block.qs[i]) * d;
}

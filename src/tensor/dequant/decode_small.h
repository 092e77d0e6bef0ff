// tensor: ternary, one-bit, two-bit and four-bit float types. Compiled once per instruction set; see kernels.h.

// Five base-3 digits per byte, most significant first: byte = ceil(digits * 256 / 243). Multiplying by 3^n modulo 256 brings digit n
// to the top, where times 3, divided by 256, reads it. `bytes` bytes give `digits` runs of `bytes` values.
template <int bytes, int digits>
inline void decode_ternary(const Byte* packed, float d, float* __restrict out) {
    unsigned power = 1;
    for (int digit = 0; digit < digits; ++digit, power *= 3, out += bytes) {
        for (int i = 0; i < bytes; ++i) {
            const unsigned shifted = (packed[i] * power) & 255U;
            out[i] = static_cast<float>(static_cast<int>(shifted * 3 >> 8U) - 1) * d;
        }
    }
}
inline void decode(const BlockTq1_0& block, float* __restrict out) {
    const float d = half(block.d);
    decode_ternary<32, 5>(block.qs, d, out);
    decode_ternary<16, 5>(block.qs + 32, d, out + 160);
    decode_ternary<4, 4>(block.qh, d, out + 240);
}

inline void decode(const BlockTq2_0& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part, out += 32) {
        const Byte* q = block.qs + part / 4 * 32;
        const int shift = part % 4 * 2;
        for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(((q[i] >> shift) & 3) - 1) * d;
    }
}

inline void decode(const BlockQ1_0& block, float* __restrict out) {
    const std::uint32_t d = std::bit_cast<std::uint32_t>(half(block.d));
    for (int byte = 0; byte < 16; ++byte, out += 8) {
        const std::uint32_t signs = ~static_cast<std::uint32_t>(block.qs[byte]);  // a clear bit means -d
        for (unsigned i = 0; i < 8; ++i) out[i] = std::bit_cast<float>(d ^ ((signs << (31 - i)) & 0x80000000U));
    }
}

inline void decode(const BlockQ2_0& block, float* __restrict out) {
    const float d = half(block.d);
    for (unsigned i = 0; i < 64; ++i)
        out[i] = static_cast<float>(static_cast<int>((block.qs[i / 4] >> (i % 4 * 2)) & 3U) - 1) * d;
}

// Twice the values of E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives.
inline constexpr std::int8_t kDoubledE2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

inline void decode(const BlockMxfp4& block, float* __restrict out) {
    const float d = half_e8m0_to_float(block.e);
    for (int i = 0; i < 16; ++i) out[i] = static_cast<float>(kDoubledE2m1[block.qs[i] & 15]) * d;
    for (int i = 0; i < 16; ++i) out[i + 16] = static_cast<float>(kDoubledE2m1[block.qs[i] >> 4]) * d;
}

inline void decode(const BlockNvfp4& block, float* __restrict out) {
    for (int part = 0; part < 4; ++part, out += 16) {
        const float d = ue4m3_to_float(block.d[part]) * 0.5F;
        const Byte* q = block.qs + part * 8;
        for (int i = 0; i < 8; ++i) out[i] = static_cast<float>(kDoubledE2m1[q[i] & 15]) * d;
        for (int i = 0; i < 8; ++i) out[i + 8] = static_cast<float>(kDoubledE2m1[q[i] >> 4]) * d;
    }
}

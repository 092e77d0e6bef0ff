// tensor: ternary, one-bit, two-bit and four-bit float types. Compiled once per instruction set; see
// kernels.h.

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

inline void decode(const BlockMxfp4& block, float* __restrict out) {
    const float d = half_e8m0_to_float(block.e);
    for (int i = 0; i < 16; ++i) out[i] = static_cast<float>(kDoubledE2m1[block.qs[i] & 15]) * d;
    for (int i = 0; i < 16; ++i) out[i + 16] = static_cast<float>(kDoubledE2m1[block.qs[i] >> 4]) * d;
}

inline void decode(const BlockNvfp4& block, float* __restrict out) {
    for (int part = 0; part < 4; ++part, out += 16) {
        const float d = kHalfUe4m3[block.d[part]];
        const Byte* q = block.qs + part * 8;
        for (int i = 0; i < 8; ++i) out[i] = static_cast<float>(kDoubledE2m1[q[i] & 15]) * d;
        for (int i = 0; i < 8; ++i) out[i + 8] = static_cast<float>(kDoubledE2m1[q[i] >> 4]) * d;
    }
}

// tensor: 32 values that share one scale d, in the _1 kinds also a minimum m: x = d*q or x = d*q + m.
// Low nibbles hold the first half of the block, high nibbles the second. Compiled once per instruction set;
// see kernels.h.

inline void decode(const BlockQ4_0& block, float* __restrict out) {
    const float d = half(block.d);
    for (int i = 0; i < 16; ++i) out[i] = static_cast<float>((block.qs[i] & 15) - 8) * d;
    for (int i = 0; i < 16; ++i) out[i + 16] = static_cast<float>((block.qs[i] >> 4) - 8) * d;
}

inline void decode(const BlockQ4_1& block, float* __restrict out) {
    const float d = half(block.d), m = half(block.m);
    for (int i = 0; i < 16; ++i) out[i] = static_cast<float>(block.qs[i] & 15) * d + m;
    for (int i = 0; i < 16; ++i) out[i + 16] = static_cast<float>(block.qs[i] >> 4) * d + m;
}

// Bit i of the 32-bit word qh is the fifth bit of value i.
inline void decode(const BlockQ5_0& block, float* __restrict out) {
    const float d = half(block.d);
    const std::uint32_t high = load32(block.qh);
    for (unsigned i = 0; i < 16; ++i)
        out[i] = static_cast<float>(static_cast<int>((block.qs[i] & 15U) | ((high >> i) << 4U & 16U)) - 16) * d;
    for (unsigned i = 0; i < 16; ++i)
        out[i + 16] =
            static_cast<float>(static_cast<int>((block.qs[i] >> 4U) | ((high >> (i + 16)) << 4U & 16U)) - 16) * d;
}

inline void decode(const BlockQ5_1& block, float* __restrict out) {
    const float d = half(block.d), m = half(block.m);
    const std::uint32_t high = load32(block.qh);
    for (unsigned i = 0; i < 16; ++i)
        out[i] = static_cast<float>(static_cast<int>((block.qs[i] & 15U) | ((high >> i) << 4U & 16U))) * d + m;
    for (unsigned i = 0; i < 16; ++i)
        out[i + 16] =
            static_cast<float>(static_cast<int>((block.qs[i] >> 4U) | ((high >> (i + 16)) << 4U & 16U))) * d + m;
}

inline void decode(const BlockQ8_0& block, float* __restrict out) {
    const float d = half(block.d);
    for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(block.qs[i]) * d;
}

inline void decode(const BlockQ8_1& block, float* __restrict out) {
    const float d = half(block.d);
    for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(block.qs[i]) * d;
}

// tensor: scales, signs and levels as the blocks pack them; what the plain and the vector code share.
// Compiled once per instruction set (no include guard); see kernels.h.

// q4_K, q5_K: eight 6-bit scales and eight 6-bit minima in three words of four bytes. Entries 0-3 lie whole
// in the first word (scales) and the second (minima); entries 4-7 have their low nibbles in the third and
// their upper two bits on top of the first two words.
struct ScalesAndMinima {
    std::uint64_t scales, minima;  // eight bytes each, the first lowest
};
inline ScalesAndMinima unpack_6_bit(const Byte* packed) {
    constexpr std::uint32_t kLow6 = 0x3f3f3f3fU, kLow4 = 0x0f0f0f0fU, kTop2 = 0x30303030U;
    const std::uint32_t first = load32(packed), second = load32(packed + 4), third = load32(packed + 8);
    const std::uint32_t scales = (third & kLow4) | (first >> 2U & kTop2);
    const std::uint32_t minima = (third >> 4U & kLow4) | (second >> 2U & kTop2);
    return {(first & kLow6) | static_cast<std::uint64_t>(scales) << 32U,
            (second & kLow6) | static_cast<std::uint64_t>(minima) << 32U};
}
inline float byte_of(std::uint64_t bytes, int i) {
    return static_cast<float>(static_cast<int>(bytes >> (8 * i) & 255U));
}

// q3_K: sixteen 6-bit scales. Bytes 0-7 hold their low nibbles (0-7 in the low, 8-15 in the high halves),
// bytes 8-11 their upper bits.
inline float scale_of(const BlockQ3K& block, int part) {
    const int low = part < 8 ? block.scales[part] & 15 : block.scales[part - 8] >> 4;
    const int high = (block.scales[8 + part % 4] >> (part / 4 * 2)) & 3;
    return static_cast<float>((low | high << 4) - 32);
}

// iq4_xs: eight 6-bit scales, low nibbles and upper pairs of bits apart.
inline float scale_of(const BlockIq4Xs& block, int part) {
    const int low = (block.scales_l[part / 2] >> (part % 2 * 4)) & 15;
    const int high = (load16(block.scales_h) >> (2 * part)) & 3;
    return static_cast<float>((low | high << 4) - 32);
}

// iq1_m has no d of its own: the top nibbles of the four words of scales make up a half.
inline float scale_of(const BlockIq1M& block) {
    std::uint16_t word[4];
    std::memcpy(word, block.scales, sizeof word);
    const unsigned bits = word[0] >> 12U | (word[1] >> 8U & 0xf0U) | (word[2] >> 4U & 0xf00U) | (word[3] & 0xf000U);
    return half_to_float(static_cast<std::uint16_t>(bits));
}

// Seven stored sign bits; the eighth makes their number even.
inline unsigned even_signs(unsigned seven_bits) {
    return seven_bits | ((0x6996U >> ((seven_bits ^ seven_bits >> 4U) & 15U)) & 1U) << 7U;
}

// Sixteen levels, denser around zero.
inline constexpr std::int8_t kIq4Levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                               1,    13,   25,  38,  53,  69,  89,  113};

// Halves of nvfp4's scales, which go with doubled values.
inline constexpr auto kHalfUe4m3 = [] {
    std::array<float, 256> halves{};
    for (unsigned i = 0; i < 256; ++i) halves[i] = ue4m3_to_float(static_cast<Byte>(i)) * 0.5F;
    return halves;
}();

// Twice the values of E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives.
inline constexpr std::int8_t kDoubledE2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Five base-3 digits per byte, most significant first: byte = ceil(digits * 256 / 243). Multiplying by 3^n
// modulo 256 brings digit n to the top, where times 3, divided by 256, reads it. `bytes` bytes give `digits`
// runs of `bytes` values.
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

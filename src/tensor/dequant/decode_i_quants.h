// tensor: i-quants. Groups of 8 (or 4) magnitudes come from a codebook (i_quant_grids.h), signs from a byte
// of their own; a scale per 16 or 32 values is multiplied by the block's d. Compiled once per instruction
// set; see kernels.h.

// out[j] = +-(scale * byte j of grid); bit j of signs set: minus.
template <class Grid>
inline void decode_group(Grid grid, unsigned signs, float scale, float* __restrict out) {
    for (unsigned j = 0; j < sizeof(Grid); ++j) {
        const float magnitude = scale * static_cast<float>(static_cast<int>((grid >> (8 * j)) & 255U));
        const std::uint32_t sign = (signs << (31 - j)) & 0x80000000U;
        out[j] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) ^ sign);
    }
}

// Per 32 values: four grid indices, then four times seven signs and a 4-bit scale.
inline void decode(const BlockIq2Xxs& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part) {
        const Byte* index = block.qs + part * 8;
        const std::uint32_t word = load32(index + 4);
        const float scale = d * (0.5F + static_cast<float>(word >> 28U)) * 0.25F;
        for (unsigned group = 0; group < 4; ++group, out += 8)
            decode_group(kIq2XxsGrid[index[group]], even_signs((word >> (7 * group)) & 127U), scale, out);
    }
}

// Per 8 values: 9 bits of index, seven signs.
inline void decode(const BlockIq2Xs& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 16; ++part) {
        const unsigned nibble = (block.scales[part / 2] >> (part % 2 * 4)) & 15U;
        const float scale = d * (0.5F + static_cast<float>(nibble)) * 0.25F;
        for (int group = 0; group < 2; ++group, out += 8) {
            const unsigned word = load16(block.qs + (part * 2 + group) * 2);
            decode_group(kIq2XsGrid[word & 511U], even_signs(word >> 9U), scale, out);
        }
    }
}

// Per 8 values: a byte of index with two more bits in qh, a byte of signs.
inline void decode(const BlockIq2S& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 16; ++part) {
        const unsigned nibble = (block.scales[part / 2] >> (part % 2 * 4)) & 15U;
        const float scale = d * (0.5F + static_cast<float>(nibble)) * 0.25F;
        for (int group = part * 2; group < part * 2 + 2; ++group, out += 8) {
            const unsigned high = (block.qh[group / 4] >> (group % 4 * 2)) & 3U;
            decode_group(kIq2SGrid[block.qs[group] | high << 8U], block.signs[group], scale, out);
        }
    }
}

// Per 32 values: eight grid indices of 4 values; signs and scale as in iq2_xxs.
inline void decode(const BlockIq3Xxs& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part) {
        const std::uint32_t word = load32(block.signs + part * 4);
        const float scale = d * (0.5F + static_cast<float>(word >> 28U)) * 0.5F;
        for (unsigned group = 0; group < 4; ++group, out += 8) {
            const Byte* index = block.qs + static_cast<unsigned>(part) * 8 + group * 2;
            const std::uint64_t grid = kIq3XxsGrid[index[0]] | static_cast<std::uint64_t>(kIq3XxsGrid[index[1]]) << 32U;
            decode_group(grid, even_signs((word >> (7 * group)) & 127U), scale, out);
        }
    }
}

// Per 4 values: a byte of index with a ninth bit in qh; per 8 a byte of signs; per 32 an odd scale.
inline void decode(const BlockIq3S& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part) {
        const int nibble = (block.scales[part / 2] >> (part % 2 * 4)) & 15;
        const float scale = d * static_cast<float>(1 + 2 * nibble);
        const unsigned high = block.qh[part];
        for (int group = 0; group < 4; ++group, out += 8) {
            const Byte* index = block.qs + part * 8 + group * 2;
            const unsigned first = index[0] | ((high >> (2 * group)) & 1U) << 8U;
            const unsigned second = index[1] | ((high >> (2 * group + 1)) & 1U) << 8U;
            const std::uint64_t grid = kIq3SGrid[first] | static_cast<std::uint64_t>(kIq3SGrid[second]) << 32U;
            decode_group(grid, block.signs[part * 4 + group], scale, out);
        }
    }
}

// The 1.5 and 1.75 bit types: out = scale * (grid + delta), grid of {-1, 0, 1} and delta of +-1/8.
inline void decode_ternary_group(unsigned index, bool negative, float scale, float* __restrict out) {
    const float delta = negative ? -0.125F : 0.125F;
    const std::uint64_t grid = kIq1Grid[index];
    for (unsigned j = 0; j < 8; ++j)
        out[j] = scale * (static_cast<float>(static_cast<std::int8_t>((grid >> (8 * j)) & 255U)) + delta);
}

// Per 32 values a word: four times three upper bits of index, an odd 3-bit scale, the sign of delta.
inline void decode(const BlockIq1S& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part) {
        const unsigned word = load16(block.qh + part * 2);
        const float scale = d * static_cast<float>(2 * ((word >> 12U) & 7U) + 1);
        for (unsigned group = 0; group < 4; ++group, out += 8) {
            const unsigned index = block.qs[static_cast<unsigned>(part) * 4 + group] | ((word >> (3 * group)) & 7U)
                                                                                           << 8U;
            decode_ternary_group(index, (word & 0x8000U) != 0, scale, out);
        }
    }
}

inline void decode(const BlockIq1M& block, float* __restrict out) {
    const float d = scale_of(block);
    for (unsigned group = 0; group < 32; ++group, out += 8) {
        const unsigned scale = (load16(block.scales + group / 8 * 2) >> (group % 8 / 2 * 3)) & 7U;
        const unsigned nibble = (block.qh[group / 2] >> (group % 2 * 4)) & 15U;
        const unsigned index = block.qs[group] | (nibble & 7U) << 8U;
        decode_ternary_group(index, (nibble & 8U) != 0, d * static_cast<float>(2 * scale + 1), out);
    }
}

inline void decode_levels(const Byte* q, float scale, float* __restrict out) {
    for (int i = 0; i < 16; ++i) out[i] = scale * static_cast<float>(kIq4Levels[q[i] & 15]);
    for (int i = 0; i < 16; ++i) out[i + 16] = scale * static_cast<float>(kIq4Levels[q[i] >> 4]);
}
inline void decode(const BlockIq4Nl& block, float* __restrict out) { decode_levels(block.qs, half(block.d), out); }

inline void decode(const BlockIq4Xs& block, float* __restrict out) {
    const float d = half(block.d);
    for (int part = 0; part < 8; ++part, out += 32) decode_levels(block.qs + part * 16, d * scale_of(block, part), out);
}

// Compiled without contraction: products are rounded before they are rounded to whole numbers.
#include "attnx/tensor/encode.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "attnx/base/error.h"
#include "attnx/base/half.h"
#include "blocks.h"
#include "integers/parts.h"

namespace attnx::tensor {

namespace {

using enum gguf::TensorType;
using integers::kIq4Levels;

constexpr std::size_t kTogether = 32;  // values of a block that share a scale
using Codes = Byte[kTogether];

template <std::size_t N>
void store(Byte (&to)[N], const void* from) {
    std::memcpy(to, from, N);
}

void store_half(Byte (&to)[2], float x) {
    const std::uint16_t bits = float_to_half(x);
    store(to, &bits);
}

// The whole part, from 0 to `most`; 0 where x is no number.
Byte whole(float x, float most) { return x >= 0.0F ? static_cast<Byte>(std::min(x, most)) : Byte{0}; }

float inverse(float scale) { return scale != 0.0F ? 1.0F / scale : 0.0F; }

// The first value of largest magnitude.
float extreme(const float* x) {
    float most = 0.0F, value = 0.0F;
    for (std::size_t i = 0; i < kTogether; ++i)
        if (most < std::fabs(x[i])) {
            most = std::fabs(x[i]);
            value = x[i];
        }
    return value;
}

// The extreme value becomes -levels, and 0 the code `levels`. Returns the scale.
float symmetric(const float* x, float levels, Codes& codes) {
    const float scale = extreme(x) / -levels, factor = inverse(scale);
    for (std::size_t i = 0; i < kTogether; ++i) codes[i] = whole(x[i] * factor + (levels + 0.5F), 2.0F * levels - 1.0F);
    return scale;
}

struct Line {
    float scale, minimum;
};

// From the smallest value, code 0, to the largest, code `most`.
Line from_minimum(const float* x, float most, Codes& codes) {
    const auto [low, high] = std::minmax_element(x, x + kTogether);
    const float minimum = *low, scale = (*high - minimum) / most, factor = inverse(scale);
    for (std::size_t i = 0; i < kTogether; ++i) codes[i] = whole((x[i] - minimum) * factor + 0.5F, most);
    return {scale, minimum};
}

// Low bits of the first half beside those of the second.
void store_nibbles(const Codes& codes, Byte (&to)[kTogether / 2]) {
    for (std::size_t i = 0; i < kTogether / 2; ++i)
        to[i] = static_cast<Byte>((codes[i] & 15U) | (codes[i + kTogether / 2] & 15U) << 4U);
}

void store_fifth_bits(const Codes& codes, Byte (&to)[4]) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < kTogether; ++i) bits |= static_cast<std::uint32_t>(codes[i] >> 4U & 1U) << i;
    store(to, &bits);
}

void encode_block(const float* x, BlockQ4_0& block) {
    Codes codes;
    store_half(block.d, symmetric(x, 8.0F, codes));
    store_nibbles(codes, block.qs);
}

void encode_block(const float* x, BlockQ4_1& block) {
    Codes codes;
    const Line line = from_minimum(x, 15.0F, codes);
    store_half(block.d, line.scale);
    store_half(block.m, line.minimum);
    store_nibbles(codes, block.qs);
}

void encode_block(const float* x, BlockQ5_0& block) {
    Codes codes;
    store_half(block.d, symmetric(x, 16.0F, codes));
    store_nibbles(codes, block.qs);
    store_fifth_bits(codes, block.qh);
}

void encode_block(const float* x, BlockQ5_1& block) {
    Codes codes;
    const Line line = from_minimum(x, 31.0F, codes);
    store_half(block.d, line.scale);
    store_half(block.m, line.minimum);
    store_nibbles(codes, block.qs);
    store_fifth_bits(codes, block.qh);
}

void encode_block(const float* x, BlockQ8_0& block) {
    constexpr float kMost = 127.0F;
    const float most = std::fabs(extreme(x)), factor = most != 0.0F ? kMost / most : 0.0F;
    store_half(block.d, most / kMost);
    for (std::size_t i = 0; i < kTogether; ++i) {
        const float code = std::nearbyint(x[i] * factor);  // ties to even
        block.qs[i] = std::fabs(code) <= kMost ? static_cast<std::int8_t>(code) : std::int8_t{0};
    }
}

// The level next to x, of those half-way the upper.
Byte nearest_level(float x) {
    unsigned level = 0;
    for (std::size_t i = 0; i < 15; ++i)
        level += x >= 0.5F * static_cast<float>(kIq4Levels[i] + kIq4Levels[i + 1]) ? 1U : 0U;
    return static_cast<Byte>(level);
}

// Levels by a scale that makes the extreme value the lowest of them; then the scale with the smallest error for these
// levels, errors being weighed by the square of the value.
void encode_block(const float* x, BlockIq4Nl& block) {
    constexpr float kSmallest = 1e-15F;
    Codes codes = {};
    float scale = 0.0F;
    const float most = extreme(x);
    if (std::fabs(most) >= kSmallest) {
        const float factor = 1.0F / (most / static_cast<float>(kIq4Levels[0]));
        float products = 0.0F, squares = 0.0F;
        for (std::size_t i = 0; i < kTogether; ++i) {
            codes[i] = nearest_level(factor * x[i]);
            const auto level = static_cast<float>(kIq4Levels[codes[i]]);
            const float weight = x[i] * x[i];
            products += weight * level * x[i];
            squares += weight * level * level;
        }
        scale = squares > 0.0F ? products / squares : 0.0F;
    }
    store_half(block.d, scale);
    store_nibbles(codes, block.qs);
}

struct Encoder {
    gguf::TensorType type;
    std::size_t block_bytes;
    void (*run)(const float* values, std::size_t count, std::byte* blocks);
};

template <class Block>
constexpr Encoder encoder_of(gguf::TensorType type) {
    return {type, sizeof(Block), [](const float* values, std::size_t count, std::byte* blocks) {
                for (std::size_t i = 0; i < count; ++i) {
                    Block block;
                    encode_block(values + i * kTogether, block);
                    std::memcpy(blocks + i * sizeof block, &block, sizeof block);
                }
            }};
}

constexpr Encoder kEncoders[] = {
    encoder_of<BlockQ8_0>(q8_0),    encoder_of<BlockQ4_0>(q4_0), encoder_of<BlockQ4_1>(q4_1),
    encoder_of<BlockIq4Nl>(iq4_nl), encoder_of<BlockQ5_0>(q5_0), encoder_of<BlockQ5_1>(q5_1),
};

constexpr gguf::TensorType kCacheTypes[] = {f32, f16, bf16, q8_0, q4_0, q4_1, iq4_nl, q5_0, q5_1};

}  // namespace

std::span<const gguf::TensorType> cache_types() { return kCacheTypes; }

void encode(gguf::TensorType type, std::span<const float> values, std::span<std::byte> blocks) {
    const auto* const encoder = std::ranges::find(kEncoders, type, &Encoder::type);
    const std::size_t count = values.size() / kTogether;
    if (encoder == std::end(kEncoders) || values.size() % kTogether != 0 ||
        blocks.size() != count * encoder->block_bytes)
        throw Error(ErrorCode::bad_dimensions, "numbers that make up no blocks of a cache's type");
    encoder->run(values.data(), count, blocks.data());
}

}  // namespace attnx::tensor

// base: small floating-point formats as float. Exact: every value of these formats is a float.
#pragma once

#include <bit>
#include <cstdint>

namespace attnx {

// IEEE 754 binary16. Subnormals, infinities and NaN payloads kept. Branch-free and without subnormal floats, which are
// slow to multiply.
constexpr float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16U;
    const std::uint32_t magnitude = half & 0x7fffU;
    // From exponent bias 15 to 127; once more to lift the topmost exponent (infinity, NaN) to the topmost of a float.
    const std::uint32_t rebias = magnitude >= 0x7c00U ? 2 * (112U << 23U) : 112U << 23U;
    const std::uint32_t normal = (magnitude << 13U) + rebias;
    const auto subnormal =
        std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24F);
    return std::bit_cast<float>(sign | (magnitude < 0x400U ? subnormal : normal));
}

// The nearest half-precision number, ties to even; infinity beyond the largest. No NaN is lost.
constexpr float rounded_to_half(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t sign = bits & 0x80000000U, magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) return x;
    if (magnitude < 0x38800000U) {  // below 2^-14 halves are 2^-24 apart, as floats above 0.5 are
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(shifted - 0.5F));
    }
    const std::uint32_t rounded = (magnitude + 0xfffU + ((magnitude >> 13U) & 1U)) & ~0x1fffU;
    return std::bit_cast<float>(sign | (rounded >= 0x47800000U ? 0x7f800000U : rounded));
}

// Its bits.
constexpr std::uint16_t float_to_half(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(rounded_to_half(x));
    const std::uint32_t sign = (bits >> 16U) & 0x8000U, magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);
    if (magnitude == 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7c00U);
    if (magnitude < 0x38800000U)
        return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * 0x1p24F));
    return static_cast<std::uint16_t>(sign | ((magnitude - (112U << 23U)) >> 13U));
}

// The nearest upper half of a float, ties to even.
constexpr float rounded_to_bfloat(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    if ((bits & 0x7fffffffU) > 0x7f800000U) return x;
    return std::bit_cast<float>((bits + 0x7fffU + ((bits >> 16U) & 1U)) & 0xffff0000U);
}

// The upper half of a float.
constexpr float bfloat_to_float(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

// Half of an OCP microscaling E8M0 scale: 2^(bits - 128). The halves go with doubled E2M1 values, which are whole
// numbers. 255 is 2^127 here, as in ggml, not NaN.
constexpr float half_e8m0_to_float(std::uint8_t bits) {
    return std::bit_cast<float>(bits < 2 ? 0x00200000U << bits : static_cast<std::uint32_t>(bits - 1) << 23U);
}

// OCP E4M3, bias 7: no infinities; 0x7f and 0xff are NaN. Branch-free and without subnormal floats, as halves are.
constexpr float e4m3_to_float(std::uint8_t bits) {
    const std::uint32_t sign = (bits & 0x80U) << 24U;
    const std::uint32_t magnitude = bits & 0x7fU;
    const std::uint32_t normal = magnitude == 0x7fU ? 0x7fc00000U : (magnitude << 20U) + (120U << 23U);
    const auto subnormal =
        std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-9F);
    return std::bit_cast<float>(sign | (magnitude < 8U ? subnormal : normal));
}

// Unsigned E4M3, bias 7, as ggml reads the scales of nvfp4: 0x7f is 0 and the top bit is ignored otherwise.
constexpr float ue4m3_to_float(std::uint8_t bits) {
    if (bits == 0x7f) return 0;
    const int exponent = (bits >> 3) & 15;
    const int mantissa = bits & 7;
    if (exponent == 0) return static_cast<float>(mantissa) * 0x1p-9F;
    return static_cast<float>(8 + mantissa) *
           std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127 - 10) << 23U);
}

}  // namespace attnx

// base: small floating-point formats as float. Exact: every value of these formats is a float.
#pragma once

#include <bit>
#include <cstdint>

namespace attnx {

// IEEE 754 binary16. Subnormals, infinities and NaN payloads kept.
constexpr float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16U;
    const std::uint32_t magnitude = (half & 0x7fffU) << 13U;
    // The exponent moves from bias 15 to bias 127; the product also makes subnormals normal.
    const float scaled = std::bit_cast<float>(magnitude) * 0x1p112F;
    const std::uint32_t finite = std::bit_cast<std::uint32_t>(scaled);
    const std::uint32_t bits = magnitude >= 0x0f800000U ? magnitude | 0x7f800000U : finite;
    return std::bit_cast<float>(bits | sign);
}

// The upper half of a float.
constexpr float bfloat_to_float(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

// Half of an OCP microscaling E8M0 scale: 2^(bits - 128). The halves go with doubled E2M1 values, which are whole numbers.
// 255 is 2^127 here, as in ggml, not NaN.
constexpr float half_e8m0_to_float(std::uint8_t bits) {
    return std::bit_cast<float>(bits < 2 ? 0x00200000U << bits : static_cast<std::uint32_t>(bits - 1) << 23U);
}

// Unsigned E4M3, bias 7, as ggml reads the scales of nvfp4: 0x7f is 0 and the top bit is ignored otherwise.
constexpr float ue4m3_to_float(std::uint8_t bits) {
    if (bits == 0x7f) return 0;
    const int exponent = (bits >> 3) & 15;
    const int mantissa = bits & 7;
    if (exponent == 0) return static_cast<float>(mantissa) * 0x1p-9F;
    return static_cast<float>(8 + mantissa) * std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127 - 10) << 23U);
}

}  // namespace attnx

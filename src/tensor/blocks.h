// tensor: how ggml lays out one block of each type (ggml-common.h), as plain bytes so that any address will do.
// Multi-byte fields are byte arrays read with load16/load32; `kWide` names them for files of the other byte order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace attnx::tensor {

using Byte = std::uint8_t;

inline std::uint16_t load16(const Byte* bytes) {
    std::uint16_t value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}
inline std::uint32_t load32(const Byte* bytes) {
    std::uint32_t value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

// clang-format off
// One value per block.
struct BlockF32 { Byte value[4]; };
struct BlockF64 { Byte value[8]; };
struct BlockF16 { Byte value[2]; };
struct BlockBf16 { Byte value[2]; };
struct BlockF8E4m3 { Byte value; };
struct BlockI8 { std::int8_t value; };
struct BlockI16 { Byte value[2]; };
struct BlockI32 { Byte value[4]; };
struct BlockI64 { Byte value[8]; };

// 32 values with one scale (d), the _1 kinds with a minimum (m).
struct BlockQ4_0 { Byte d[2], qs[16]; };
struct BlockQ4_1 { Byte d[2], m[2], qs[16]; };
struct BlockQ5_0 { Byte d[2], qh[4], qs[16]; };
struct BlockQ5_1 { Byte d[2], m[2], qh[4], qs[16]; };
struct BlockQ8_0 { Byte d[2]; std::int8_t qs[32]; };
struct BlockQ8_1 { Byte d[2], s[2]; std::int8_t qs[32]; };

// 256 values with 8 to 16 scales, which have a scale themselves.
struct BlockQ2K { Byte scales[16], qs[64], d[2], dmin[2]; };
struct BlockQ3K { Byte hmask[32], qs[64], scales[12], d[2]; };
struct BlockQ4K { Byte d[2], dmin[2], scales[12], qs[128]; };
struct BlockQ5K { Byte d[2], dmin[2], scales[12], qh[32], qs[128]; };
struct BlockQ6K { Byte ql[128], qh[64]; std::int8_t scales[16]; Byte d[2]; };
struct BlockQ8K { Byte d[4]; std::int8_t qs[256]; Byte sums[32]; };

// 256 values through codebooks.
struct BlockIq1S { Byte d[2], qs[32], qh[16]; };
struct BlockIq1M { Byte qs[32], qh[16], scales[8]; };
struct BlockIq2Xxs { Byte d[2], qs[64]; };
struct BlockIq2Xs { Byte d[2], qs[64], scales[8]; };
struct BlockIq2S { Byte d[2], qs[32], signs[32], qh[8], scales[8]; };
struct BlockIq3Xxs { Byte d[2], qs[64], signs[32]; };
struct BlockIq3S { Byte d[2], qs[64], qh[8], signs[32], scales[4]; };
struct BlockIq4Nl { Byte d[2], qs[16]; };  // 32 values
struct BlockIq4Xs { Byte d[2], scales_h[2], scales_l[4], qs[128]; };

// Ternary, one and two bits, four-bit floats.
struct BlockTq1_0 { Byte qs[48], qh[4], d[2]; };
struct BlockTq2_0 { Byte qs[64], d[2]; };
struct BlockQ1_0 { Byte d[2], qs[16]; };   // 128 values
struct BlockQ2_0 { Byte d[2], qs[16]; };   // 64 values
struct BlockMxfp4 { Byte e, qs[16]; };     // 32 values
struct BlockNvfp4 { Byte d[4], qs[32]; };  // 64 values
// clang-format on

}  // namespace attnx::tensor

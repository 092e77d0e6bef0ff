// Dequantisation for AArch64.
#include "kernels.h"

#ifdef ATTNX_NEON_KERNELS
#include <arm_neon.h>

#include <array>
#include <bit>
#include <cstring>

#include "../blocks.h"
#include "attnx/base/half.h"
#include "i_quant_grids.h"

namespace attnx::tensor::neon {
namespace {

using Bytes16 [[gnu::vector_size(16)]] = Byte;

inline float half(const Byte* bytes) {
    float16_t value;
    std::memcpy(&value, bytes, sizeof value);
    return static_cast<float>(value);
}
inline Bytes16 lookup(Bytes16 table, Bytes16 index) {
    return Bytes16(vqtbl1q_u8(uint8x16_t(table), uint8x16_t(index)));
}

// Float of four of q each, in order.
struct Floats16 {
    float32x4_t part[4];
    explicit Floats16(Bytes16 q) {
        const int16x8_t low = vmovl_s8(vget_low_s8(int8x16_t(q))), high = vmovl_high_s8(int8x16_t(q));
        part[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(low)));
        part[1] = vcvtq_f32_s32(vmovl_high_s16(low));
        part[2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(high)));
        part[3] = vcvtq_f32_s32(vmovl_high_s16(high));
    }
};
inline void write(Bytes16 q, float scale, float* out) {
    const Floats16 floats(q);
    for (std::size_t i = 0; i < 4; ++i) vst1q_f32(out + 4 * i, vmulq_n_f32(floats.part[i], scale));
}
inline void write(Bytes16 q, float scale, float offset, float* out) {
    const Floats16 floats(q);
    for (std::size_t i = 0; i < 4; ++i) vst1q_f32(out + 4 * i, vfmaq_n_f32(vdupq_n_f32(offset), floats.part[i], scale));
}

#include "scales.h"  // the others need it

#include "decode_plain.h"
#include "decode_vector.h"

void run_f16(const std::byte* in, float* out, std::size_t count) {
    const auto* bytes = reinterpret_cast<const Byte*>(in);
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const float16x8_t halves = vreinterpretq_f16_u8(vld1q_u8(bytes + 2 * i));
        vst1q_f32(out + i, vcvt_f32_f16(vget_low_f16(halves)));
        vst1q_f32(out + i + 4, vcvt_high_f32_f16(halves));
    }
    for (; i < count; ++i) out[i] = half(bytes + 2 * i);
}

void run_bf16(const std::byte* in, float* out, std::size_t count) {
    const auto* bytes = reinterpret_cast<const Byte*>(in);
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const uint16x8_t upper = vreinterpretq_u16_u8(vld1q_u8(bytes + 2 * i));
        vst1q_f32(out + i, vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(upper), 16)));
        vst1q_f32(out + i + 4, vreinterpretq_f32_u32(vshll_high_n_u16(upper, 16)));
    }
    for (; i < count; ++i) decode(reinterpret_cast<const BlockBf16*>(in)[i], out + i);
}

#include "kernel_table.h"

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

}  // namespace attnx::tensor::neon
#endif

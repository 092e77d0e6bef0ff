// Dequantisation in plain C++ for any processor; the loops are shaped so that compilers vectorise them.
#include <array>
#include <bit>
#include <cstring>

#include "../blocks.h"
#include "attnx/base/half.h"
#include "i_quant_grids.h"
#include "kernels.h"

namespace attnx::tensor::portable {
namespace {

inline float half(const Byte* bytes) { return half_to_float(load16(bytes)); }

#include "scales.h"  // the others need it

#include "decode_i_quants.h"
#include "decode_k_quants.h"
#include "decode_legacy.h"
#include "decode_plain.h"
#include "decode_small.h"

void run_f16(const std::byte* in, float* __restrict out, std::size_t count) {
    const auto* bytes = reinterpret_cast<const Byte*>(in);
    for (std::size_t i = 0; i < count; ++i) out[i] = half_to_float(load16(bytes + 2 * i));
}
void run_bf16(const std::byte* in, float* __restrict out, std::size_t count) {
    const auto* bytes = reinterpret_cast<const Byte*>(in);
    for (std::size_t i = 0; i < count; ++i) out[i] = bfloat_to_float(load16(bytes + 2 * i));
}

#include "kernel_table.h"

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

}  // namespace attnx::tensor::portable

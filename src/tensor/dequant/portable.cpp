// Dequantisation in plain C++ for any processor; the loops are shaped so that compilers vectorise them.
#include <bit>
#include <cstring>

#include "../blocks.h"
#include "attnx/base/half.h"
#include "i_quant_grids.h"
#include "kernels.h"

namespace attnx::tensor::portable {
namespace {

inline float half(const Byte* bytes) { return half_to_float(load16(bytes)); }

#include "decode_plain.h"
#include "decode_legacy.h"
#include "decode_k_quants.h"
#include "decode_i_quants.h"
#include "decode_small.h"
#include "kernel_table.h"

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

}  // namespace attnx::tensor::portable

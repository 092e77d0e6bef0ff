// kernel: a product and a sum rounded once, on every processor.
#pragma once

namespace attnx::kernel {

// a * b + c. Where the processor may have no instruction for it, the product is exact in double; the sum is rounded
// twice, which differs from a fused multiply-add only when the first rounding lands half-way between two floats (once
// in about 2^29 sums).
inline float fused(float a, float b, float c) {
#ifdef __FP_FAST_FMAF
    return __builtin_fmaf(a, b, c);
#else
    return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c));
#endif
}

}  // namespace attnx::kernel

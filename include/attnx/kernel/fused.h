// kernel: a product and a sum rounded once, on every processor.
#pragma once

namespace attnx::kernel {

// a * b + c. The product is exact in double; the sum is rounded twice, which differs from a fused multiply-add only
// when the first rounding lands half-way between two floats (once in about 2^29 sums).
inline float fused(float a, float b, float c) {
    return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c));
}

}  // namespace attnx::kernel

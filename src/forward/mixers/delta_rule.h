// The gated delta rule (arXiv 2412.06464): a fast-weight memory that is decayed, corrected and read at every token.
#pragma once

#include <cstddef>
#include <vector>

#include "../kernel.h"

namespace attnx::forward {

struct DeltaInput {
    Matrix q, k;   // [key_heads * dim], normalised
    Matrix v;      // [heads * dim]
    Matrix decay;  // logarithms: [heads], or [heads * dim] with one per key channel (Kimi)
    Matrix beta;   // [heads]
    std::size_t heads = 0, key_heads = 0, dim = 0;
    bool interleaved = false;  // head h uses key head h / (heads / key_heads), else h % key_heads
};

// Per head, memory S [dim v, dim k]: S = S diag(exp decay); S += beta (v - S k) k^T; o = S q / sqrt(dim).
// memory: [heads, dim, dim], sized on first use. Returns [tokens, heads * dim]. Throws bad_value, bad_dimensions when
// the parts of `in` do not have its sizes.
Matrix delta_rule(const DeltaInput& in, std::vector<float>& memory, Workers& workers);

}  // namespace attnx::forward

// Residuals mixed by attention over earlier layers (Kimi K3): before every so many layers the stream is banked and
// starts again from that layer's mixer; what each branch reads is a mixture of the banked streams and the current one,
// weighted by a softmax of scores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel.h"
#include "ops/norm.h"
#include "traced.h"

namespace attnx::forward {

class ResidualBank {
public:
    ResidualBank(std::uint32_t block, NormRule rule) : block_(block), rule_{rule.kind, rule.epsilon} {}

    void clear() { banked_.clear(); }
    bool begins(std::uint32_t layer) const { return layer % block_ == 0; }
    void push(const Traced& stream) { banked_.push_back(stream); }
    // Of each stream the score is the product of its norm and `score`, [width].
    Traced mix(const Traced& stream, std::span<const float> score, Workers& workers) const;

private:
    float score_of(std::span<const float> row, std::span<const float> score) const;

    std::uint32_t block_;
    NormRule rule_;
    std::vector<Traced> banked_;
};

}  // namespace attnx::forward

// The feed-forward half of a block: a dense network, a mixture of experts, or both.
#pragma once

#include <memory>

#include "../kernel.h"
#include "../mixers/mixer.h"
#include "attnx/model/graph.h"
#include "dense.h"
#include "experts.h"

namespace attnx::forward {

class FeedForward {
public:
    explicit FeedForward(const MixerParts& parts);

    bool empty() const { return !dense_ && !experts_; }

    // x: normalised input; stream: the residual stream before that norm; block_input: the stream when the block began.
    Matrix run(const Matrix& x, const Matrix& stream, const Matrix& block_input, Workers& workers) const;

private:
    Matrix with_shared(Matrix routed, const Matrix& x, Workers& workers) const;
    Matrix two_norms(const Matrix& x, const Matrix& stream, Workers& workers) const;

    model::FfnPlan plan_;
    NormRule rule_;
    DenseFfn dense_, shared_;
    Experts experts_;
    Linear shared_gate_;
    Norm experts_norm_;                                  // Arctic
    Norm dense_after_, experts_before_, experts_after_;  // Gemma 4
    std::vector<float> router_scale_;
};

}  // namespace attnx::forward

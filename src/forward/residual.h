// How a branch joins the residual stream.
#pragma once

#include <cstdint>
#include <vector>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

// Of one branch of one block. The vectors are the block's own, where it has them: alpha * stream + beta * branch, by
// element (Muse Spark), or one number for the stream (Limite).
class Residual {
public:
    struct Stems {
        Stem alpha, beta, scale;
    };
    static constexpr Stems kMixer{Stem::attn_resid_alpha, Stem::attn_resid_beta, Stem::attn_resid_scale};
    static constexpr Stems kFeedForward{Stem::ffn_resid_alpha, Stem::ffn_resid_beta, Stem::ffn_resid_scale};

    Residual() = default;
    // index: how many branches come before this one in the model.
    Residual(const model::Graph& graph, const Tensors& tensors, const Stems& stems, std::uint32_t index);

    // stream: before the branch's norm; normed: after it. stream becomes what follows.
    void join(Traced& stream, const Traced& normed, Traced branch) const;

private:
    model::JoinRule rule_ = model::JoinRule::sum;
    float of_branch_ = 1.0F, of_stream_ = 1.0F;
    std::vector<float> alpha_, beta_;
};

}  // namespace attnx::forward

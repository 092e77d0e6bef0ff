#include "feed_forward.h"

#include <cmath>
#include <numbers>

#include "../kernel.h"
#include "../ops/activation.h"
#include "../ops/matmul.h"

namespace attnx::forward {

using model::FfnMix;

FeedForward::FeedForward(const MixerParts& parts)
    : plan_(parts.plan.ffn),
      rule_(parts.norm_rule()),
      dense_(parts, DenseStems{}),
      shared_(parts, kSharedExpert),
      experts_(parts.tensors, plan_, parts.graph.width) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width;
    shared_gate_ = tensors.optional_linear(Stem::ffn_gate_inp_shexp, width, 1);
    experts_norm_ = tensors.optional_norm(Stem::ffn_norm_exps, width);
    if (!experts_) return;
    if (plan_.mix == FfnMix::beside || plan_.mix == FfnMix::two_norms) tensors.require(Stem::ffn_up);
    if (plan_.mix != FfnMix::two_norms) return;
    dense_after_ = tensors.norm(Stem::post_ffw_norm_1, width);
    experts_before_ = tensors.norm(Stem::pre_ffw_norm_2, width);
    experts_after_ = tensors.norm(Stem::post_ffw_norm_2, width);
    router_scale_ = tensors.optional_vector(Stem::ffn_gate_inp, width, Suffix::scale);
}

// Adds what the shared expert says, gated where the model has a gate for it.
Matrix FeedForward::with_shared(Matrix routed, const Matrix& x, Workers& workers) const {
    if (!shared_ && plan_.silu_for_missing_shared) {
        Matrix silent = x;
        for (float& v : silent.values) v = silu(v);
        add_into(routed, silent);
    }
    if (!shared_) return routed;
    Matrix shared = shared_.run(x, workers);
    if (shared_gate_) {
        const Matrix gates = applied(shared_gate_, x, workers);
        for (std::size_t t = 0; t < shared.rows; ++t) {
            const float gate = sigmoid(gates.part(t, 0, 1).front());
            for (float& v : shared.row(t)) v *= gate;
        }
    }
    add_into(routed, shared);
    if (plan_.mix == FfnMix::halved) scale_by(routed, 0.5F);
    return routed;
}

Matrix FeedForward::two_norms(const Matrix& x, const Matrix& stream, Workers& workers) const {
    Matrix sum = normalized(rule_, dense_after_, dense_.run(x, workers));
    Matrix routed_by = normalized(rule_, {}, stream);
    scale_by(routed_by, 1.0F / std::sqrt(static_cast<float>(stream.columns)));
    for (std::size_t t = 0; t < routed_by.rows && !router_scale_.empty(); ++t)
        multiply(routed_by.row(t), router_scale_);
    const Matrix routed =
        experts_.run(normalized(rule_, experts_before_, stream), experts_.route(routed_by, workers), workers);
    add_into(sum, normalized(rule_, experts_after_, routed));
    return sum;
}

Matrix FeedForward::run(const Matrix& x, const Matrix& stream, const Matrix& block_input, Workers& workers) const {
    if (plan_.silu_for_experts) {
        Matrix y = x;
        silu_all(y.values, workers.simd());
        return y;
    }
    if (!experts_) return dense_.run(x, workers);
    if (plan_.mix == FfnMix::two_norms) return two_norms(x, stream, workers);
    if (plan_.mix == FfnMix::beside) {
        const Matrix in = normalized(rule_, experts_norm_, block_input);
        Matrix sum = dense_.run(x, workers);
        add_into(sum, experts_.run(in, experts_.route(in, workers), workers));
        return sum;
    }
    const Matrix logits = experts_.route(plan_.experts.route_block_input ? block_input : x, workers);
    Matrix y = with_shared(experts_.run(x, logits, workers), x, workers);
    if (plan_.mix == FfnMix::averaged && dense_) {
        add_into(y, dense_.run(x, workers));
        scale_by(y, std::numbers::sqrt2_v<float> / 2.0F);
    }
    return y;
}

}  // namespace attnx::forward

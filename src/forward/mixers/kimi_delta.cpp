// Kimi delta attention (arXiv 2510.26692): the delta rule with one decay per key channel, convolutions for q, k and v each, and a
// low-rank output gate.
#include <utility>

#include <fmt/format.h>

#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "attnx/base/error.h"
#include "conv.h"
#include "delta_rule.h"
#include "heads.h"
#include "mixer.h"

namespace attnx::forward {

namespace {

class KimiDelta : public Mixer {
public:
    explicit KimiDelta(const MixerParts& parts);
    Matrix run(const Matrix& x, Pass& pass) override;
    void reset() override {
        for (TimeConv* conv : {&q_conv_, &k_conv_, &v_conv_}) conv->reset();
        memory_.clear();
    }

private:
    Matrix convolved(const Linear& projection, TimeConv& conv, const Matrix& x, Pass& pass) const {
        Matrix y = conv.run(applied(projection, x, pass.workers));
        for (float& v : y.values) v = silu(v);
        return y;
    }
    Matrix decay(const Matrix& x, Pass& pass) const;

    NormRule rule_;
    std::size_t dim_, heads_;
    Linear q_, k_, v_, f_a_, f_b_, beta_, g_a_, g_b_, out_;
    std::vector<float> dt_bias_, a_;
    TimeConv q_conv_, k_conv_, v_conv_;
    Norm norm_;
    std::vector<float> memory_;
};

KimiDelta::KimiDelta(const MixerParts& parts)
    : rule_(parts.norm_rule()), dim_(parts.plan.state.head_dim), q_(parts.tensors.require_linear("attn_q")),
      k_(parts.tensors.require_linear("attn_k")), v_(parts.tensors.require_linear("attn_v")), f_a_(parts.tensors.require_linear("ssm_f_a")),
      f_b_(parts.tensors.require_linear("ssm_f_b")), beta_(parts.tensors.require_linear("ssm_beta")),
      g_a_(parts.tensors.require_linear("ssm_g_a")), g_b_(parts.tensors.require_linear("ssm_g_b")),
      out_(parts.tensors.require_linear("attn_output")), dt_bias_(parts.tensors.exact("ssm_dt.bias")), a_(parts.tensors.require_vector("ssm_a")),
      norm_(parts.tensors.norm("ssm_norm")) {
    for (Linear* linear : {&q_, &k_, &v_, &out_}) linear->bias.clear();
    const std::size_t inner = q_.weight.outputs;
    heads_ = dim_ == 0 ? 0 : inner / dim_;
    if (heads_ == 0 || heads_ * dim_ != inner || a_.size() != heads_ || dt_bias_.size() != inner) {
        throw Error(ErrorCode::bad_dimensions, fmt::format("Kimi delta attention over {} channels in heads of {}", inner, dim_));
    }
    for (const Linear* linear : {&k_, &v_, &f_b_, &g_b_}) expect_shape(linear->weight, linear->weight.inputs, inner);
    expect_shape(beta_.weight, beta_.weight.inputs, heads_);
    q_conv_ = TimeConv(parts.tensors.require_vector("ssm_conv1d_q"), {}, inner);
    k_conv_ = TimeConv(parts.tensors.require_vector("ssm_conv1d_k"), {}, inner);
    v_conv_ = TimeConv(parts.tensors.require_vector("ssm_conv1d_v"), {}, inner);
}

Matrix KimiDelta::decay(const Matrix& x, Pass& pass) const {
    Matrix g = applied(f_b_, applied(f_a_, x, pass.workers), pass.workers);
    for (std::size_t t = 0; t < g.rows; ++t) {
        for (std::size_t i = 0; i < g.columns; ++i) g.row(t)[i] = softplus(g.row(t)[i] + dt_bias_[i]) * a_[i / dim_];
    }
    return g;
}

Matrix KimiDelta::run(const Matrix& x, Pass& pass) {
    if (pass.weights_only) return {};
    DeltaInput in;
    in.heads = in.key_heads = heads_;
    in.dim = dim_;
    in.q = convolved(q_, q_conv_, x, pass);
    in.k = convolved(k_, k_conv_, x, pass);
    in.v = convolved(v_, v_conv_, x, pass);
    l2_normalize_heads(in.q, heads_, rule_.epsilon);
    l2_normalize_heads(in.k, heads_, rule_.epsilon);
    in.decay = decay(x, pass);
    in.beta = applied(beta_, x, pass.workers);
    for (float& v : in.beta.values) v = sigmoid(v);
    Matrix y = delta_rule(in, memory_, pass.workers);
    norm_heads(rule_, norm_, y, static_cast<std::uint32_t>(heads_));
    const Matrix gate = applied(g_b_, applied(g_a_, x, pass.workers), pass.workers);
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] *= sigmoid(gate.values[i]);
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_kimi_delta(const MixerParts& parts) { return std::make_unique<KimiDelta>(parts); }

}  // namespace attnx::forward

// Kimi delta attention (arXiv 2510.26692): the delta rule with one decay per key channel, convolutions for q, k and v
// each, and a low-rank output gate.
#include "../ops/activation.h"
#include "../ops/matmul.h"
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
    : rule_(parts.norm_rule()),
      dim_(parts.plan.state.head_dim),
      q_(parts.tensors.linear(Stem::attn_q, parts.graph.width, kAny)) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width, inner = q_.weight.outputs;
    heads_ = share(inner, dim_, q_.name + " over heads of kda.head_dim");
    k_ = tensors.linear(Stem::attn_k, width, inner);
    v_ = tensors.linear(Stem::attn_v, width, inner);
    f_a_ = tensors.linear(Stem::ssm_f_a, width, kAny);
    f_b_ = tensors.linear(Stem::ssm_f_b, f_a_.weight.outputs, inner);
    beta_ = tensors.linear(Stem::ssm_beta, width, heads_);
    g_a_ = tensors.linear(Stem::ssm_g_a, width, kAny);
    g_b_ = tensors.linear(Stem::ssm_g_b, g_a_.weight.outputs, inner);
    out_ = tensors.linear(Stem::attn_output, inner, width);
    dt_bias_ = tensors.vector(Stem::ssm_dt, inner, Suffix::bias);
    a_ = tensors.vector(Stem::ssm_a, heads_);
    norm_ = tensors.norm(Stem::ssm_norm, dim_);
    for (Linear* linear : {&q_, &k_, &v_, &out_}) linear->bias.clear();
    q_conv_ = TimeConv(tensors, Stem::ssm_conv1d_q, inner, false);
    k_conv_ = TimeConv(tensors, Stem::ssm_conv1d_k, inner, false);
    v_conv_ = TimeConv(tensors, Stem::ssm_conv1d_v, inner, false);
}

Matrix KimiDelta::decay(const Matrix& x, Pass& pass) const {
    Matrix g = applied(f_b_, applied(f_a_, x, pass.workers), pass.workers);
    for (std::size_t t = 0; t < g.rows; ++t) {
        const std::span<float> row = g.row(t);
        add(row, dt_bias_);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = softplus(row[i]) * a_[i / dim_];
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
    norm_heads(rule_, norm_, y, heads_);
    Matrix gate = applied(g_b_, applied(g_a_, x, pass.workers), pass.workers);
    for (float& v : gate.values) v = sigmoid(v);
    multiply(y.values, gate.values);
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_kimi_delta(const MixerParts& parts) { return std::make_unique<KimiDelta>(parts); }

}  // namespace attnx::forward

// Kimi delta attention (arXiv 2510.26692): the delta rule with one decay per key channel, convolutions for q, k and v
// each, and an output gate. The matrices of decay and gate are of low rank, or whole.
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
    Traced run(const Matrix& x, Pass& pass) override;
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

    // W x, or B A x.
    struct Projection {
        Linear a, b;

        Matrix run(const Matrix& x, Workers& workers) const {
            const Matrix inner = applied(a, x, workers);
            return b ? applied(b, inner, workers) : inner;
        }
    };
    static Projection projection(const Tensors& tensors, Stem a, Stem b, std::size_t width, std::size_t inner);

    model::StatePlan plan_;
    NormRule rule_;
    std::size_t dim_, heads_;
    Linear q_, k_, v_, beta_, out_;
    Projection f_, g_;
    std::vector<float> dt_bias_, a_;
    TimeConv q_conv_, k_conv_, v_conv_;
    Norm norm_;
    std::vector<float> memory_;
};

KimiDelta::Projection KimiDelta::projection(const Tensors& tensors, Stem a, Stem b, std::size_t width,
                                            std::size_t inner) {
    Projection p;
    p.a = tensors.linear(a, width, tensors.has(b) ? kAny : inner);
    if (tensors.has(b)) p.b = tensors.linear(b, p.a.weight.outputs, inner);
    return p;
}

KimiDelta::KimiDelta(const MixerParts& parts)
    : plan_(parts.plan.state),
      rule_(parts.norm_rule()),
      dim_(parts.plan.state.head_dim),
      q_(parts.tensors.linear(Stem::attn_q, parts.graph.width, kAny)) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width, inner = q_.weight.outputs;
    heads_ = share(inner, dim_, q_.name + " over heads of kda.head_dim");
    k_ = tensors.linear(Stem::attn_k, width, inner);
    v_ = tensors.linear(Stem::attn_v, width, inner);
    f_ = projection(tensors, Stem::ssm_f_a, Stem::ssm_f_b, width, inner);
    beta_ = tensors.linear(Stem::ssm_beta, width, heads_);
    const Stem gate = tensors.has(Stem::ssm_g) ? Stem::ssm_g : Stem::ssm_g_a;
    g_ = projection(tensors, gate, Stem::ssm_g_b, width, inner);
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
    Matrix g = f_.run(x, pass.workers);
    for (std::size_t t = 0; t < g.rows; ++t) {
        const std::span<float> row = g.row(t);
        add(row, dt_bias_);
        for (std::size_t i = 0; i < row.size(); ++i) {
            const float rate = a_[i / dim_];
            row[i] = plan_.decay_bound ? *plan_.decay_bound * sigmoid(plan_.decay_sign * rate * row[i])
                                       : softplus(row[i]) * rate;
        }
    }
    return g;
}

Traced KimiDelta::run(const Matrix& x, Pass& pass) {
    if (pass.weights_only) return {};
    DeltaInput in;
    in.heads = in.key_heads = heads_;
    in.dim = dim_;
    in.q = convolved(q_, q_conv_, x, pass);
    in.k = convolved(k_, k_conv_, x, pass);
    in.v = convolved(v_, v_conv_, x, pass);
    const float epsilon = plan_.qk_epsilon != 0.0F ? plan_.qk_epsilon : rule_.epsilon;
    l2_normalize_heads(in.q, heads_, epsilon);
    l2_normalize_heads(in.k, heads_, epsilon);
    in.decay = decay(x, pass);
    in.beta = applied(beta_, x, pass.workers);
    for (float& v : in.beta.values) v = sigmoid(v);
    Matrix y = delta_rule(in, memory_, pass.workers);
    norm_heads(rule_, norm_, y, heads_);
    Matrix gate = g_.run(x, pass.workers);
    for (float& v : gate.values) v = sigmoid(v);
    multiply(y.values, gate.values);
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_kimi_delta(const MixerParts& parts) { return std::make_unique<KimiDelta>(parts); }

}  // namespace attnx::forward

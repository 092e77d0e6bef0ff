// Gated delta net (Qwen3-Next, Qwen3.5): queries, keys and values are convolved over a few tokens, the delta rule runs over them,
// the result is normalised per head and gated with silu(z).
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

using model::StatePlan;

namespace {

class DeltaNet : public Mixer {
public:
    explicit DeltaNet(const MixerParts& parts);
    Matrix run(const Matrix& x, Pass& pass) override;
    void reset() override {
        conv_.reset();
        memory_.clear();
    }

private:
    struct Projected {
        Matrix qkv, z;
    };
    Projected project(const Matrix& x, Pass& pass) const;
    void rates(const Matrix& x, Pass& pass, DeltaInput& in) const;

    StatePlan plan_;
    NormRule rule_;
    std::size_t dim_, key_heads_, heads_;
    Linear qkv_, z_, qkvz_, beta_alpha_, beta_, alpha_, out_;
    std::vector<float> dt_bias_, a_;
    TimeConv conv_;
    Norm norm_;
    std::vector<float> memory_;
};

DeltaNet::DeltaNet(const MixerParts& parts)
    : plan_(parts.plan.state), rule_(parts.norm_rule()), dim_(plan_.state), key_heads_(plan_.groups), heads_(plan_.heads),
      qkv_(parts.tensors.linear("attn_qkv")), z_(parts.tensors.linear("attn_gate")), qkvz_(parts.tensors.linear("ssm_in")),
      beta_alpha_(parts.tensors.linear("ssm_ba")), beta_(parts.tensors.linear("ssm_beta")), alpha_(parts.tensors.linear("ssm_alpha")),
      out_(parts.tensors.require_linear("ssm_out")), dt_bias_(parts.tensors.exact("ssm_dt.bias")), a_(parts.tensors.require_vector("ssm_a")),
      norm_(parts.tensors.norm("ssm_norm")) {
    if (dim_ == 0 || key_heads_ == 0 || heads_ == 0 || heads_ % key_heads_ != 0 || heads_ * dim_ != plan_.inner || a_.size() != heads_ ||
        dt_bias_.size() != heads_) {
        throw Error(ErrorCode::bad_dimensions, fmt::format("a delta net of {} channels, {} heads, {} key heads of {}", plan_.inner, heads_, key_heads_, dim_));
    }
    const std::size_t channels = plan_.inner + 2 * key_heads_ * dim_;
    conv_ = TimeConv(parts.tensors.require_vector("ssm_conv1d"), parts.tensors.exact("ssm_conv1d.bias"), channels);
    if (!qkv_ && !qkvz_) parts.tensors.require("attn_qkv");
    expect_shape(qkv_.weight, parts.graph.width, channels);
    expect_shape(z_.weight, parts.graph.width, plan_.inner);
    expect_shape(qkvz_.weight, parts.graph.width, channels + plan_.inner);
    expect_shape(beta_alpha_.weight, parts.graph.width, 2 * heads_);
    if (!beta_alpha_) {
        expect_shape(beta_.weight, parts.graph.width, heads_);
        expect_shape(alpha_.weight, parts.graph.width, heads_);
    }
}

// The older form stores q, k, v and z of each key head side by side.
DeltaNet::Projected DeltaNet::project(const Matrix& x, Pass& pass) const {
    if (qkv_) return {applied(qkv_, x, pass.workers), applied(z_, x, pass.workers)};
    const Matrix all = applied(qkvz_, x, pass.workers);
    const std::size_t keys = key_heads_ * dim_, values = plan_.inner / key_heads_, size = 2 * dim_ + 2 * values;
    Projected p{Matrix(x.rows, 2 * keys + plan_.inner), Matrix(x.rows, plan_.inner)};
    for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t h = 0; h < key_heads_; ++h) {
            const float* from = all.row(t) + h * size;
            std::copy_n(from, dim_, p.qkv.row(t) + h * dim_);
            std::copy_n(from + dim_, dim_, p.qkv.row(t) + keys + h * dim_);
            std::copy_n(from + 2 * dim_, values, p.qkv.row(t) + 2 * keys + h * values);
            std::copy_n(from + 2 * dim_ + values, values, p.z.row(t) + h * values);
        }
    }
    return p;
}

// beta = sigmoid(b), decay = A softplus(a + bias). ssm_ba holds b and a of each key head's value heads side by side.
void DeltaNet::rates(const Matrix& x, Pass& pass, DeltaInput& in) const {
    Matrix b, a;
    if (beta_alpha_) {
        const Matrix both = applied(beta_alpha_, x, pass.workers);
        const std::size_t share = heads_ / key_heads_;
        b = Matrix(x.rows, heads_);
        a = Matrix(x.rows, heads_);
        for (std::size_t t = 0; t < x.rows; ++t) {
            for (std::size_t h = 0; h < heads_; ++h) {
                const float* from = both.row(t) + h / share * 2 * share + h % share;
                b.row(t)[h] = from[0];
                a.row(t)[h] = from[share];
            }
        }
    } else {
        b = applied(beta_, x, pass.workers);
        a = applied(alpha_, x, pass.workers);
    }
    for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t h = 0; h < heads_; ++h) {
            b.row(t)[h] = sigmoid(b.row(t)[h]);
            a.row(t)[h] = softplus(a.row(t)[h] + dt_bias_[h]) * a_[h];
        }
    }
    in.beta = std::move(b);
    in.decay = std::move(a);
}

Matrix DeltaNet::run(const Matrix& x, Pass& pass) {
    if (pass.weights_only) return {};
    const Projected p = project(x, pass);
    Matrix qkv = conv_.run(p.qkv);
    for (float& v : qkv.values) v = silu(v);
    const std::size_t keys = key_heads_ * dim_;
    DeltaInput in;
    in.heads = heads_;
    in.key_heads = key_heads_;
    in.dim = dim_;
    in.interleaved = plan_.interleaved_groups;
    in.q = columns_of(qkv, 0, keys);
    in.k = columns_of(qkv, keys, keys);
    in.v = columns_of(qkv, 2 * keys, plan_.inner);
    l2_normalize_heads(in.q, key_heads_, rule_.epsilon);
    l2_normalize_heads(in.k, key_heads_, rule_.epsilon);
    rates(x, pass, in);
    Matrix y = delta_rule(in, memory_, pass.workers);
    norm_heads(rule_, norm_, y, static_cast<std::uint32_t>(heads_));
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] *= silu(p.z.values[i]);
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_delta_net(const MixerParts& parts) { return std::make_unique<DeltaNet>(parts); }

}  // namespace attnx::forward

// Gated delta net (Qwen3-Next, Qwen3.5): queries, keys and values are convolved over a few tokens, the delta rule runs
// over them, the result is normalised per head and gated with silu(z).
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
    Traced run(const Matrix& x, Pass& pass) override;
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
    Linear qkv_then_z_, beta_then_alpha_;  // all of one, then all of the other (Qwen 4)
    std::vector<float> dt_bias_, a_;
    TimeConv conv_;
    Norm norm_;
    std::vector<float> memory_;
};

DeltaNet::DeltaNet(const MixerParts& parts)
    : plan_(parts.plan.state),
      rule_(parts.norm_rule()),
      dim_(plan_.state),
      key_heads_(plan_.groups),
      heads_(plan_.heads) {
    const Tensors& tensors = parts.tensors;
    if (dim_ == 0 || key_heads_ == 0 || heads_ == 0 || heads_ % key_heads_ != 0 || heads_ * dim_ != plan_.inner) {
        throw Error(ErrorCode::bad_value, fmt::format("a delta net of {} channels, {} heads, {} key heads of {}",
                                                      plan_.inner, heads_, key_heads_, dim_));
    }
    const std::size_t width = parts.graph.width, inner = plan_.inner;
    const std::size_t channels = inner + product({2, key_heads_, dim_}, "channels of a delta net");
    if (tensors.has(Stem::attn_qkv_gate)) {
        qkv_then_z_ = tensors.linear(Stem::attn_qkv_gate, width, channels + inner);
    } else if (tensors.has(Stem::ssm_in) && !tensors.has(Stem::attn_qkv)) {
        qkvz_ = tensors.linear(Stem::ssm_in, width, channels + inner);
    } else {
        qkv_ = tensors.linear(Stem::attn_qkv, width, channels);
        z_ = tensors.linear(Stem::attn_gate, width, inner);
    }
    if (tensors.has(Stem::ssm_beta_alpha)) {
        beta_then_alpha_ = tensors.linear(Stem::ssm_beta_alpha, width, 2 * heads_);
    } else if (tensors.has(Stem::ssm_ba)) {
        beta_alpha_ = tensors.linear(Stem::ssm_ba, width, 2 * heads_);
    } else {
        beta_ = tensors.linear(Stem::ssm_beta, width, heads_);
        alpha_ = tensors.linear(Stem::ssm_alpha, width, heads_);
    }
    out_ = tensors.linear(Stem::ssm_out, inner, width);
    dt_bias_ = tensors.vector(Stem::ssm_dt, heads_, Suffix::bias);
    a_ = tensors.vector(Stem::ssm_a, heads_);
    norm_ = tensors.norm(Stem::ssm_norm, dim_);
    conv_ = TimeConv(tensors, Stem::ssm_conv1d, channels);
}

// The older form stores q, k, v and z of each key head side by side.
DeltaNet::Projected DeltaNet::project(const Matrix& x, Pass& pass) const {
    if (qkv_then_z_) {
        const Matrix both = applied(qkv_then_z_, x, pass.workers);
        const std::size_t channels = conv_.channels();
        return {columns_of(both, 0, channels), columns_of(both, channels, plan_.inner)};
    }
    if (qkv_) return {applied(qkv_, x, pass.workers), applied(z_, x, pass.workers)};
    const Matrix all = applied(qkvz_, x, pass.workers);
    const std::size_t keys = key_heads_ * dim_, values = plan_.inner / key_heads_, size = 2 * dim_ + 2 * values;
    Projected p{Matrix(x.rows, 2 * keys + plan_.inner), Matrix(x.rows, plan_.inner)};
    for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t h = 0; h < key_heads_; ++h) {
            const auto from = [&](std::size_t first, std::size_t count) {
                return all.part(t, h * size + first, count);
            };
            copy(from(0, dim_), p.qkv.part(t, h * dim_, dim_));
            copy(from(dim_, dim_), p.qkv.part(t, keys + h * dim_, dim_));
            copy(from(2 * dim_, values), p.qkv.part(t, 2 * keys + h * values, values));
            copy(from(2 * dim_ + values, values), p.z.part(t, h * values, values));
        }
    }
    return p;
}

// beta = sigmoid(b), decay = A softplus(a + bias). ssm_ba holds b and a of each key head's value heads side by side.
void DeltaNet::rates(const Matrix& x, Pass& pass, DeltaInput& in) const {
    Matrix b, a;
    if (beta_then_alpha_) {
        const Matrix both = applied(beta_then_alpha_, x, pass.workers);
        b = columns_of(both, 0, heads_);
        a = columns_of(both, heads_, heads_);
    } else if (beta_alpha_) {
        const Matrix both = applied(beta_alpha_, x, pass.workers);
        const std::size_t shared = heads_ / key_heads_;
        b = Matrix(x.rows, heads_);
        a = Matrix(x.rows, heads_);
        for (std::size_t t = 0; t < x.rows; ++t) {
            for (std::size_t h = 0; h < heads_; h += shared) {
                copy(both.part(t, 2 * h, shared), b.part(t, h, shared));
                copy(both.part(t, 2 * h + shared, shared), a.part(t, h, shared));
            }
        }
    } else {
        b = applied(beta_, x, pass.workers);
        a = applied(alpha_, x, pass.workers);
    }
    for (float& v : b.values) v = sigmoid(v);
    for (std::size_t t = 0; t < x.rows; ++t) {
        const std::span<float> row = a.row(t);
        add(row, dt_bias_);
        for (float& v : row) v = softplus(v);
        multiply(row, a_);
    }
    in.beta = std::move(b);
    in.decay = std::move(a);
}

Traced DeltaNet::run(const Matrix& x, Pass& pass) {
    if (pass.weights_only) return {};
    Projected p = project(x, pass);
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
    norm_heads(rule_, norm_, y, heads_);
    for (float& v : p.z.values) v = plan_.silu_gate ? silu(v) : sigmoid(v);
    multiply(y.values, p.z.values);
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_delta_net(const MixerParts& parts) { return std::make_unique<DeltaNet>(parts); }

}  // namespace attnx::forward

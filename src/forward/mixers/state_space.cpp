// Selective state spaces: Mamba (arXiv 2312.00752), Mamba-2 (arXiv 2405.21060) and PLaMo-2's variant of it.
//
// Each channel keeps `state` numbers: s = exp(dt A) s + dt B x, y = C.s + D x. Mamba has its own A for every channel and state and
// one dt per channel; Mamba-2 one A and one dt per head of channels, and B and C per group of heads. All convolve the input over a
// few tokens first and gate the result with silu(z).
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "attnx/base/error.h"
#include "conv.h"
#include "heads.h"
#include "mixer.h"

namespace attnx::forward {

using model::StatePlan;

namespace {

// What the scan reads, one row per token.
struct ScanInput {
    Matrix x;       // [heads * channels per head]
    Matrix z;       // like x
    Matrix dt;      // [heads], before softplus
    Matrix b, c;    // [groups * state]
};

class StateSpace : public Mixer {
public:
    explicit StateSpace(const MixerParts& parts);
    Matrix run(const Matrix& x, Pass& pass) override;
    void reset() override {
        conv_.reset();
        state_.clear();
    }

private:
    enum class Kind { mamba, mamba2, plamo };

    ScanInput prepare(const Matrix& x, Pass& pass);
    ScanInput prepare_mamba(const Matrix& x, Pass& pass);
    ScanInput prepare_mamba2(const Matrix& x, Pass& pass);
    ScanInput prepare_plamo(const Matrix& x, Pass& pass);
    Matrix convolved(const Matrix& x) {
        Matrix y = conv_.run(x);
        for (float& v : y.values) v = silu(v);
        return y;
    }
    Matrix scan(const ScanInput& in, Workers& workers);
    float step_head(const ScanInput& in, std::size_t t, std::size_t channel, std::size_t head, float dt, float* state) const;

    StatePlan plan_;
    NormRule rule_;
    Kind kind_;
    Linear in_, x_, dt_, out_;
    TimeConv conv_;
    std::vector<float> a_, d_, dt_bias_;
    Norm norm_, dt_norm_, b_norm_, c_norm_;
    std::size_t heads_, groups_;    // as the scan sees them
    std::vector<float> state_;      // [inner, state]
};

StateSpace::StateSpace(const MixerParts& parts)
    : plan_(parts.plan.state), rule_(parts.norm_rule()), in_(parts.tensors.require_linear("ssm_in")), x_(parts.tensors.linear("ssm_x")),
      dt_(parts.tensors.linear("ssm_dt")), out_(parts.tensors.require_linear("ssm_out")), a_(parts.tensors.require_vector("ssm_a")),
      d_(parts.tensors.require_vector("ssm_d")), dt_bias_(parts.tensors.exact("ssm_dt.bias")), norm_(parts.tensors.norm("ssm_norm")),
      dt_norm_(parts.tensors.norm("ssm_dt_norm")), b_norm_(parts.tensors.norm("ssm_b_norm")), c_norm_(parts.tensors.norm("ssm_c_norm")) {
    const std::size_t inner = plan_.inner, state = plan_.state;
    kind_ = !x_ ? Kind::mamba2 : a_.size() == inner * state ? Kind::mamba : Kind::plamo;
    heads_ = kind_ == Kind::mamba ? inner : plan_.heads;
    groups_ = kind_ == Kind::mamba2 ? plan_.groups : 1;
    const std::size_t a_size = kind_ == Kind::mamba ? inner * state : heads_;
    if (inner == 0 || state == 0 || heads_ == 0 || groups_ == 0 || inner % heads_ != 0 || heads_ % groups_ != 0 || a_.size() != a_size ||
        d_.size() != heads_) {
        throw Error(ErrorCode::bad_dimensions, fmt::format("a state-space layer of {} channels, {} states, {} heads and {} groups with {} decays",
                                                           inner, state, heads_, groups_, a_.size()));
    }
    if (x_) parts.tensors.require("ssm_dt");
    expect_shape(dt_.weight, dt_.weight.inputs, heads_);
    if (!x_ && !dt_bias_.empty() && dt_bias_.size() != heads_) throw Error(ErrorCode::bad_dimensions, "ssm_dt.bias does not have one number per head");
    const std::size_t channels = kind_ == Kind::mamba2 ? inner + 2 * groups_ * state : inner;
    conv_ = TimeConv(parts.tensors.require_vector("ssm_conv1d"), parts.tensors.exact("ssm_conv1d.bias"), channels);
    if (kind_ == Kind::mamba2) expect_shape(in_.weight, in_.weight.inputs, 2 * inner + 2 * groups_ * state + heads_);
    else expect_shape(in_.weight, in_.weight.inputs, 2 * inner);
}

void normalize_rows(NormRule rule, const Norm& norm, Matrix& m) {
    if (!norm) return;
    for (std::size_t t = 0; t < m.rows; ++t) normalize(rule, norm, m.row_span(t));
}

ScanInput StateSpace::prepare_mamba(const Matrix& x, Pass& pass) {
    const std::size_t inner = plan_.inner, state = plan_.state;
    const Matrix xz = applied(in_, x, pass.workers);
    ScanInput in;
    in.z = columns_of(xz, inner, inner);
    in.x = convolved(columns_of(xz, 0, inner));
    const Matrix all = applied(x_, in.x, pass.workers);  // dt, B, C
    const std::size_t rank = dt_.weight.inputs;
    expect_shape(x_.weight, inner, rank + 2 * state);
    Matrix dt = columns_of(all, 0, rank);
    in.b = columns_of(all, rank, state);
    in.c = columns_of(all, rank + state, state);
    normalize_rows(rule_, dt_norm_, dt);
    normalize_rows(rule_, b_norm_, in.b);
    normalize_rows(rule_, c_norm_, in.c);
    in.dt = applied(dt_, dt, pass.workers);
    return in;
}

ScanInput StateSpace::prepare_mamba2(const Matrix& x, Pass& pass) {
    const std::size_t inner = plan_.inner, grouped = groups_ * plan_.state;
    const Matrix all = applied(in_, x, pass.workers);  // z, x, B, C, dt
    ScanInput in;
    in.z = columns_of(all, 0, inner);
    const Matrix xbc = convolved(columns_of(all, inner, inner + 2 * grouped));
    in.x = columns_of(xbc, 0, inner);
    in.b = columns_of(xbc, inner, grouped);
    in.c = columns_of(xbc, inner + grouped, grouped);
    in.dt = columns_of(all, 2 * inner + 2 * grouped, heads_);
    for (std::size_t t = 0; t < in.dt.rows; ++t) {
        for (std::size_t h = 0; h < heads_ && !dt_bias_.empty(); ++h) in.dt.row(t)[h] += dt_bias_[h];
    }
    return in;
}

// z and x alternate head by head; only x is convolved; B, C and dt follow from it.
ScanInput StateSpace::prepare_plamo(const Matrix& x, Pass& pass) {
    const std::size_t inner = plan_.inner, state = plan_.state, dim = inner / heads_;
    const Matrix zx = applied(in_, x, pass.workers);
    ScanInput in;
    in.z = Matrix(x.rows, inner);
    Matrix raw(x.rows, inner);
    for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t h = 0; h < heads_; ++h) {
            std::copy_n(zx.row(t) + 2 * h * dim, dim, in.z.row(t) + h * dim);
            std::copy_n(zx.row(t) + (2 * h + 1) * dim, dim, raw.row(t) + h * dim);
        }
    }
    in.x = convolved(raw);
    const Matrix all = applied(x_, in.x, pass.workers);  // B, C, dt
    const std::size_t rank = dt_.weight.inputs;
    expect_shape(x_.weight, inner, rank + 2 * state);
    in.b = columns_of(all, 0, state);
    in.c = columns_of(all, state, state);
    Matrix dt = columns_of(all, 2 * state, rank);
    normalize_rows(rule_, b_norm_, in.b);
    normalize_rows(rule_, c_norm_, in.c);
    normalize_rows(rule_, dt_norm_, dt);
    in.dt = applied(dt_, dt, pass.workers);
    return in;
}

ScanInput StateSpace::prepare(const Matrix& x, Pass& pass) {
    switch (kind_) {
        case Kind::mamba: return prepare_mamba(x, pass);
        case Kind::mamba2: return prepare_mamba2(x, pass);
        case Kind::plamo: return prepare_plamo(x, pass);
    }
    return {};
}

// One channel of one token; returns C.s.
float StateSpace::step_head(const ScanInput& in, std::size_t t, std::size_t channel, std::size_t head, float dt, float* state) const {
    const std::size_t n = plan_.state;
    const std::size_t group = head / (heads_ / groups_);
    const float* b = in.b.row(t) + group * n;
    const float* c = in.c.row(t) + group * n;
    const float x_dt = in.x.row(t)[channel] * dt;
    const bool own_decay = kind_ == Kind::mamba;
    const float decay = own_decay ? 0.0F : std::exp(dt * a_[head]);
    float y = 0.0F;
    for (std::size_t i = 0; i < n; ++i) {
        state[i] = state[i] * (own_decay ? std::exp(dt * a_[channel * n + i]) : decay) + b[i] * x_dt;
        y += state[i] * c[i];
    }
    return y;
}

Matrix StateSpace::scan(const ScanInput& in, Workers& workers) {
    const std::size_t dim = plan_.inner / heads_;
    if (state_.empty()) state_.assign(std::size_t{plan_.inner} * plan_.state, 0.0F);
    Matrix y(in.x.rows, plan_.inner);
    workers.parallel(heads_, [&](std::size_t head, unsigned) {
        for (std::size_t t = 0; t < in.x.rows; ++t) {
            const float dt = softplus(in.dt.row(t)[head]);
            for (std::size_t channel = head * dim; channel < (head + 1) * dim; ++channel) {
                const float scanned = step_head(in, t, channel, head, dt, state_.data() + channel * plan_.state);
                y.row(t)[channel] = silu(in.z.row(t)[channel]) * (scanned + in.x.row(t)[channel] * d_[head]);
            }
        }
    });
    return y;
}

Matrix StateSpace::run(const Matrix& x, Pass& pass) {
    if (pass.weights_only) return {};
    Matrix y = scan(prepare(x, pass), pass.workers);
    if (norm_) norm_heads(rule_, norm_, y, static_cast<std::uint32_t>(groups_));
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_state_space(const MixerParts& parts) { return std::make_unique<StateSpace>(parts); }

}  // namespace attnx::forward

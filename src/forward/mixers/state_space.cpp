// Selective state spaces: Mamba (arXiv 2312.00752), Mamba-2 (arXiv 2405.21060) and PLaMo-2's variant of it.
//
// Each channel keeps `state` numbers: s = exp(dt A) s + dt B x, y = C.s + D x. Mamba has its own A for every channel
// and state and one dt per channel; Mamba-2 one A and one dt per head of channels, and B and C per group of heads. All
// convolve the input over a few tokens first and gate the result with silu(z).
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
    Matrix x;     // [heads * channels per head]
    Matrix z;     // like x
    Matrix dt;    // [heads], before softplus
    Matrix b, c;  // [groups * state]
};

class StateSpace : public Mixer {
public:
    explicit StateSpace(const MixerParts& parts);
    Traced run(const Matrix& x, Pass& pass) override;
    void reset() override {
        conv_.reset();
        state_.clear();
    }

private:
    enum class Kind { mamba, mamba2, plamo };

    static Kind kind_of(const MixerParts& parts);
    void bind_selection(const Tensors& tensors);
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

    StatePlan plan_;
    NormRule rule_;
    Kind kind_ = Kind::mamba;
    Linear in_, x_, dt_, out_;
    TimeConv conv_;
    std::vector<float> a_, d_, dt_bias_;
    Norm norm_, dt_norm_, b_norm_, c_norm_;
    std::size_t heads_ = 0, groups_ = 0;  // as the scan sees them
    std::vector<float> state_;            // [inner, state]
};

StateSpace::StateSpace(const MixerParts& parts)
    : plan_(parts.plan.state), rule_(parts.norm_rule()), kind_(kind_of(parts)) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width, inner = plan_.inner, state = plan_.state;
    heads_ = kind_ == Kind::mamba ? inner : plan_.heads;
    groups_ = kind_ == Kind::mamba2 ? plan_.groups : 1;
    if (inner == 0 || state == 0 || heads_ == 0 || groups_ == 0 || inner % heads_ != 0 || heads_ % groups_ != 0) {
        throw Error(
            ErrorCode::bad_value,
            fmt::format("a state-space layer of {} channels, {} states, {} heads and {} groups cannot be executed",
                        inner, state, heads_, groups_));
    }
    const std::size_t grouped = product({2, groups_, state}, "states of a state-space layer");
    const std::size_t channels = kind_ == Kind::mamba2 ? inner + grouped : inner;
    in_ = tensors.linear(Stem::ssm_in, width, kind_ == Kind::mamba2 ? 2 * inner + grouped + heads_ : 2 * inner);
    conv_ = TimeConv(tensors, Stem::ssm_conv1d, channels);
    if (kind_ == Kind::mamba2) dt_bias_ = tensors.optional_vector(Stem::ssm_dt, heads_, Suffix::bias);
    else bind_selection(tensors);
    a_ = tensors.vector(Stem::ssm_a, kind_ == Kind::mamba ? product({inner, state}, "decays") : heads_);
    d_ = tensors.vector(Stem::ssm_d, heads_);
    norm_ = tensors.optional_norm_of_heads(Stem::ssm_norm, groups_, inner / groups_);
    out_ = tensors.linear(Stem::ssm_out, inner, width);
}

StateSpace::Kind StateSpace::kind_of(const MixerParts& parts) {
    if (!parts.tensors.has(Stem::ssm_x)) return Kind::mamba2;
    const StatePlan& plan = parts.plan.state;
    return parts.tensors.require(Stem::ssm_a).elements == product({plan.inner, plan.state}, "decays") ? Kind::mamba
                                                                                                      : Kind::plamo;
}

// What makes dt, B and C of a token from its channels.
void StateSpace::bind_selection(const Tensors& tensors) {
    dt_ = tensors.linear(Stem::ssm_dt, kAny, heads_);
    const std::size_t rank = dt_.weight.inputs;
    x_ = tensors.linear(Stem::ssm_x, plan_.inner, rank + 2 * std::size_t{plan_.state});
    dt_norm_ = tensors.optional_norm(Stem::ssm_dt_norm, rank);
    b_norm_ = tensors.optional_norm(Stem::ssm_b_norm, plan_.state);
    c_norm_ = tensors.optional_norm(Stem::ssm_c_norm, plan_.state);
}

void normalize_rows(NormRule rule, const Norm& norm, Matrix& m) {
    if (!norm) return;
    for (std::size_t t = 0; t < m.rows; ++t) normalize(rule, norm, m.row(t));
}

ScanInput StateSpace::prepare_mamba(const Matrix& x, Pass& pass) {
    const std::size_t inner = plan_.inner, state = plan_.state, rank = dt_.weight.inputs;
    const Matrix xz = applied(in_, x, pass.workers);
    ScanInput in;
    in.z = columns_of(xz, inner, inner);
    in.x = convolved(columns_of(xz, 0, inner));
    const Matrix all = applied(x_, in.x, pass.workers);  // dt, B, C
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
    for (std::size_t t = 0; t < in.dt.rows && !dt_bias_.empty(); ++t) add(in.dt.row(t), dt_bias_);
    return in;
}

// z and x alternate head by head; only x is convolved; B, C and dt follow from it.
ScanInput StateSpace::prepare_plamo(const Matrix& x, Pass& pass) {
    const std::size_t inner = plan_.inner, state = plan_.state, dim = inner / heads_, rank = dt_.weight.inputs;
    const Matrix zx = applied(in_, x, pass.workers);
    ScanInput in;
    in.z = Matrix(x.rows, inner);
    Matrix raw(x.rows, inner);
    for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t h = 0; h < heads_; ++h) {
            copy(zx.part(t, 2 * h * dim, dim), in.z.part(t, h * dim, dim));
            copy(zx.part(t, (2 * h + 1) * dim, dim), raw.part(t, h * dim, dim));
        }
    }
    in.x = convolved(raw);
    const Matrix all = applied(x_, in.x, pass.workers);  // B, C, dt
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

// One channel of one token; returns C.s. `decays`: one for each state, or the head's.
float step(std::span<float> state, std::span<const float> b, std::span<const float> c, std::span<const float> decays,
           float x_dt, float dt) {
    const bool own_decay = decays.size() != 1;
    const float decay = own_decay ? 0.0F : std::exp(dt * decays[0]);
    float y = 0.0F;
    for (std::size_t i = 0; i < state.size(); ++i) {
        state[i] = state[i] * (own_decay ? std::exp(dt * decays[i]) : decay) + b[i] * x_dt;
        y += state[i] * c[i];
    }
    return y;
}

Matrix StateSpace::scan(const ScanInput& in, Workers& workers) {
    const std::size_t dim = plan_.inner / heads_, n = plan_.state, heads_per_group = heads_ / groups_;
    const std::size_t decays = kind_ == Kind::mamba ? n : 1;  // of a head
    if (state_.empty()) state_.assign(product({plan_.inner, n}, "states"), 0.0F);
    Matrix y(in.x.rows, plan_.inner);
    workers.parallel(heads_, [&](std::size_t head, unsigned) {
        const std::size_t group = head / heads_per_group;
        const auto a = part(std::span<const float>(a_), head * decays, decays, "decays");
        const auto states = part(std::span(state_), head * dim * n, dim * n, "states");
        for (std::size_t t = 0; t < in.x.rows; ++t) {
            const float dt = softplus(in.dt.part(t, head, 1).front());
            const auto b = in.b.part(t, group * n, n), c = in.c.part(t, group * n, n);
            const auto x = in.x.part(t, head * dim, dim), z = in.z.part(t, head * dim, dim);
            const auto out = y.part(t, head * dim, dim);
            for (std::size_t i = 0; i < dim; ++i) {
                const float scanned = step(states.subspan(i * n, n), b, c, a, x[i] * dt, dt);
                out[i] = silu(z[i]) * (scanned + x[i] * d_[head]);
            }
        }
    });
    return y;
}

Traced StateSpace::run(const Matrix& x, Pass& pass) {
    if (pass.weights_only) return {};
    Matrix y = scan(prepare(x, pass), pass.workers);
    if (norm_) norm_heads(rule_, norm_, y, groups_);
    return applied(out_, y, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_state_space(const MixerParts& parts) { return std::make_unique<StateSpace>(parts); }

}  // namespace attnx::forward

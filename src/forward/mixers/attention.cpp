// Attention with separate keys and values per head group: project, normalise, rotate, remember, attend, project back.
// Which of these steps happen is told by the tensors that are there and by model::AttentionPlan.
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "attend.h"
#include "attnx/base/error.h"
#include "heads.h"
#include "mixer.h"

namespace attnx::forward {

using model::AttentionPlan;
using model::QkNorm;

namespace {

AttentionPlan checked(AttentionPlan plan) {
    const bool rope_fits = !plan.rope || (plan.rope->dimensions <= plan.dim_k && plan.rope->dimensions % 2 == 0);
    const bool heads_fit =
        plan.heads != 0 && plan.kv_heads != 0 && plan.heads % plan.kv_heads == 0 && plan.dim_k != 0 && plan.dim_v != 0;
    if (!heads_fit || !rope_fits) {
        throw Error(
            ErrorCode::bad_value,
            fmt::format("{} heads of {} on {} key heads with values of {}, {} dimensions rotated, cannot be executed",
                        plan.heads, plan.dim_k, plan.kv_heads, plan.dim_v, plan.rope ? plan.rope->dimensions : 0));
    }
    if (plan.relative_buckets != 0 && !fits_buckets(plan.relative_buckets)) {
        throw Error(ErrorCode::bad_value,
                    fmt::format("{} buckets of distances cannot be told apart", plan.relative_buckets));
    }
    if (plan.temperature && plan.temperature->floor == 0) {
        throw Error(ErrorCode::bad_value, "the attention temperature is to change every 0 positions");
    }
    return plan;
}

class Attention : public Mixer {
public:
    Attention(const MixerParts& parts, const KeyValues* borrowed);

    Matrix run(const Matrix& x, Pass& pass) override;
    void reset() override { own_ = {}; }
    const KeyValues& key_values() const { return own_; }

private:
    struct Projected {
        Matrix q, k, v, gate;
    };

    void bind_fused(const Tensors& tensors, std::size_t width);
    void bind_separate(const Tensors& tensors, std::size_t width);
    void bind_relative_bias(const MixerParts& parts);
    void heed_plan();
    std::size_t q_size() const { return std::size_t{plan_.heads} * plan_.dim_k; }
    std::size_t k_size() const { return std::size_t{plan_.kv_heads} * plan_.dim_k; }
    std::size_t v_size() const { return std::size_t{plan_.kv_heads} * plan_.dim_v; }
    std::size_t out_size() const { return std::size_t{plan_.heads} * plan_.dim_v; }
    Projected project(const Matrix& x, Pass& pass) const;
    void split_query_gate(Projected& p) const;
    void shape(Projected& p, const Pass& pass) const;  // norms, rope, temperature
    void gate(const Matrix& x, const Projected& p, Matrix& out, Pass& pass) const;

    AttentionPlan plan_;
    NormRule rule_, qk_rule_;
    Linear q_, k_, v_, qkv_, out_, gate_;
    Norm q_norm_, k_norm_, sub_norm_;
    std::vector<float> sinks_, relative_bias_;
    RopeFactors factors_;
    const KeyValues* borrowed_;
    KeyValues own_;
};

Attention::Attention(const MixerParts& parts, const KeyValues* borrowed)
    : plan_(checked(parts.plan.attention)),
      rule_(parts.norm_rule()),
      qk_rule_{plan_.qk_norm_kind, plan_.qk_norm_epsilon},
      q_norm_(parts.tensors.optional_norm_of_heads(Stem::attn_q_norm, plan_.heads, plan_.dim_k)),
      sub_norm_(parts.tensors.optional_norm(Stem::attn_sub_norm, out_size())),
      sinks_(parts.tensors.optional_vector(Stem::attn_sinks, plan_.heads)),
      factors_(parts, plan_.rope),
      borrowed_(borrowed) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width;
    if (q_norm_ || plan_.k_norm_alone)
        k_norm_ = tensors.optional_norm_of_heads(Stem::attn_k_norm, plan_.kv_heads, plan_.dim_k);
    if (tensors.has(Stem::attn_qkv)) bind_fused(tensors, width);
    else bind_separate(tensors, width);
    const auto* gate = tensors.find(Stem::attn_gate);  // of each head, or of each of its dimensions
    if (gate != nullptr)
        gate_ = tensors.linear(Stem::attn_gate, width, gate->ne[1] == plan_.heads ? plan_.heads : out_size());
    out_ = tensors.linear(parts.graph.attention_output, out_size(), width);
    if (plan_.relative_buckets != 0) bind_relative_bias(parts);
    heed_plan();
}

void Attention::bind_fused(const Tensors& tensors, std::size_t width) {
    const std::size_t all = q_size() + k_size() + v_size(),
                      square = 3 * width;  // square: for all heads, whatever K and V take of it
    const bool is_square = tensors.require(Stem::attn_qkv).ne[1] == square && all <= square;
    qkv_ = tensors.linear(Stem::attn_qkv, width, is_square ? square : all);
    if (!plan_.thirds) return;
    const std::size_t third = share(qkv_.weight.outputs, 3, qkv_.name);
    if (q_size() > third || k_size() > third || v_size() > third)
        qkv_ = tensors.linear(Stem::attn_qkv, width, 3 * q_size());
}

void Attention::bind_separate(const Tensors& tensors, std::size_t width) {
    const bool gated = tensors.require(Stem::attn_q).ne[1] == 2 * q_size() &&
                       q_size() == out_size();  // each head's query, then its gate
    q_ = tensors.linear(Stem::attn_q, width, gated ? 2 * q_size() : q_size());
    if (borrowed_ != nullptr) return;
    k_ = tensors.linear(Stem::attn_k, width, k_size());
    v_ = plan_.value_is_key ? tensors.optional_linear(Stem::attn_v, width, v_size())
                            : tensors.linear(Stem::attn_v, width, v_size());
    if (!v_ && k_size() != v_size()) tensors.require(Stem::attn_v);
}

void Attention::bind_relative_bias(const MixerParts& parts) {
    const std::size_t count = std::size_t{plan_.relative_buckets} * plan_.heads;
    relative_bias_ = parts.tensors.optional_vector(Stem::attn_rel_b, count);
    if (relative_bias_.empty()) {
        relative_bias_ = parts.first_tensors.vector(Stem::attn_rel_b, count);
    }
}

// Drops what the file has and the architecture does not heed.
void Attention::heed_plan() {
    if (!plan_.output_bias) out_.bias.clear();
    if (!plan_.qkv_bias || borrowed_ != nullptr) {
        for (Linear* linear : {&qkv_, &q_, &k_, &v_}) linear->bias.clear();
    }
    if (qk_rule_.kind == model::NormKind::rms) q_norm_.bias = k_norm_.bias = {};  // of use to layer norms only
}

// Queries with a gate for each head behind it.
void Attention::split_query_gate(Projected& p) const {
    if (p.q.columns != 2 * q_size()) return;
    const std::size_t dim = plan_.dim_k;
    Matrix q(p.q.rows, q_size()), gate(p.q.rows, q_size());
    for (std::size_t t = 0; t < q.rows; ++t) {
        for (std::size_t h = 0; h < plan_.heads; ++h) {
            copy(p.q.part(t, 2 * h * dim, dim), q.part(t, h * dim, dim));
            copy(p.q.part(t, (2 * h + 1) * dim, dim), gate.part(t, h * dim, dim));
        }
    }
    p.q = std::move(q);
    p.gate = std::move(gate);
}

Attention::Projected Attention::project(const Matrix& x, Pass& pass) const {
    Projected p;
    if (qkv_) {
        const Matrix all = applied(qkv_, x, pass.workers);
        const std::size_t k_at = plan_.thirds ? all.columns / 3 : q_size();
        const std::size_t v_at = plan_.thirds ? 2 * k_at : q_size() + k_size();
        p.q = columns_of(all, 0, q_size());
        p.k = columns_of(all, k_at, k_size());
        p.v = columns_of(all, v_at, v_size());
    } else {
        apply(q_, x, p.q, pass.workers);
        split_query_gate(p);
        if (borrowed_ == nullptr) {
            apply(k_, x, p.k, pass.workers);
            p.v = v_ ? applied(v_, x, pass.workers) : p.k;
        }
    }
    if (plan_.clamp) {
        for (Matrix* m : {&p.q, &p.k, &p.v}) {
            for (float& value : m->values) value = std::clamp(value, -*plan_.clamp, *plan_.clamp);
        }
    }
    return p;
}

void Attention::shape(Projected& p, const Pass& pass) const {
    const bool norms_first = plan_.qk_norm == QkNorm::before_rope;
    if (norms_first) {
        norm_heads(qk_rule_, q_norm_, p.q, plan_.heads);
        norm_heads(qk_rule_, k_norm_, p.k, plan_.kv_heads);
    }
    if (plan_.unweighted_v_norm) norm_heads_unweighted(rule_, p.v, plan_.kv_heads);
    if (plan_.rope) {
        const auto tokens = static_cast<std::uint32_t>(p.q.rows);
        const RopeTable table(*plan_.rope, factors_.of(*plan_.rope, pass.first_position + tokens), pass.first_position,
                              tokens);
        rotate_heads(table, p.q, plan_.heads, 0);
        rotate_heads(table, p.k, plan_.kv_heads, 0);
    }
    if (plan_.qk_norm == QkNorm::after_rope || plan_.qk_norm == QkNorm::after_rope_q_weighted) {
        norm_heads(qk_rule_, q_norm_, p.q, plan_.heads);
        if (plan_.qk_norm == QkNorm::after_rope) norm_heads(qk_rule_, k_norm_, p.k, plan_.kv_heads);
        else norm_heads_unweighted(qk_rule_, p.k, plan_.kv_heads);
    }
    if (plan_.qk_norm == QkNorm::after_rope_unweighted && plan_.rope) {
        norm_heads_unweighted(qk_rule_, p.q, plan_.heads);
        norm_heads_unweighted(qk_rule_, p.k, plan_.kv_heads);
    }
    if (plan_.temperature && !(plan_.temperature->only_without_rope && plan_.rope))
        warm(*plan_.temperature, pass.first_position, p.q);
    if (plan_.scale_queries) scale_by(p.q, plan_.score_scale);
}

void Attention::gate(const Matrix& x, const Projected& p, Matrix& out, Pass& pass) const {
    const Matrix gates = p.gate.rows != 0 ? p.gate : gate_ ? applied(gate_, x, pass.workers) : Matrix{};
    if (gates.rows == 0) return;
    const bool per_head = gates.columns == plan_.heads;
    for (std::size_t t = 0; t < out.rows; ++t) {
        const std::span<float> row = out.row(t);
        const std::span<const float> by = gates.part(t, 0, per_head ? plan_.heads : row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            const float g = by[per_head ? i / plan_.dim_v : i];
            row[i] *= plan_.gate == model::OutputGate::sigmoid ? sigmoid(g) : softplus(g);
        }
    }
}

Matrix Attention::run(const Matrix& x, Pass& pass) {
    Projected p = project(x, pass);
    shape(p, pass);
    if (borrowed_ == nullptr) {
        append_rows(own_.keys, p.k);
        append_rows(own_.values, p.v);
    }
    const KeyValues& kv = borrowed_ != nullptr ? *borrowed_ : own_;
    if (plan_.sparse_block_tokens != 0 && kv.keys.rows > std::size_t{plan_.sparse_blocks} * plan_.sparse_block_tokens) {
        throw Error(ErrorCode::unsupported,
                    fmt::format("block-sparse attention (the {} best blocks of {} tokens) is not executed; {} tokens "
                                "are the most for which it equals full attention",
                                plan_.sparse_blocks, plan_.sparse_block_tokens,
                                std::size_t{plan_.sparse_blocks} * plan_.sparse_block_tokens));
    }
    const HeadWriter writer(out_, plan_.heads, sub_norm_.weight, nullptr, p.gate.rows != 0 || gate_);
    Matrix mixed = attend(plan_, p.q, {kv.keys.all(), kv.values.all()}, {sinks_, relative_bias_, &writer}, pass);
    if (pass.weights_only) return mixed;
    gate(x, p, mixed, pass);
    if (sub_norm_) mixed = normalized(rule_, sub_norm_, mixed);
    Matrix y = applied(out_, mixed, pass.workers);
    scale_by(y, plan_.output_scale);
    return y;
}

// A layer whose attention was replaced by one matrix (Deci).
class LinearMixer : public Mixer {
public:
    explicit LinearMixer(const MixerParts& parts)
        : out_(parts.tensors.linear(parts.graph.attention_output, parts.graph.width, parts.graph.width)) {}
    Matrix run(const Matrix& x, Pass& pass) override { return applied(out_, x, pass.workers); }

private:
    Linear out_;
};

}  // namespace

std::unique_ptr<Mixer> make_attention(const MixerParts& parts, const KeyValues* borrowed) {
    if (parts.plan.kind == model::LayerKind::linear) return std::make_unique<LinearMixer>(parts);
    return std::make_unique<Attention>(parts, borrowed);
}

const KeyValues* key_values_of(const Mixer& mixer) {
    const auto* attention = dynamic_cast<const Attention*>(&mixer);
    return attention != nullptr ? &attention->key_values() : nullptr;
}

}  // namespace attnx::forward

// Attention with separate keys and values per head group: project, normalise, rotate, remember, attend, project back.
// Which of these steps happen is told by the tensors that are there and by model::AttentionPlan.
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "ablation.h"
#include "attend.h"
#include "attnx/base/error.h"
#include "cache.h"
#include "heads.h"
#include "key_chooser.h"
#include "mixer.h"
#include "own_value.h"
#include "position_bias.h"
#include "projection.h"

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

float opened(model::OutputGate gate, float g) {
    constexpr float kLn2 = 0.69314718055994530942F;
    switch (gate) {
        case model::OutputGate::sigmoid: return sigmoid(g);
        case model::OutputGate::softplus: return softplus(g);
        case model::OutputGate::softplus_2: return softplus(g * kLn2) / kLn2;
    }
    return 1.0F;
}

class Attention : public Mixer {
public:
    Attention(const MixerParts& parts, const KeyValues* borrowed);

    Traced run(const Matrix& x, Pass& pass) override;
    void reset() override {
        own_ = {};
        if (indexer_) indexer_->reset();
    }
    const KeyValues* key_values() const override { return &own_; }

private:
    void bind_gate(const MixerParts& parts);
    void bind_relative_bias(const MixerParts& parts);
    std::size_t out_size() const { return std::size_t{plan_.heads} * plan_.dim_v; }
    void norm_queries_and_keys(Projected& p) const;
    void shape(Projected& p, Pass& pass) const;  // norms, rope, temperature
    void gate(const Matrix& x, const Projected& p, Matrix& out, Pass& pass) const;

    AttentionPlan plan_;
    NormRule rule_, qk_rule_;
    Projection projection_;
    ValueEmbedding value_embedding_;
    OwnValueRemoved own_value_removed_;
    Linear out_, gate_;
    SwitchedProduct switched_out_;
    std::vector<float> gate_bias_;  // by head, of a gate with one number for each dimension
    Norm q_norm_, k_norm_, sub_norm_;
    std::vector<float> sinks_, relative_bias_;
    RopeFactors factors_;
    std::unique_ptr<KeyChooser> indexer_;
    const KeyValues* borrowed_;
    KeyValues own_;
};

Attention::Attention(const MixerParts& parts, const KeyValues* borrowed)
    : plan_(checked(parts.plan.attention)),
      rule_(parts.norm_rule()),
      qk_rule_{plan_.qk_norm_kind, plan_.qk_norm_epsilon, plan_.qk_norm_parts},
      projection_(parts, borrowed != nullptr),
      value_embedding_(parts),
      own_value_removed_(parts),
      q_norm_(parts.tensors.optional_norm_of_heads(Stem::attn_q_norm, plan_.heads, plan_.dim_k)),
      sub_norm_(parts.tensors.optional_norm(Stem::attn_sub_norm, out_size())),
      sinks_(parts.tensors.optional_vector(Stem::attn_sinks, plan_.heads)),
      factors_(parts, plan_.rope),
      borrowed_(borrowed) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width;
    if (q_norm_ || plan_.k_norm_alone)
        k_norm_ = tensors.optional_norm_of_heads(Stem::attn_k_norm, plan_.kv_heads, plan_.dim_k);
    if (plan_.qk_norm_by_head) {
        for (Norm* norm : {&q_norm_, &k_norm_}) norm->width = plan_.dim_k;
    }
    if (parts.plan.indexer) indexer_ = make_key_chooser(parts, *parts.plan.indexer);
    bind_gate(parts);
    out_ = tensors.linear(parts.graph.attention_output, out_size(), width);
    switched_out_ = SwitchedProduct(parts, parts.graph.attention_output, out_size(), width);
    if (!plan_.output_bias) out_.bias.clear();
    if (plan_.relative_buckets != 0) bind_relative_bias(parts);
    if (qk_rule_.kind == model::NormKind::rms) q_norm_.bias = k_norm_.bias = {};  // of use to layer norms only
}

// Of each head, or of each of its dimensions; the latter may still have one bias per head.
void Attention::bind_gate(const MixerParts& parts) {
    const Tensors& tensors = parts.tensors;
    const auto* weight = tensors.find(Stem::attn_gate);
    if (weight == nullptr) return;
    const bool per_head = weight->ne[1] == plan_.heads;
    const auto* bias = tensors.find(Stem::attn_gate, Suffix::bias);
    if (!per_head && bias != nullptr && bias->elements == plan_.heads) {
        gate_ = tensors.linear_without_bias(Stem::attn_gate, parts.graph.width, out_size());
        gate_bias_ = tensors.vector(Stem::attn_gate, plan_.heads, Suffix::bias);
    } else {
        gate_ = tensors.linear(Stem::attn_gate, parts.graph.width, per_head ? plan_.heads : out_size());
    }
}

void Attention::bind_relative_bias(const MixerParts& parts) {
    const std::size_t count = std::size_t{plan_.relative_buckets} * plan_.heads;
    relative_bias_ = parts.tensors.optional_vector(Stem::attn_rel_b, count);
    if (relative_bias_.empty()) {
        relative_bias_ = parts.first_tensors.vector(Stem::attn_rel_b, count);
    }
}

// Before they are rotated.
void Attention::norm_queries_and_keys(Projected& p) const {
    if (plan_.qk_norm == QkNorm::before_rope) {
        norm_heads(qk_rule_, q_norm_, p.q, plan_.heads);
        norm_heads(qk_rule_, k_norm_, p.k, plan_.kv_heads);
    }
    if (plan_.qk_norm == QkNorm::before_rope_unweighted) {
        norm_heads_unweighted(qk_rule_, p.q, plan_.heads);
        norm_heads_unweighted(qk_rule_, p.k, plan_.kv_heads);
    }
    if (plan_.unweighted_v_norm) norm_heads_unweighted(rule_, p.v, plan_.kv_heads);
}

void Attention::shape(Projected& p, Pass& pass) const {
    norm_queries_and_keys(p);
    if (plan_.rope) {
        const RopeTable& table = factors_.table(*plan_.rope, static_cast<std::uint32_t>(p.q.rows), pass);
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
    ready_queries(p.q, plan_, pass.workers);
}

void Attention::gate(const Matrix& x, const Projected& p, Matrix& out, Pass& pass) const {
    const Matrix gates = p.gate.rows != 0 ? p.gate : gate_ ? applied(gate_, x, pass.workers) : Matrix{};
    if (gates.rows == 0) return;
    const bool per_head = gates.columns == plan_.heads;
    for (std::size_t t = 0; t < out.rows; ++t) {
        const std::span<float> row = out.row(t);
        const std::span<const float> by = gates.part(t, 0, per_head ? plan_.heads : row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            const float bias = gate_bias_.empty() ? 0.0F : gate_bias_[i / plan_.dim_v];
            row[i] *= opened(plan_.gate, by[per_head ? i / plan_.dim_v : i] + bias);
        }
    }
}

Traced Attention::run(const Matrix& x, Pass& pass) {
    if (indexer_) indexer_->choose(x, x, pass);
    Projected p = projection_.run(x, pass.workers);
    value_embedding_.add_to(p.v, x, pass);
    shape(p, pass);
    if (borrowed_ == nullptr) {
        keep_keys(own_, std::move(p.k), plan_, pass.workers);
        keep_values(own_, p.v, plan_, pass.workers);
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
    Matrix mixed = attend(plan_, p.q, {kv.keys.all(), kv.values.all(), kv.key_blocks},
                          ScoreExtras{.sinks = sinks_,
                                      .relative_bias = relative_bias_,
                                      .chosen = indexer_ ? &pass.handed->chosen : nullptr,
                                      .writer = &writer},
                          pass);
    if (pass.weights_only) return mixed;
    turn_back(mixed, plan_, pass.workers);
    own_value_removed_.remove_from(mixed, p.v);
    if (plan_.unweighted_head_norm) norm_heads_unweighted(rule_, mixed, plan_.heads);
    gate(x, p, mixed, pass);
    if (sub_norm_) mixed = normalized(rule_, sub_norm_, mixed);
    take_out(pass.ablation, plan_.heads, mixed);
    const Traced heads = noted_heads(pass, plan_.heads, std::move(mixed));
    Traced y = applied(out_, heads, pass.workers);
    if (switched_out_) {
        Matrix more(y.rows, y.columns);
        switched_out_.add_to(more, heads, pass.workers);
        add_into(y, written(pass.tape, {}, std::move(more)));
    }
    scale_by(y, plan_.output_scale);
    return y;
}

// A layer whose attention was replaced by one matrix (Deci).
class LinearMixer : public Mixer {
public:
    explicit LinearMixer(const MixerParts& parts)
        : out_(parts.tensors.linear(parts.graph.attention_output, parts.graph.width, parts.graph.width)) {}
    Traced run(const Matrix& x, Pass& pass) override { return applied(out_, x, pass.workers); }

private:
    Linear out_;
};

}  // namespace

std::unique_ptr<Mixer> make_attention(const MixerParts& parts, const KeyValues* borrowed) {
    if (parts.plan.kind == model::LayerKind::linear) return std::make_unique<LinearMixer>(parts);
    return std::make_unique<Attention>(parts, borrowed);
}

}  // namespace attnx::forward

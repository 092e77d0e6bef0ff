// Attention with separate keys and values per head group: project, normalise, rotate, remember, attend, project back.
// Which of these steps happen is told by the tensors that are there and by model::AttentionPlan.
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attend.h"
#include "heads.h"
#include "mixer.h"
#include "../ops/activation.h"
#include "../ops/matmul.h"

namespace attnx::forward {

using model::AttentionPlan;
using model::QkNorm;

namespace {

void check(const AttentionPlan& plan) {
    const bool rope_fits = !plan.rope || (plan.rope->dimensions <= plan.dim_k && plan.rope->dimensions % 2 == 0);
    if (plan.heads != 0 && plan.kv_heads != 0 && plan.heads % plan.kv_heads == 0 && plan.dim_k != 0 && plan.dim_v != 0 && rope_fits) return;
    throw Error(ErrorCode::bad_value, fmt::format("{} heads of {} on {} key heads with values of {}, {} dimensions rotated, cannot be executed",
                                                  plan.heads, plan.dim_k, plan.kv_heads, plan.dim_v, plan.rope ? plan.rope->dimensions : 0));
}

// At least `wanted` elements, or none.
void check_size(const std::vector<float>& values, std::size_t wanted, std::string_view name) {
    if (values.empty() || values.size() >= wanted) return;
    throw Error(ErrorCode::bad_dimensions, fmt::format("{} has {} elements, {} are needed", name, values.size(), wanted), {{}, {}, std::string(name)});
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

    Projected project(const Matrix& x, Pass& pass) const;
    void split_query_gate(Projected& p) const;
    void shape(Projected& p, const Pass& pass) const;  // norms, rope, temperature
    void gate(const Matrix& x, const Projected& p, Matrix& out, Pass& pass) const;
    const std::vector<float>& rope_factors(std::uint32_t reached) const;

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
    : plan_(parts.plan.attention), rule_(parts.norm_rule()), qk_rule_{plan_.qk_norm_kind, plan_.qk_norm_epsilon},
      q_norm_(parts.tensors.norm("attn_q_norm")), k_norm_(parts.tensors.norm("attn_k_norm")), sub_norm_(parts.tensors.norm("attn_sub_norm")),
      sinks_(parts.tensors.vector("attn_sinks")), factors_(parts), borrowed_(borrowed) {
    check(plan_);
    check_size(sinks_, plan_.heads, "attn_sinks.weight");
    const Tensors& tensors = parts.tensors;
    if (tensors.has("attn_qkv")) {
        qkv_ = tensors.linear("attn_qkv");
    } else {
        q_ = tensors.require_linear("attn_q");
        if (borrowed == nullptr) {
            k_ = tensors.require_linear("attn_k");
            v_ = plan_.value_is_key ? tensors.linear("attn_v") : tensors.require_linear("attn_v");
        }
    }
    gate_ = tensors.linear("attn_gate");
    out_ = tensors.require_linear(parts.graph.attention_output_name);
    if (!plan_.output_bias) out_.bias.clear();
    if (!plan_.qkv_bias || borrowed != nullptr) {
        for (Linear* linear : {&qkv_, &q_, &k_, &v_}) linear->bias.clear();
    }
    if (qk_rule_.kind == model::NormKind::rms) q_norm_.bias = k_norm_.bias = {};  // of use to layer norms only
    if (!q_norm_ && !plan_.k_norm_alone) k_norm_ = {};
    if (plan_.relative_buckets != 0) {
        relative_bias_ = tensors.vector("attn_rel_b");
        if (relative_bias_.empty()) {
            relative_bias_ = parts.model_tensors.vector(std::string(parts.graph.tensor_prefix) + "blk.0.attn_rel_b");
        }
        check_size(relative_bias_, std::size_t{plan_.relative_buckets} * plan_.heads, "attn_rel_b.weight");
        if (plan_.relative_buckets < 4) throw Error(ErrorCode::bad_value, "fewer than four buckets of distances");
    }
}

void Attention::split_query_gate(Projected& p) const {
    const std::size_t dim = plan_.dim_k;
    const std::size_t wanted = std::size_t{plan_.heads} * dim;
    if (p.q.columns != 2 * wanted) return;
    Matrix q(p.q.rows, wanted), gate(p.q.rows, wanted);
    for (std::size_t t = 0; t < q.rows; ++t) {
        for (std::uint32_t h = 0; h < plan_.heads; ++h) {
            const float* from = p.q.row(t) + 2 * h * dim;
            std::copy_n(from, dim, q.row(t) + h * dim);
            std::copy_n(from + dim, dim, gate.row(t) + h * dim);
        }
    }
    p.q = std::move(q);
    p.gate = std::move(gate);
}

Attention::Projected Attention::project(const Matrix& x, Pass& pass) const {
    const std::size_t q_size = std::size_t{plan_.heads} * plan_.dim_k;
    const std::size_t k_size = std::size_t{plan_.kv_heads} * plan_.dim_k;
    const std::size_t v_size = std::size_t{plan_.kv_heads} * plan_.dim_v;
    Projected p;
    if (qkv_) {
        const Matrix all = applied(qkv_, x, pass.workers);
        const std::size_t k_at = plan_.thirds ? all.columns / 3 : q_size;
        const std::size_t v_at = plan_.thirds ? 2 * k_at : q_size + k_size;
        if (v_at + v_size > all.columns) expect_shape(qkv_.weight, x.columns, v_at + v_size);
        p.q = columns_of(all, 0, q_size);
        p.k = columns_of(all, k_at, k_size);
        p.v = columns_of(all, v_at, v_size);
    } else {
        apply(q_, x, p.q, pass.workers);
        split_query_gate(p);
        if (borrowed_ == nullptr) {
            apply(k_, x, p.k, pass.workers);
            p.v = v_ ? applied(v_, x, pass.workers) : p.k;
            expect_shape(k_.weight, x.columns, k_size);
            expect_shape(v_.weight, x.columns, v_size);
        }
        if (p.q.columns != q_size) expect_shape(q_.weight, x.columns, q_size);
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
        const RopeTable table(*plan_.rope, factors_.of(*plan_.rope, pass.first_position + tokens), pass.first_position, tokens);
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
    if (plan_.temperature && !(plan_.temperature->only_without_rope && plan_.rope)) warm(*plan_.temperature, pass.first_position, p.q);
    if (plan_.scale_queries) scale_by(p.q, plan_.score_scale);
}

void Attention::gate(const Matrix& x, const Projected& p, Matrix& out, Pass& pass) const {
    const Matrix gates = p.gate.rows != 0 ? p.gate : gate_ ? applied(gate_, x, pass.workers) : Matrix{};
    if (gates.rows == 0) return;
    const bool per_head = gates.columns == plan_.heads;
    if (!per_head && gates.columns != out.columns) expect_shape(gate_.weight, x.columns, out.columns);
    for (std::size_t t = 0; t < out.rows; ++t) {
        for (std::size_t i = 0; i < out.columns; ++i) {
            const float g = gates.row(t)[per_head ? i / plan_.dim_v : i];
            out.row(t)[i] *= plan_.gate == model::OutputGate::sigmoid ? sigmoid(g) : softplus(g);
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
        throw Error(ErrorCode::unsupported, fmt::format("block-sparse attention (the {} best blocks of {} tokens) is not executed; {} tokens "
                                                        "are the most for which it equals full attention",
                                                        plan_.sparse_blocks, plan_.sparse_block_tokens,
                                                        std::size_t{plan_.sparse_blocks} * plan_.sparse_block_tokens));
    }
    if (kv.keys.columns != std::size_t{plan_.kv_heads} * plan_.dim_k || kv.values.columns != std::size_t{plan_.kv_heads} * plan_.dim_v) {
        throw Error(ErrorCode::bad_value, "a layer borrows keys of another shape");
    }
    const KeysAndValues view{kv.keys.values.data(), kv.keys.columns, kv.values.values.data(), kv.values.columns, kv.keys.rows};
    Matrix mixed = attend(plan_, p.q, view, {sinks_, relative_bias_}, pass);
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
    explicit LinearMixer(const MixerParts& parts) : out_(parts.tensors.require_linear(parts.graph.attention_output_name)) {}
    Matrix run(const Matrix& x, Pass& pass) override { return applied(out_, x, pass.workers); }

private:
    Linear out_;
};

}  // namespace

std::unique_ptr<Mixer> make_attention(const MixerParts& parts, const KeyValues* borrowed) {
    if (parts.plan.mixer_is_linear) return std::make_unique<LinearMixer>(parts);
    return std::make_unique<Attention>(parts, borrowed);
}

const KeyValues* key_values_of(const Mixer& mixer) {
    const auto* attention = dynamic_cast<const Attention*>(&mixer);
    return attention != nullptr ? &attention->key_values() : nullptr;
}

}  // namespace attnx::forward

// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434). Keys and values come from one compressed vector c per token, and a
// small rotated part of the key is shared by all heads.
//
// With the decompression stored as k_b and v_b, it is absorbed: q.k = (k_b^T q).c, so attention runs over c itself as one shared
// key head, and v_b is applied to the result. With the older kv_b, keys and values are decompressed.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attend.h"
#include "heads.h"
#include "mixer.h"
#include "../ops/matmul.h"

namespace attnx::forward {

using model::AttentionPlan;
using model::LatentPlan;

namespace {

class LatentAttention : public Mixer {
public:
    explicit LatentAttention(const MixerParts& parts);

    Matrix run(const Matrix& x, Pass& pass) override;
    void reset() override { cache_ = {}; }

private:
    std::size_t head_dim() const { return std::size_t{latent_.nope_dim} + latent_.rope_dim; }
    Matrix queries(const Matrix& x, Pass& pass) const;
    Matrix absorb(const Matrix& q, Pass& pass) const;       // [heads, rank + rope]
    Matrix decompress_values(const Matrix& mixed, Pass& pass) const;
    void remember(const Matrix& compressed, Pass& pass);
    AttentionPlan absorbed_plan() const;

    AttentionPlan plan_;
    LatentPlan latent_;
    NormRule rule_;
    Linear q_a_, q_b_, q_, kv_a_, kv_b_, out_;
    WeightStack k_b_, v_b_;
    Norm q_a_norm_, kv_a_norm_;
    RopeFactors factors_;
    KeyValues cache_;
};

LatentAttention::LatentAttention(const MixerParts& parts)
    : plan_(parts.plan.attention), latent_(parts.plan.latent), rule_(parts.norm_rule()),
      kv_a_(parts.tensors.require_linear("attn_kv_a_mqa")), q_a_norm_(parts.tensors.norm("attn_q_a_norm")),
      kv_a_norm_(parts.tensors.norm("attn_kv_a_norm")), factors_(parts) {
    if (plan_.heads == 0 || latent_.rank == 0 || latent_.dim_v == 0 || latent_.rope_dim % 2 != 0) {
        throw Error(ErrorCode::bad_value, fmt::format("latent attention of {} heads, rank {}, {} rotated dimensions", plan_.heads, latent_.rank, latent_.rope_dim));
    }
    const Tensors& tensors = parts.tensors;
    if (tensors.has("attn_q_a")) {
        q_a_ = tensors.linear("attn_q_a");
        q_b_ = tensors.require_linear("attn_q_b");
    } else {
        q_ = tensors.require_linear("attn_q");
    }
    if (tensors.has("attn_k_b")) {
        k_b_ = tensors.stack("attn_k_b");
        v_b_ = tensors.require_stack("attn_v_b");
    } else {
        kv_b_ = tensors.require_linear("attn_kv_b");
    }
    out_ = tensors.require_linear("attn_output");
    const std::size_t heads = plan_.heads;
    expect_shape(q_a_ ? q_b_.weight : q_.weight, (q_a_ ? q_b_ : q_).weight.inputs, heads * head_dim());
    expect_shape(kv_a_.weight, kv_a_.weight.inputs, std::size_t{latent_.rank} + latent_.rope_dim);
    expect_shape(k_b_.all, latent_.nope_dim, heads * latent_.rank);
    expect_shape(v_b_.all, latent_.rank, heads * latent_.dim_v);
    expect_shape(kv_b_.weight, latent_.rank, heads * (std::size_t{latent_.nope_dim} + latent_.dim_v));
}

Matrix LatentAttention::queries(const Matrix& x, Pass& pass) const {
    if (!q_a_) return applied(q_, x, pass.workers);
    return applied(q_b_, normalized(rule_, q_a_norm_, applied(q_a_, x, pass.workers)), pass.workers);
}

Matrix LatentAttention::absorb(const Matrix& q, Pass& pass) const {
    const std::size_t wide = std::size_t{latent_.rank} + latent_.rope_dim;
    Matrix absorbed(q.rows, plan_.heads * wide);
    for (std::uint32_t h = 0; h < plan_.heads; ++h) {
        multiply(k_b_.at(h), q.values.data() + h * head_dim(), q.columns, q.rows, absorbed.values.data() + h * wide, absorbed.columns, pass.workers);
        for (std::size_t t = 0; t < q.rows; ++t) {
            std::copy_n(q.row(t) + h * head_dim() + latent_.nope_dim, latent_.rope_dim, absorbed.row(t) + h * wide + latent_.rank);
        }
    }
    return absorbed;
}

Matrix LatentAttention::decompress_values(const Matrix& mixed, Pass& pass) const {
    Matrix out(mixed.rows, std::size_t{plan_.heads} * latent_.dim_v);
    for (std::uint32_t h = 0; h < plan_.heads; ++h) {
        multiply(v_b_.at(h), mixed.values.data() + std::size_t{h} * latent_.rank, mixed.columns, mixed.rows,
                 out.values.data() + std::size_t{h} * latent_.dim_v, out.columns, pass.workers);
    }
    return out;
}

// compressed: [rank + rope], normalised and rotated.
void LatentAttention::remember(const Matrix& compressed, Pass& pass) {
    if (k_b_) return append_rows(cache_.keys, compressed);
    const std::size_t nope = latent_.nope_dim, rope = latent_.rope_dim, dim_v = latent_.dim_v;
    const Matrix kv = applied(kv_b_, columns_of(compressed, 0, latent_.rank), pass.workers);
    Matrix keys(kv.rows, plan_.heads * head_dim()), values(kv.rows, plan_.heads * dim_v);
    for (std::size_t t = 0; t < kv.rows; ++t) {
        for (std::uint32_t h = 0; h < plan_.heads; ++h) {
            const float* from = kv.row(t) + h * (nope + dim_v);
            float* key = keys.row(t) + h * head_dim();
            std::copy_n(from, nope, key);
            std::copy_n(compressed.row(t) + latent_.rank, rope, key + nope);
            std::copy_n(from + nope, dim_v, values.row(t) + h * dim_v);
        }
    }
    append_rows(cache_.keys, keys);
    append_rows(cache_.values, values);
}

AttentionPlan LatentAttention::absorbed_plan() const {
    AttentionPlan plan = plan_;
    plan.kv_heads = 1;
    plan.dim_k = latent_.rank + latent_.rope_dim;
    plan.dim_v = latent_.rank;
    return plan;
}

Matrix LatentAttention::run(const Matrix& x, Pass& pass) {
    Matrix q = queries(x, pass);
    Matrix compressed = applied(kv_a_, x, pass.workers);
    for (std::size_t t = 0; t < compressed.rows; ++t) normalize(rule_, kv_a_norm_, {compressed.row(t), latent_.rank});
    if (plan_.rope) {
        const auto tokens = static_cast<std::uint32_t>(x.rows);
        const RopeTable table(*plan_.rope, factors_.of(*plan_.rope, pass.first_position + tokens), pass.first_position, tokens);
        rotate_heads(table, q, plan_.heads, latent_.nope_dim);
        rotate_heads(table, compressed, 1, latent_.rank);
    }
    if (plan_.temperature) warm(*plan_.temperature, pass.first_position, q);
    remember(compressed, pass);
    const Matrix& keys = cache_.keys;
    Matrix mixed;
    if (k_b_) {
        const KeysAndValues view{keys.values.data(), keys.columns, keys.values.data(), keys.columns, keys.rows};
        mixed = attend(absorbed_plan(), absorb(q, pass), view, {}, pass);
        if (!pass.weights_only) mixed = decompress_values(mixed, pass);
    } else {
        AttentionPlan plan = plan_;
        plan.kv_heads = plan_.heads;
        plan.dim_k = static_cast<std::uint32_t>(head_dim());
        plan.dim_v = latent_.dim_v;
        const KeysAndValues view{keys.values.data(), keys.columns, cache_.values.values.data(), cache_.values.columns, keys.rows};
        mixed = attend(plan, q, view, {}, pass);
    }
    return pass.weights_only ? mixed : applied(out_, mixed, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_latent_attention(const MixerParts& parts) { return std::make_unique<LatentAttention>(parts); }

}  // namespace attnx::forward

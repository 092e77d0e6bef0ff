// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434). Keys and values come from one compressed vector c per
// token, and a small rotated part of the key is shared by all heads.
//
// With the decompression stored as k_b and v_b, it is absorbed: q.k = (k_b^T q).c, so attention runs over c itself as
// one shared key head, and v_b is applied to the result. With the older kv_b, keys and values are decompressed.
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

namespace attnx::forward {

using model::AttentionPlan;
using model::LatentPlan;

namespace {

class LatentAttention : public Mixer {
public:
    LatentAttention(const MixerParts& parts, const KeyValues* borrowed);

    Traced run(const Matrix& x, Pass& pass) override;
    const KeyValues* key_values() const override { return &cache_; }
    void reset() override {
        cache_ = {};
        if (indexer_) indexer_->reset();
    }

private:
    std::size_t head_dim() const { return std::size_t{latent_.nope_dim} + latent_.rope_dim; }
    void bind_queries(const Tensors& tensors, std::size_t width);
    void bind_keys_and_values(const Tensors& tensors, std::size_t width);
    Matrix compressed_queries(const Matrix& x, Pass& pass) const;  // x itself where they are not
    const Chosen* choose(const Matrix& x, const Matrix& compressed, Pass& pass);
    Matrix absorb(const Matrix& q, Pass& pass) const;  // [heads, rank + rope]
    Matrix decompress_values(const Matrix& mixed, Pass& pass) const;
    void remember(const Matrix& compressed, Pass& pass);
    void gate(const Matrix& x, Matrix& mixed, Pass& pass) const;
    AttentionPlan absorbed_plan() const;

    AttentionPlan plan_;
    LatentPlan latent_;
    bool chooses_;
    NormRule rule_;
    Linear q_a_, q_b_, q_, kv_a_, kv_b_, gate_, out_;
    std::vector<float> sinks_;
    PositionScale ssmax_;
    WeightStack k_b_, v_b_;
    Norm q_a_norm_, kv_a_norm_;
    Norm k_norm_;  // of the part of the key that is shared (dots3.note)
    RopeFactors factors_;
    std::unique_ptr<KeyChooser> indexer_;
    const KeyValues* borrowed_;
    KeyValues cache_;
};

LatentAttention::LatentAttention(const MixerParts& parts, const KeyValues* borrowed)
    : plan_(parts.plan.attention),
      latent_(parts.plan.latent),
      chooses_(parts.plan.indexer.has_value()),
      rule_(parts.norm_rule()),
      ssmax_(parts.tensors, Stem::attn_ssmax, plan_.heads),
      factors_(parts, plan_.rope),
      borrowed_(borrowed) {
    const bool rope_fits = latent_.rope_dim % 2 == 0 && (!plan_.rope || plan_.rope->dimensions == latent_.rope_dim);
    if (plan_.heads == 0 || latent_.rank == 0 || latent_.dim_v == 0 || latent_.nope_dim == 0 || !rope_fits) {
        throw Error(ErrorCode::bad_value,
                    fmt::format("latent attention of {} heads of {} and values of {}, rank {}, {} rotated dimensions",
                                plan_.heads, head_dim(), latent_.dim_v, latent_.rank, latent_.rope_dim));
    }
    if (plan_.temperature && plan_.temperature->floor == 0) {
        throw Error(ErrorCode::bad_value, "the attention temperature is to change every 0 positions");
    }
    bind_queries(parts.tensors, parts.graph.width);
    bind_keys_and_values(parts.tensors, parts.graph.width);
    k_norm_ = parts.tensors.optional_norm(Stem::attn_k_norm, latent_.rope_dim);
    if (parts.plan.indexer && parts.plan.indexer->own) indexer_ = make_key_chooser(parts, *parts.plan.indexer);
    sinks_ = parts.tensors.optional_vector(Stem::attn_sinks, plan_.heads);
    if (const auto* gate = parts.tensors.find(Stem::attn_gate))  // of each head, or of each of its dimensions
        gate_ = parts.tensors.linear(
            Stem::attn_gate, parts.graph.width,
            gate->ne[1] == plan_.heads ? plan_.heads : product({plan_.heads, latent_.dim_v}, "gates"));
    out_ = parts.tensors.linear(Stem::attn_output, product({plan_.heads, latent_.dim_v}, "values"), parts.graph.width);
}

void LatentAttention::bind_queries(const Tensors& tensors, std::size_t width) {
    const std::size_t all = product({plan_.heads, head_dim()}, "queries");
    if (!tensors.has(Stem::attn_q_a)) {
        q_ = tensors.linear(Stem::attn_q, width, all);
        return;
    }
    q_a_ = tensors.linear(Stem::attn_q_a, width, kAny);
    q_a_norm_ = tensors.norm(Stem::attn_q_a_norm, q_a_.weight.outputs);
    q_b_ = tensors.linear(Stem::attn_q_b, q_a_.weight.outputs, all);
}

void LatentAttention::bind_keys_and_values(const Tensors& tensors, std::size_t width) {
    const std::size_t heads = plan_.heads, rank = latent_.rank;
    if (borrowed_ == nullptr) {
        kv_a_ = tensors.linear(Stem::attn_kv_a_mqa, width, rank + latent_.rope_dim);
        kv_a_norm_ = tensors.norm(Stem::attn_kv_a_norm, rank);
    }
    if (tensors.has(Stem::attn_k_b)) {
        plan_.key_rotation = plan_.value_rotation = 0;  // llama.cpp has the matrices, and rotates nothing
        k_b_ = tensors.stack(Stem::attn_k_b, latent_.nope_dim, rank, heads);
        v_b_ = tensors.stack(Stem::attn_v_b, rank, latent_.dim_v, heads);
    } else {
        const std::size_t of_head = std::size_t{latent_.nope_dim} + latent_.dim_v;
        kv_b_ = tensors.linear(Stem::attn_kv_b, rank, product({heads, of_head}, "keys and values"));
    }
}

Matrix LatentAttention::compressed_queries(const Matrix& x, Pass& pass) const {
    return q_a_ ? normalized(rule_, q_a_norm_, applied(q_a_, x, pass.workers)) : x;
}

// What this layer's queries attend to; nullptr: to all they see.
const Chosen* LatentAttention::choose(const Matrix& x, const Matrix& compressed, Pass& pass) {
    if (indexer_) indexer_->choose(x, compressed, pass);
    if (!chooses_) return nullptr;
    if (pass.handed->chosen.fits(x.rows, pass.first_position + x.rows)) return &pass.handed->chosen;
    throw Error(ErrorCode::bad_value, "a layer is to follow an indexer, and none comes before it");
}

Matrix LatentAttention::absorb(const Matrix& q, Pass& pass) const {
    const std::size_t wide = std::size_t{latent_.rank} + latent_.rope_dim;
    Matrix absorbed(q.rows, plan_.heads * wide);
    for (std::uint32_t h = 0; h < plan_.heads; ++h) {
        multiply(k_b_.at(h), q.strip(h * head_dim(), latent_.nope_dim), absorbed.strip(h * wide, latent_.rank),
                 pass.workers);
        for (std::size_t t = 0; t < q.rows; ++t) {
            copy(q.part(t, h * head_dim() + latent_.nope_dim, latent_.rope_dim),
                 absorbed.part(t, h * wide + latent_.rank, latent_.rope_dim));
        }
    }
    return absorbed;
}

Matrix LatentAttention::decompress_values(const Matrix& mixed, Pass& pass) const {
    Matrix out(mixed.rows, std::size_t{plan_.heads} * latent_.dim_v);
    for (std::uint32_t h = 0; h < plan_.heads; ++h) {
        multiply(v_b_.at(h), mixed.strip(std::size_t{h} * latent_.rank, latent_.rank),
                 out.strip(std::size_t{h} * latent_.dim_v, latent_.dim_v), pass.workers);
    }
    return out;
}

// compressed: [rank + rope], normalised and rotated.
void LatentAttention::remember(const Matrix& compressed, Pass& pass) {
    if (k_b_) return keep_keys(cache_, compressed, plan_, pass.workers);
    const std::size_t nope = latent_.nope_dim, rope = latent_.rope_dim, dim_v = latent_.dim_v;
    const Matrix kv = applied(kv_b_, columns_of(compressed, 0, latent_.rank), pass.workers);
    Matrix keys(kv.rows, plan_.heads * head_dim()), values(kv.rows, plan_.heads * dim_v);
    for (std::size_t t = 0; t < kv.rows; ++t) {
        for (std::size_t h = 0; h < plan_.heads; ++h) {
            const std::size_t from = h * (nope + dim_v), key = h * head_dim();
            copy(kv.part(t, from, nope), keys.part(t, key, nope));
            copy(compressed.part(t, latent_.rank, rope), keys.part(t, key + nope, rope));
            copy(kv.part(t, from + nope, dim_v), values.part(t, h * dim_v, dim_v));
        }
    }
    keep_keys(cache_, std::move(keys), plan_, pass.workers);
    keep_values(cache_, std::move(values), plan_, pass.workers);
}

AttentionPlan LatentAttention::absorbed_plan() const {
    AttentionPlan plan = plan_;
    plan.kv_heads = 1;
    plan.dim_k = latent_.rank + latent_.rope_dim;
    plan.dim_v = latent_.rank;
    return plan;
}

void LatentAttention::gate(const Matrix& x, Matrix& mixed, Pass& pass) const {
    if (!gate_) return;
    const Matrix gates = applied(gate_, x, pass.workers);
    const std::size_t shared = share(mixed.columns, gates.columns, "values over gates");
    for (std::size_t t = 0; t < mixed.rows; ++t) {
        const std::span<float> row = mixed.row(t);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] *= sigmoid(gates.row(t)[i / shared]);
    }
}

Traced LatentAttention::run(const Matrix& x, Pass& pass) {
    const Matrix narrow = compressed_queries(x, pass);
    const Chosen* chosen = choose(x, narrow, pass);
    Matrix q = applied(q_a_ ? q_b_ : q_, narrow, pass.workers);
    Matrix compressed = borrowed_ == nullptr ? applied(kv_a_, x, pass.workers) : Matrix{};
    for (std::size_t t = 0; t < compressed.rows; ++t) {
        normalize(rule_, kv_a_norm_, compressed.part(t, 0, latent_.rank));
        if (k_norm_) normalize(rule_, k_norm_, compressed.part(t, latent_.rank, latent_.rope_dim));
    }
    if (plan_.rope) {
        const RopeTable& table = factors_.table(*plan_.rope, static_cast<std::uint32_t>(x.rows), pass);
        rotate_heads(table, q, plan_.heads, latent_.nope_dim);
        rotate_heads(table, compressed, 1, latent_.rank);
    }
    if (plan_.temperature) warm(*plan_.temperature, pass.first_position, q);
    ssmax_.apply(q, pass.first_position);
    if (borrowed_ == nullptr) remember(compressed, pass);
    const KeyValues& kv = borrowed_ != nullptr ? *borrowed_ : cache_;
    const Matrix& keys = kv.keys;
    const HeadWriter writer(out_, plan_.heads, {}, v_b_ ? &v_b_ : nullptr, static_cast<bool>(gate_));
    const ScoreExtras extras{.sinks = sinks_, .chosen = chosen, .writer = &writer};
    Matrix mixed;
    if (k_b_) q = absorb(q, pass);
    ready_queries(q, plan_, pass.workers);
    if (k_b_) {
        mixed = attend(absorbed_plan(), q, {keys.all(), keys.strip(0, latent_.rank), kv.key_blocks}, extras, pass);
        if (!pass.weights_only) mixed = decompress_values(mixed, pass);
    } else {
        AttentionPlan plan = plan_;
        plan.kv_heads = plan_.heads;
        plan.dim_k = static_cast<std::uint32_t>(head_dim());
        plan.dim_v = latent_.dim_v;
        mixed = attend(plan, q, {keys.all(), kv.values.all(), kv.key_blocks}, extras, pass);
        if (!pass.weights_only) turn_back(mixed, plan_, pass.workers);
    }
    if (pass.weights_only) return mixed;
    gate(x, mixed, pass);
    take_out(pass.ablation, plan_.heads, mixed);
    const Traced heads = noted_heads(pass, plan_.heads, std::move(mixed));
    return applied(out_, heads, pass.workers);
}

}  // namespace

std::unique_ptr<Mixer> make_latent_attention(const MixerParts& parts, const KeyValues* borrowed) {
    return std::make_unique<LatentAttention>(parts, borrowed);
}

}  // namespace attnx::forward

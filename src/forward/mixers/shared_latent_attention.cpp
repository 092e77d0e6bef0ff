// Attention over one row per token that serves all heads as key and value, within a window, and over rows that each
// stand for several tokens (DeepSeek-V4). Values are rotated as keys are, so what heads read of them is rotated back.
#include <optional>

#include <fmt/format.h>

#include "../ops/matmul.h"
#include "attend.h"
#include "attnx/base/error.h"
#include "compressor.h"
#include "heads.h"
#include "mixer.h"
#include "row_chooser.h"

namespace attnx::forward {

using model::AttentionPlan;

namespace {

class SharedLatentAttention : public Mixer {
public:
    explicit SharedLatentAttention(const MixerParts& parts);
    Traced run(const Matrix& x, Pass& pass) override;
    void reset() override;

private:
    void bind_compressed(const MixerParts& parts);
    void remember_compressed(const Matrix& x, Pass& pass);
    void rotate_rows(Matrix& rows, std::size_t first_row) const;
    const CompressedRows* rows_read(Pass& pass) const;
    Traced out(const Traced& mixed, Pass& pass) const;
    bool compresses() const { return plan_.compressed && plan_.compressed->own; }

    AttentionPlan attention_;
    model::SharedLatentPlan plan_;
    NormRule rule_;
    std::size_t dim_, nope_;
    Linear q_a_, q_b_, kv_, out_b_, index_k_;
    WeightStack out_a_;  // of groups of heads
    Norm q_a_norm_, kv_norm_, index_norm_;
    std::vector<float> sinks_;
    std::optional<Compressor> compressor_, index_compressor_;
    std::optional<RowChooser> chooser_;
    CompressedRows compressed_;
    Matrix keys_;
};

SharedLatentAttention::SharedLatentAttention(const MixerParts& parts)
    : attention_(parts.plan.attention),
      plan_(*parts.plan.shared),
      rule_(parts.norm_rule()),
      dim_(attention_.dim_k),
      nope_(dim_ - std::min<std::size_t>(dim_, plan_.rope_dim)) {
    const Tensors& tensors = parts.tensors;
    const std::size_t width = parts.graph.width, heads = attention_.heads;
    if (heads == 0 || dim_ == 0 || attention_.dim_v != dim_ || plan_.rope_dim > dim_ || plan_.rope_dim % 2 != 0)
        throw Error(ErrorCode::bad_value, fmt::format("{} heads of {} and values of {}, {} dimensions rotated", heads,
                                                      dim_, attention_.dim_v, plan_.rope_dim));
    attention_.kv_heads = 1;
    const std::size_t all = product({heads, dim_}, "queries");
    q_a_ = tensors.linear(Stem::attn_q_a, width, kAny);
    q_a_norm_ = tensors.norm(Stem::attn_q_a_norm, q_a_.weight.outputs);
    q_b_ = tensors.linear(Stem::attn_q_b, q_a_.weight.outputs, all);
    kv_ = tensors.linear(Stem::attn_kv, width, dim_);
    kv_norm_ = tensors.norm(Stem::attn_kv_a_norm, dim_);
    sinks_ = tensors.optional_vector(Stem::attn_sinks, heads);
    (void)share(heads, plan_.output_groups, "heads over groups of the output");
    out_a_ = tensors.rows_as_stack(Stem::attn_output_a, all / plan_.output_groups, plan_.output_groups);
    out_b_ =
        tensors.linear(Stem::attn_output_b, product({out_a_.count, out_a_.outputs}, "groups of the output"), width);
    if (plan_.compressed) bind_compressed(parts);
}

void SharedLatentAttention::bind_compressed(const MixerParts& parts) {
    const model::CompressionPlan& plan = *plan_.compressed;
    if (plan.ratio == 0) throw Error(ErrorCode::bad_value, "rows that stand for no token");
    if (plan.indexer && plan.indexer->own) chooser_.emplace(parts, plan);
    compressed_.ratio = plan.ratio;
    if (!plan.own) return;
    compressor_.emplace(parts, Compressor::kKeys, plan, dim_);
    if (!plan.indexer) return;
    if (plan_.rope_dim > plan.indexer->dim) outside(0, plan_.rope_dim, plan.indexer->dim, "dimensions of an indexer");
    if (parts.tensors.has(Stem::indexer_compressor_kv)) {
        index_compressor_.emplace(parts, Compressor::kIndex, plan, plan.indexer->dim);
    } else {
        index_k_ = parts.tensors.linear(Stem::indexer_attn_k, dim_, plan.indexer->dim);
        index_norm_ = parts.tensors.norm(Stem::indexer_k_norm, plan.indexer->dim);
    }
}

void SharedLatentAttention::reset() {
    keys_ = compressed_.rows = compressed_.index = {};
    if (compressor_) compressor_->reset();
    if (index_compressor_) index_compressor_->reset();
}

// A row is where the first of its tokens is.
void SharedLatentAttention::rotate_rows(Matrix& rows, std::size_t first_row) const {
    if (!attention_.rope) return;
    const std::uint32_t ratio = plan_.compressed->ratio;
    for (std::size_t i = 0; i < rows.rows; ++i) {
        const RopeTable table(*attention_.rope, {}, static_cast<std::uint32_t>((first_row + i) * ratio), 1);
        table.rotate(0, rows.part(i, rows.columns - plan_.rope_dim, plan_.rope_dim));
    }
}

void SharedLatentAttention::remember_compressed(const Matrix& x, Pass& pass) {
    const std::size_t first = compressed_.rows.rows;
    Matrix rows = compressor_->run(x, pass), index;
    if (index_compressor_) index = index_compressor_->run(x, pass);
    else if (index_k_) index = normalized(rule_, index_norm_, applied(index_k_, rows, pass.workers));
    rotate_rows(rows, first);
    rotate_rows(index, first);
    append_rows(compressed_.rows, rows);
    append_rows(compressed_.index, index);
    pass.handed->rows = &compressed_;
}

// nullptr: there are none yet.
const CompressedRows* SharedLatentAttention::rows_read(Pass& pass) const {
    if (!plan_.compressed) return nullptr;
    const CompressedRows* rows = pass.handed->rows;
    if (rows == nullptr || rows->ratio != plan_.compressed->ratio)
        throw Error(ErrorCode::bad_value, fmt::format("a layer is to read rows of {} tokens, and none come before it",
                                                      plan_.compressed->ratio));
    return rows->rows.rows == 0 ? nullptr : rows;
}

// Each group of heads has a matrix of its own, then one for what all of them give.
Traced SharedLatentAttention::out(const Traced& mixed, Pass& pass) const {
    Traced inner(Matrix(mixed.rows, out_b_.weight.inputs));
    const std::size_t group = out_a_.all.inputs, rank = out_a_.outputs;
    std::vector<Tape::Product> products;
    for (std::size_t g = 0; g < out_a_.count; ++g) {
        const Strip<const float> x = mixed.strip(g * group, group);
        const Strip<float> y = inner.strip(g * rank, rank);
        multiply(out_a_.at(g), x, y, pass.workers);
        if (pass.tape != nullptr) {
            const std::span<const float> in = x.row(pass.tape->row()), made = y.row(pass.tape->row());
            products.push_back({.from = mixed.node,
                                .from_first = g * group,
                                .to_first = g * rank,
                                .weight = out_a_.at(g),
                                .x = {in.begin(), in.end()},
                                .y = {made.begin(), made.end()}});
        }
    }
    inner.is_sum_of(pass.tape, {}, std::move(products));
    return applied(out_b_, inner, pass.workers);
}

Traced SharedLatentAttention::run(const Matrix& x, Pass& pass) {
    const Matrix narrow = normalized(rule_, q_a_norm_, applied(q_a_, x, pass.workers));
    Matrix q = applied(q_b_, narrow, pass.workers);
    if (plan_.query_norm) norm_heads_unweighted(rule_, q, attention_.heads);
    Matrix k = normalized(rule_, kv_norm_, applied(kv_, x, pass.workers));
    const model::RopePlan rope = attention_.rope.value_or(model::RopePlan{});
    const RopeTable& table = pass.handed->rotations.of(rope, {}, pass.first_position,
                                                       attention_.rope ? static_cast<std::uint32_t>(x.rows) : 0);
    if (attention_.rope) {
        rotate_heads(table, q, attention_.heads, nope_);
        rotate_heads(table, k, 1, nope_);
    }
    append_rows(keys_, k);
    if (compresses()) remember_compressed(x, pass);
    const CompressedRows* rows = rows_read(pass);
    if (chooser_ && rows != nullptr) chooser_->choose(x, narrow, table, *rows, pass);
    const bool some = plan_.compressed && plan_.compressed->indexer && rows != nullptr;
    if (some && !pass.handed->chosen.fits(x.rows, rows->rows.rows))
        throw Error(ErrorCode::bad_value,
                    "a layer is to follow an indexer of the rows it reads, and none comes before it");
    RowsBeside beside;
    if (rows != nullptr) beside = {rows->rows.all(), rows->ratio, some ? &pass.handed->chosen : nullptr};
    Matrix mixed = attend(attention_, q, {keys_.all(), keys_.all()},
                          {.sinks = sinks_, .beside = rows != nullptr ? &beside : nullptr}, pass);
    if (pass.weights_only) return mixed;
    if (attention_.rope) rotate_heads_back(table, mixed, attention_.heads, nope_);
    return out(noted_heads(pass, attention_.heads, std::move(mixed)), pass);
}

}  // namespace

std::unique_ptr<Mixer> make_shared_latent_attention(const MixerParts& parts) {
    return std::make_unique<SharedLatentAttention>(parts);
}

}  // namespace attnx::forward

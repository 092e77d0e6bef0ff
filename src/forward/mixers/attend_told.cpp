#include "attend_told.h"

#include <limits>

namespace attnx::forward {
namespace {

trace::TokenVectors vectors_of(Strip<const float> strip, std::uint32_t heads, std::uint32_t dim) {
    return {{strip.first, (strip.rows - 1) * strip.stride + strip.columns}, strip.stride, heads, dim};
}

}  // namespace

void tell_vectors(const model::AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv, const Pass& pass) {
    const std::size_t first = pass.first_position, count = queries.rows;
    if (count == 0) return;
    pass.sink.vectors({.layer = pass.layer,
                       .tokens = static_cast<std::uint32_t>(count),
                       .queries = vectors_of(queries.all(), plan.heads, plan.dim_k),
                       .keys = vectors_of(kv.keys.rows_from(first, count), plan.kv_heads, plan.dim_k),
                       .values = vectors_of(kv.values.rows_from(first, count), plan.kv_heads, plan.dim_v),
                       .query_factor = plan.scale_queries ? plan.score_scale : 1.0F});
}

void tell_scoring(const model::AttentionPlan& plan, const ScoreExtras& extras, const PositionBias& bias, Pass& pass) {
    trace::Scoring scoring{
        .layer = pass.layer, .scale = plan.score_scale, .softcap = plan.softcap, .sinks = extras.sinks};
    if (bias.any() || extras.chosen != nullptr)
        scoring.bias = [&bias, chosen = extras.chosen, first = pass.first_position](
                           std::uint32_t head, std::uint32_t query, std::uint32_t key) {
            const bool left_out = chosen != nullptr && query >= first && chosen->of_query(query - first)[key] == 0;
            float added = left_out ? -std::numeric_limits<float>::infinity() : 0.0F;
            bias.add({&added, 1}, key, query, head);
            return added;
        };
    scoring.rows_beside = extras.beside != nullptr;
    if (extras.writer != nullptr) {
        scoring.width = extras.writer->width();
        scoring.gated = extras.writer->gated();
        scoring.moved = [writer = extras.writer, &pass](std::uint32_t head, std::span<const float> vectors,
                                                        std::span<float> out) {
            writer->write(head, vectors, out, pass.workers);
        };
    }
    pass.sink.scoring(scoring);
}

}  // namespace attnx::forward

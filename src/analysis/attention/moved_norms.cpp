#include "attnx/analysis/moved_norms.h"

#include <algorithm>

#include <fmt/format.h>

#include "attnx/analysis/stream_states.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"

namespace attnx::analysis {

void MovedNormSink::vectors(const trace::HeadVectors& vectors) {
    MovedNorms& norms = norms_[vectors.layer];
    norms.heads = vectors.queries.heads;
    norms.tokens = vectors.tokens;
    kv_heads_ = vectors.values.heads;
    values_.clear();
    for (std::uint32_t head = 0; head < kv_heads_; ++head)
        for (std::uint32_t token = 0; token < vectors.tokens; ++token) {
            const auto value = vectors.values.of(token, head);
            values_.insert(values_.end(), value.begin(), value.end());
        }
}

void MovedNormSink::scoring(const trace::Scoring& scoring) {
    constexpr std::size_t kAtOnce = 256;
    if (!scoring.moved)
        throw Error(ErrorCode::unsupported,
                    fmt::format("layer {}: what becomes of a value depends on the query that reads it", scoring.layer));
    MovedNorms& norms = norms_.at(scoring.layer);
    norms.gated = scoring.gated;
    norms.values.assign(product({norms.heads, norms.tokens}, "lengths of values"), 0.0F);
    const std::size_t dim = share(values_.size(), std::size_t{kv_heads_} * norms.tokens, "values");
    std::vector<float> moved;
    for (std::uint32_t head = 0; head < norms.heads; ++head) {
        const std::size_t kv_head = trace::kv_head_of(head, norms.heads, kv_heads_);
        for (std::size_t token = 0; token < norms.tokens; token += kAtOnce) {
            const std::size_t count = std::min(kAtOnce, norms.tokens - token);
            moved.resize(count * scoring.width);
            scoring.moved(
                head,
                part(std::span<const float>(values_), (kv_head * norms.tokens + token) * dim, count * dim, "values"),
                moved);
            for (std::size_t i = 0; i < count; ++i)
                norms.values[head * norms.tokens + token + i] = static_cast<float>(
                    length_of(std::span<const float>(moved).subspan(i * scoring.width, scoring.width)));
        }
    }
    values_.clear();
}

}  // namespace attnx::analysis

#include "row_weights.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../ops/softmax.h"
#include "attnx/model/visible.h"

namespace attnx::forward {

namespace {

constexpr std::uint32_t kSumStep = 8;  // sums over keys start at multiples of it, so that their order is ggml's

void leave_out(const Chosen* chosen, std::uint32_t query, std::size_t first, std::span<float> scores) {
    if (chosen == nullptr) return;
    const auto kept = chosen->of_query(query);
    for (std::size_t j = 0; j < scores.size(); ++j)
        if (kept[first + j] == 0) scores[j] = RowWeights::kMasked;
}

}  // namespace

Visible visible_keys(const model::AttentionPlan& plan, std::uint32_t query, std::uint32_t key_count) {
    const model::KeyRange see = model::visible_keys({plan.causal, plan.window}, query, key_count);
    return {static_cast<std::uint32_t>(see.first), static_cast<std::uint32_t>(see.end)};
}

void RowWeights::scale(std::span<float> scores) const {
    const float scale = plan_.scale_queries ? 1.0F : plan_.score_scale;
    const float factor = plan_.softcap ? scale / *plan_.softcap : scale;
    for (float& s : scores) s *= factor;
    if (plan_.softcap) {
        for (float& s : scores) s = *plan_.softcap * std::tanh(s);
    }
}

void RowWeights::ready(std::uint32_t query, std::uint32_t head, float* row) const {
    const Visible see = seen_by(query);
    const std::span<float> scores(row + see.first, see.end - see.first);
    scale(scores);
    bias_.add(scores, see.first, position(query), head);
    leave_out(extras_.chosen, query, see.first, scores);
}

void RowWeights::soften(std::uint32_t query, std::uint32_t head, float* row, std::span<float> beside) const {
    const Visible see = seen_by(query);
    std::fill(row, row + see.first, 0.0F);
    std::fill(row + see.end, row + keys_, 0.0F);
    const std::uint32_t first = see.first / kSumStep * kSumStep,
                        end = std::min(keys_, (see.end + kSumStep - 1) / kSumStep * kSumStep);
    std::fill(row + first, row + see.first, kMasked);
    std::fill(row + see.end, row + end, kMasked);
    const std::span<float> summed(row + first, end - first);
    const Simd simd = pass_.workers.simd();
    if (beside.empty()) return softmax(summed, sink(head), rest_of(plan_), simd);
    const std::uint32_t seen = extras_.beside->visible(position(query));
    std::ranges::fill(beside.subspan(seen), kMasked);
    scale(beside.first(seen));
    leave_out(extras_.beside->chosen, query, 0, beside.first(seen));
    std::vector<float> all(summed.begin(), summed.end());
    all.insert(all.end(), beside.begin(), beside.end());
    softmax(all, sink(head), rest_of(plan_), simd);
    copy(std::span(all).first(summed.size()), summed);
    copy(std::span(all).subspan(summed.size()), beside);
}

}  // namespace attnx::forward

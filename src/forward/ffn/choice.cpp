#include "choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "../kernel.h"
#include "../ops/activation.h"
#include "../ops/softmax.h"

namespace attnx::forward {

using model::ExpertPlan;
using model::Gating;

namespace {

constexpr float kSmallestSum =
    6.103515625e-5F;  // of the chosen weights; the smallest normal half float, as llama.cpp has it

// Indices of the largest `count` values, largest first; the lower index first among equals.
std::vector<std::uint32_t> largest(std::span<const float> values, std::size_t count) {
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto before = [values](std::uint32_t a, std::uint32_t b) {  // what is not a number comes last
        return values[a] > values[b] || (std::isnan(values[b]) && !std::isnan(values[a]));
    };
    std::stable_sort(order.begin(), order.end(), before);
    order.resize(std::min(count, order.size()));
    return order;
}

// Only experts of the best groups stay in the race; a group is as good as its two best experts together (DeepSeek-V3).
void keep_best_groups(const ExpertPlan& plan, std::vector<float>& scores) {
    if (plan.groups <= 1) return;
    const std::size_t size = share(scores.size(), plan.groups, "experts over groups");
    std::vector<float> group_scores(plan.groups);
    for (std::size_t g = 0; g < plan.groups; ++g) {
        const auto members = std::span<const float>(scores).subspan(g * size, size);
        for (const auto i : largest(members, 2)) group_scores[g] += members[i];
    }
    std::vector<bool> kept(plan.groups, false);
    for (const auto g : largest(group_scores, plan.groups_used)) kept[g] = true;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (!kept[i / size]) scores[i] = -std::numeric_limits<float>::infinity();
    }
}

}  // namespace

std::vector<float> gate(Gating gating, std::span<const float> logits, Simd simd) {
    std::vector<float> p(logits.begin(), logits.end());
    switch (gating) {
        case Gating::softmax: softmax(p, std::nullopt, Rest::in_turn, simd); break;
        case Gating::sigmoid:
            for (float& v : p) v = sigmoid(v);
            break;
        case Gating::softmax_of_chosen: break;
        case Gating::sqrt_softplus:
            for (float& v : p) v = std::sqrt(softplus(v));
            break;
    }
    return p;
}

void weigh(const ExpertPlan& plan, std::vector<Choice>& chosen, Simd simd) {
    if (plan.gating == Gating::softmax_of_chosen) {
        std::vector<float> weights;
        for (const auto& c : chosen) weights.push_back(c.weight);
        softmax(weights, std::nullopt, Rest::in_turn, simd);
        for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i].weight = weights[i];
    }
    if (plan.normalize) {
        float sum = 0.0F;
        for (const auto& c : chosen) sum += c.weight;
        for (auto& c : chosen) c.weight /= std::max(sum, kSmallestSum);
    }
    if (plan.scale != 0.0F) {
        for (auto& c : chosen) c.weight *= plan.scale;
    }
}

std::vector<Choice> choose_experts(const ExpertPlan& plan, std::span<const float> logits, std::span<const float> bias,
                                   Simd simd) {
    const std::vector<float> weights = gate(plan.gating, logits, simd);
    std::vector<float> scores = weights;
    if (plan.weight_input || plan.choose_by_logits) scores.assign(logits.begin(), logits.end());
    if (!bias.empty()) add(scores, bias);
    keep_best_groups(plan, scores);
    std::vector<Choice> chosen;
    for (const auto expert : largest(scores, plan.used)) chosen.push_back({expert, weights.at(expert)});
    weigh(plan, chosen, simd);
    return chosen;
}

}  // namespace attnx::forward

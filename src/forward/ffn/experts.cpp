#include "experts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "../ops/softmax.h"

namespace attnx::forward {

using model::ExpertPlan;
using model::Gating;

namespace {

constexpr float kSmallestSum = 6.103515625e-5F;  // of the chosen weights; the smallest normal half float, as llama.cpp has it

std::vector<float> gated(Gating gating, std::span<const float> logits, tensor::Simd simd) {
    std::vector<float> p(logits.begin(), logits.end());
    switch (gating) {
        case Gating::softmax: softmax(p, std::nullopt, Rest::in_turn, simd); break;
        case Gating::sigmoid: for (float& v : p) v = sigmoid(v); break;
        case Gating::softmax_of_chosen: break;
        case Gating::sqrt_softplus: for (float& v : p) v = std::sqrt(softplus(v)); break;
    }
    return p;
}

// Indices of the largest `count` values, largest first; the lower index first among equals.
std::vector<std::uint32_t> largest(std::span<const float> values, std::size_t count) {
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [values](std::uint32_t a, std::uint32_t b) { return values[a] > values[b]; });
    order.resize(std::min(count, order.size()));
    return order;
}

// Only experts of the best groups stay in the race; a group is as good as its two best experts together (DeepSeek-V3).
void keep_best_groups(const ExpertPlan& plan, std::vector<float>& scores) {
    if (plan.groups <= 1) return;
    const std::size_t size = scores.size() / plan.groups;
    std::vector<float> group_scores(plan.groups);
    for (std::size_t g = 0; g < plan.groups; ++g) {
        const std::span<const float> members(scores.data() + g * size, size);
        for (const auto i : largest(members, 2)) group_scores[g] += members[i];
    }
    std::vector<bool> kept(plan.groups, false);
    for (const auto g : largest(group_scores, plan.groups_used)) kept[g] = true;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (!kept[i / size]) scores[i] = -std::numeric_limits<float>::infinity();
    }
}

void weigh(const ExpertPlan& plan, std::vector<Choice>& chosen, tensor::Simd simd) {
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

void add_bias(const std::vector<float>& biases, std::size_t expert, Matrix& m) {
    if (biases.empty()) return;
    const float* bias = biases.data() + expert * m.columns;
    for (std::size_t t = 0; t < m.rows; ++t) {
        for (std::size_t i = 0; i < m.columns; ++i) m.row(t)[i] += bias[i];
    }
}

Matrix through(const WeightStack& stack, std::size_t expert, const std::vector<float>& scales, const std::vector<float>& biases,
               const Matrix& x, Workers& workers) {
    const Weight weight = stack.at(expert);
    expect_shape(weight, x.columns, weight.outputs);
    Matrix y(x.rows, weight.outputs);
    multiply(weight, x.values.data(), x.columns, x.rows, y.values.data(), y.columns, workers);
    if (!scales.empty()) scale_by(y, scales[expert]);
    add_bias(biases, expert, y);
    return y;
}

}  // namespace

std::vector<Choice> choose_experts(const ExpertPlan& plan, std::span<const float> logits, std::span<const float> bias,
                                   tensor::Simd simd) {
    const std::vector<float> weights = gated(plan.gating, logits, simd);
    std::vector<float> scores = weights;
    if (plan.weight_input) scores.assign(logits.begin(), logits.end());
    for (std::size_t i = 0; i < bias.size(); ++i) scores[i] += bias[i];
    keep_best_groups(plan, scores);
    std::vector<Choice> chosen;
    for (const auto expert : largest(scores, plan.used)) chosen.push_back({expert, weights[expert]});
    weigh(plan, chosen, simd);
    return chosen;
}

Experts::Networks Experts::networks(const Tensors& tensors, const char* suffix) {
    const std::string end(suffix);
    Networks n;
    n.gate = tensors.stack("ffn_gate" + end);
    n.up = tensors.stack("ffn_up" + end);
    n.gate_up = tensors.stack("ffn_gate_up" + end);
    n.down = tensors.stack("ffn_down" + end);
    n.gate_bias = tensors.exact("ffn_gate" + end + ".bias");
    n.up_bias = tensors.exact("ffn_up" + end + ".bias");
    n.gate_up_bias = tensors.exact("ffn_gate_up" + end + ".bias");
    n.down_bias = tensors.exact("ffn_down" + end + ".bias");
    n.gate_scale = tensors.exact("ffn_gate" + end + ".scale");
    n.up_scale = tensors.exact("ffn_up" + end + ".scale");
    n.down_scale = tensors.exact("ffn_down" + end + ".scale");
    return n;
}

// Every stack has `count` matrices of matching shapes.
void Experts::check(const Networks& n, std::size_t count) {
    const auto fits = [count](const WeightStack& stack, const std::vector<float>& biases, const std::vector<float>& scales) {
        return !stack || (stack.count == count && (biases.empty() || biases.size() == count * stack.outputs) && (scales.empty() || scales.size() == count));
    };
    const bool gates = !n.gate || (n.up && n.gate.outputs == n.up.outputs);
    if (count != 0 && n.down && gates && n.gate_up.outputs % 2 == 0 && fits(n.gate, n.gate_bias, n.gate_scale) && fits(n.up, n.up_bias, n.up_scale) &&
        fits(n.gate_up, n.gate_up_bias, n.up_scale) && fits(n.down, n.down_bias, n.down_scale)) {
        return;
    }
    throw Error(ErrorCode::bad_dimensions, fmt::format("the tensors of the experts do not fit together, or are not {}", count));
}

Experts::Experts(const Tensors& tensors, const model::FfnPlan& plan) : plan_(plan) {
    if (!tensors.has("ffn_gate_inp")) return;
    router_ = tensors.linear("ffn_gate_inp");
    latent_down_ = tensors.linear("ffn_latent_down");
    latent_up_ = tensors.linear("ffn_latent_up");
    choice_bias_ = tensors.exact("exp_probs_b.bias");
    if (choice_bias_.empty()) choice_bias_ = tensors.vector("exp_probs_b");
    experts_ = networks(tensors, "_exps");
    chunks_ = networks(tensors, "_chexps");
    down_ = tensors.require_stack("ffn_down_exps");
    if (!experts_.gate_up) tensors.require("ffn_up_exps");
    check(experts_, plan.experts.count);
    if (chunks_.down) check(chunks_, plan.experts.per_chunk == 0 ? 0 : plan.experts.count / plan.experts.per_chunk);
    const model::ExpertPlan& e = plan.experts;
    const bool grouped = e.groups <= 1 || (e.count % e.groups == 0 && e.groups_used <= e.groups);
    if (e.used == 0 || e.used > e.count || !grouped || router_.weight.outputs != e.count ||
        (!choice_bias_.empty() && choice_bias_.size() != e.count)) {
        throw Error(ErrorCode::bad_value, fmt::format("{} of {} experts in {} groups, with a router for {}, cannot be executed", e.used, e.count,
                                                      e.groups, router_.weight.outputs));
    }
}

Matrix Experts::route(const Matrix& x, Workers& workers) const { return applied(router_, x, workers); }

Matrix Experts::activated(const Networks& nets, std::size_t expert, const Matrix& x, Workers& workers) const {
    const auto activation = plan_.activation;
    if (nets.gate_up) {
        const Matrix both = through(nets.gate_up, expert, nets.up_scale, nets.gate_up_bias, x, workers);
        const std::size_t inner = both.columns / 2;
        Matrix gate(both.rows, inner);
        for (std::size_t t = 0; t < both.rows; ++t) {
            std::copy_n(both.row(t), inner, gate.row(t));
            gate_activation(activation, 0.0F, gate.row_span(t), {both.row(t) + inner, inner}, workers.simd());
        }
        return gate;
    }
    Matrix up = through(nets.up, expert, nets.up_scale, nets.up_bias, x, workers);
    if (!nets.gate) {
        activate(activation, plan_.xielu, up.values, workers.simd());
        return up;
    }
    Matrix gate = through(nets.gate, expert, nets.gate_scale, nets.gate_bias, x, workers);
    gate_activation(activation, plan_.expert_clamp, gate.values, up.values, workers.simd());
    return gate;
}

// sum += scale * weighted outputs. Each expert reads its weights once, for all tokens that chose it.
void Experts::add(const Networks& nets, const Choices& choices, const Matrix& x, float scale, Matrix& sum, Workers& workers) const {
    struct Use {
        std::size_t token;
        float weight;
    };
    std::vector<std::vector<Use>> uses(nets.down.count);
    for (std::size_t t = 0; t < choices.size(); ++t) {
        for (const auto& c : choices[t]) uses.at(c.expert).push_back({t, c.weight});
    }
    const bool weight_input = plan_.experts.weight_input;
    for (std::size_t e = 0; e < uses.size(); ++e) {
        if (uses[e].empty()) continue;
        Matrix in(uses[e].size(), x.columns);
        for (std::size_t i = 0; i < in.rows; ++i) {
            std::copy_n(x.row(uses[e][i].token), x.columns, in.row(i));
            if (weight_input) for (float& v : in.row_span(i)) v *= uses[e][i].weight;
        }
        const Matrix out = through(nets.down, e, nets.down_scale, nets.down_bias, activated(nets, e, in, workers), workers);
        for (std::size_t i = 0; i < out.rows; ++i) {
            const float w = scale * (weight_input ? 1.0F : uses[e][i].weight);
            float* to = sum.row(uses[e][i].token);
            for (std::size_t k = 0; k < out.columns; ++k) to[k] += w * out.row(i)[k];
        }
    }
}

// GroveMoE: the chosen experts' chunks, run as llama.cpp does: on what the experts gave, weighted by the probability of the expert
// that has the chunk's number.
Experts::Choices Experts::chunk_choices(const Matrix& logits, tensor::Simd simd) const {
    const ExpertPlan& plan = plan_.experts;
    ExpertPlan some = plan;
    some.used = std::min(plan.used, plan.count / plan.per_chunk);
    Choices choices(logits.rows);
    for (std::size_t t = 0; t < logits.rows; ++t) {
        const auto weights = gated(plan.gating, logits.row_span(t), simd);
        for (const auto& c : choose_experts(some, logits.row_span(t), {})) {
            const std::uint32_t chunk = c.expert / plan.per_chunk;
            choices[t].push_back({chunk, weights[chunk]});
        }
        weigh(some, choices[t], simd);
    }
    return choices;
}

Matrix Experts::run(const Matrix& x, const Matrix& logits, Workers& workers) const {
    const Matrix latent = latent_down_ ? applied(latent_down_, x, workers) : x;
    Choices choices;
    for (std::size_t t = 0; t < logits.rows; ++t) {
        choices.push_back(choose_experts(plan_.experts, logits.row_span(t), choice_bias_, workers.simd()));
    }
    Matrix sum(x.rows, down_.outputs);
    add(experts_, choices, latent, 1.0F, sum, workers);
    if (chunks_.down) {
        const Matrix routed = sum;
        add(chunks_, chunk_choices(logits, workers.simd()), routed, plan_.experts.chunk_scale, sum, workers);
    }
    return latent_up_ ? applied(latent_up_, sum, workers) : sum;
}

}  // namespace attnx::forward

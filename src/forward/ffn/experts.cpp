#include "experts.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "../ops/activation.h"
#include "../ops/matmul.h"
#include "../ops/norm.h"
#include "attnx/base/error.h"

namespace attnx::forward {

using model::ExpertPlan;

namespace {

void check(const ExpertPlan& plan) {
    const bool grouped = plan.groups <= 1 || (plan.count % plan.groups == 0 && plan.groups_used <= plan.groups);
    if (plan.count != 0 && plan.used != 0 && plan.used <= plan.count && grouped) return;
    throw Error(ErrorCode::bad_value,
                fmt::format("{} of {} experts in {} groups cannot be executed", plan.used, plan.count, plan.groups));
}

}  // namespace

constexpr Experts::Stems Experts::kExperts{Stem::ffn_gate_exps, Stem::ffn_up_exps, Stem::ffn_gate_up_exps,
                                           Stem::ffn_down_exps};
constexpr Experts::Stems Experts::kChunks{Stem::ffn_gate_chexps, Stem::ffn_up_chexps, Stem::unknown,
                                          Stem::ffn_down_chexps};

Matrix Experts::Bank::run(std::size_t expert, const Matrix& x, Workers& workers) const {
    const Weight weight = weights.at(expert);
    Matrix y(x.rows, weight.outputs);
    multiply(weight, x.all(), y.all(), workers);
    if (!scale.empty()) scale_by(y, scale.at(expert));
    if (bias.empty()) return y;
    const auto own = part(std::span(bias), expert * y.columns, y.columns, "the biases of experts");
    for (std::size_t t = 0; t < y.rows; ++t) add(y.row(t), own);
    return y;
}

Experts::Networks Experts::networks(const Tensors& tensors, const Stems& stems, const Shape& shape) {
    const auto bank = [&](Stem stem, std::size_t inputs, std::size_t outputs, Stem scale_of) {
        Bank result{tensors.optional_stack(stem, inputs, outputs, shape.count), {}, {}};
        if (!result) return result;
        result.bias = tensors.optional_vector(stem, shape.count * result.weights.outputs, Suffix::bias);
        result.scale = tensors.optional_vector(scale_of, shape.count, Suffix::scale);
        return result;
    };
    Networks n;
    n.down = bank(stems.down, kAny, shape.outputs, stems.down);
    tensors.require(stems.down);
    const std::size_t inner = n.down.weights.all.inputs;
    n.gate_up = bank(stems.gate_up, shape.inputs, 2 * inner, stems.up);
    n.gate = bank(stems.gate, shape.inputs, inner, stems.gate);
    n.up = bank(stems.up, shape.inputs, inner, stems.up);
    if (!n.gate_up) tensors.require(stems.up);
    return n;
}

Experts::Experts(const Tensors& tensors, const model::FfnPlan& plan, std::size_t width) : plan_(plan) {
    if (!tensors.has(Stem::ffn_gate_inp)) return;
    const ExpertPlan& e = plan.experts;
    check(e);
    router_ = tensors.linear(Stem::ffn_gate_inp, width, e.count);
    const bool routed = tensors.has(Stem::ffn_routed_down);
    latent_down_ = tensors.optional_linear(routed ? Stem::ffn_routed_down : Stem::ffn_latent_down, width, kAny);
    const std::size_t inputs = latent_down_ ? latent_down_.weight.outputs : width;
    if (latent_down_) latent_up_ = tensors.linear(routed ? Stem::ffn_routed_up : Stem::ffn_latent_up, inputs, width);
    sum_norm_ = tensors.optional_norm(Stem::ffn_routed_norm, inputs);
    latent_norm_ = tensors.optional_norm(Stem::ffn_pre_exp_norm, inputs);
    expert_norm_ = tensors.optional_norm(Stem::ffn_post_exp_norm, inputs);
    choice_bias_ = tensors.optional_vector(Stem::exp_probs_b, e.count, Suffix::bias);
    if (choice_bias_.empty()) choice_bias_ = tensors.optional_vector(Stem::exp_probs_b, e.count);
    experts_ = networks(tensors, kExperts, {inputs, inputs, e.count});
    if (tensors.has(Stem::ffn_down_chexps)) {
        chunks_ = networks(tensors, kChunks,
                           {inputs, inputs, share(e.count, e.per_chunk, "experts over chunks of experts_per_group")});
    }
}

Matrix Experts::route(const Matrix& x, Workers& workers) const { return applied(router_, x, workers); }

Matrix Experts::activated(const Networks& nets, std::size_t expert, const Matrix& x, Workers& workers) const {
    const auto activation = plan_.activation;
    if (nets.gate_up) {
        const Matrix both = nets.gate_up.run(expert, x, workers);
        const std::size_t inner = both.columns / 2;
        Matrix gate(both.rows, inner);
        for (std::size_t t = 0; t < both.rows; ++t) {
            copy(both.part(t, 0, inner), gate.row(t));
            gate_activation({activation, 0.0F, false, plan_.situ}, gate.row(t), both.part(t, inner, inner),
                            workers.simd());
        }
        return gate;
    }
    Matrix up = nets.up.run(expert, x, workers);
    if (!nets.gate) {
        activate(activation, plan_.xielu, up.values, workers.simd());
        return up;
    }
    Matrix gate = nets.gate.run(expert, x, workers);
    gate_activation({activation, plan_.expert_clamp, plan_.clamp_before_activation, plan_.situ}, gate.values, up.values,
                    workers.simd());
    return gate;
}

// sum += scale * weighted outputs. Each expert reads its weights once, for all tokens that chose it.
void Experts::add_experts(const Networks& nets, const Choices& choices, const Matrix& x, float scale, Matrix& sum,
                          Workers& workers) const {
    struct Use {
        std::size_t token;
        float weight;
    };
    std::vector<std::vector<Use>> uses(nets.down.weights.count);
    for (std::size_t t = 0; t < choices.size(); ++t) {
        for (const auto& c : choices[t]) uses.at(c.expert).push_back({t, c.weight});
    }
    const bool weight_input = plan_.experts.weight_input;
    for (std::size_t e = 0; e < uses.size(); ++e) {
        if (uses[e].empty()) continue;
        Matrix in(uses[e].size(), x.columns);
        for (std::size_t i = 0; i < in.rows; ++i) {
            copy(x.row(uses[e][i].token), in.row(i));
            if (weight_input)
                for (float& v : in.row(i)) v *= uses[e][i].weight;
        }
        Matrix out = nets.down.run(e, activated(nets, e, in, workers), workers);
        for (std::size_t i = 0; i < out.rows && expert_norm_; ++i) {
            multiply(out.row(i), expert_norm_.weight);
            normalize({model::NormKind::rms, plan_.expert_norm_epsilon}, {}, out.row(i));
        }
        for (std::size_t i = 0; i < out.rows; ++i) {
            const float w = scale * (weight_input ? 1.0F : uses[e][i].weight);
            add_scaled(sum.part(uses[e][i].token, 0, out.columns), out.row(i), w);
        }
    }
}

// GroveMoE: the chosen experts' chunks, run as llama.cpp does: on what the experts gave, weighted by the probability of
// the expert that has the chunk's number.
Experts::Choices Experts::chunk_choices(const Matrix& logits, Simd simd) const {
    const ExpertPlan& plan = plan_.experts;
    ExpertPlan some = plan;
    some.used = std::min(plan.used, static_cast<std::uint32_t>(chunks_.down.weights.count));
    Choices choices(logits.rows);
    for (std::size_t t = 0; t < logits.rows; ++t) {
        const auto weights = forward::gate(plan.gating, logits.row(t), simd);
        for (const auto& c : choose_experts(some, logits.row(t), {})) {
            const std::uint32_t chunk = c.expert / plan.per_chunk;
            choices[t].push_back({chunk, weights.at(chunk)});
        }
        weigh(some, choices[t], simd);
    }
    return choices;
}

Matrix Experts::run(const Matrix& x, const Matrix& logits, Workers& workers) const {
    Matrix latent = latent_down_ ? applied(latent_down_, x, workers) : x;
    if (latent_norm_) latent = normalized({model::NormKind::rms, plan_.latent_norm_epsilon}, latent_norm_, latent);
    Choices choices;
    for (std::size_t t = 0; t < logits.rows; ++t) {
        choices.push_back(choose_experts(plan_.experts, logits.row(t), choice_bias_, workers.simd()));
    }
    Matrix sum(x.rows, experts_.down.weights.outputs);
    add_experts(experts_, choices, latent, 1.0F, sum, workers);
    if (chunks_.down) {
        const Matrix routed = sum;
        add_experts(chunks_, chunk_choices(logits, workers.simd()), routed, plan_.experts.chunk_scale, sum, workers);
    }
    if (sum_norm_) sum = normalized({model::NormKind::rms, plan_.latent_norm_epsilon}, sum_norm_, sum);
    return latent_up_ ? applied(latent_up_, sum, workers) : sum;
}

}  // namespace attnx::forward

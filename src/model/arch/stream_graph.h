// What DeepSeek-V4 and models after it compute alike.
#pragma once

#include "families.h"
#include "plan_keys.h"

namespace attnx::model {

// Residual streams that are mixed with each other by doubly stochastic weights.
inline HyperConnections balanced_streams(PlanKeys& keys) {
    return {.count = keys.require_u32("hyper_connection.count"),
            .epsilon = keys.require_f32("hyper_connection.epsilon"),
            .magnitude = 2.0F,
            .sinkhorn = keys.require_u32("hyper_connection.sinkhorn_iterations")};
}

// Gates and ups are limited before the activation; those of the shared expert, and of dense layers, as the routed ones'
// where no key of their own says otherwise.
inline void clamp_gates_and_ups(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    const auto experts = keys.f32_layers("swiglu_clamp_exp", spec.layer_count_all);
    const auto shared = keys.f32_layers("swiglu_clamp_shexp", spec.layer_count_all);
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        FfnPlan& ffn = graph.layers[i].ffn;
        ffn.clamp_before_activation = true;
        if (experts) ffn.expert_clamp = ffn.clamp = (*experts)[i];
        if (shared) ffn.clamp = (*shared)[i];
    }
}

}  // namespace attnx::model

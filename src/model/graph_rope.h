// The rotary embedding of a model from its keys.
#pragma once

#include "arch/compute_traits.h"
#include "arch/plan_keys.h"

namespace attnx::model {

struct ModelRope {
    RopePlan plan;              // of layers that are not sliding; dimensions are the layer's business
    RopePlan sliding;
    float score_factor = 1.0F;  // of ScaleRule::yarn_squared
};

// Throws bad_value for scaling types that are not known.
ModelRope model_rope(const ComputeTraits& traits, PlanKeys& keys, const ModelSpec& spec);

bool rotates(RopeLayers rule, const ModelSpec& spec, std::uint32_t layer, std::uint32_t leading_dense);

}  // namespace attnx::model

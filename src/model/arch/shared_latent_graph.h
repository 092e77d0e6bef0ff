// How DeepSeek-V4 and V4.1 attend: src/forward/mixers/shared_latent_attention.cpp.
#pragma once

#include "attnx/model/graph.h"
#include "plan_keys.h"

namespace attnx::model {

void shared_latent_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec);

}  // namespace attnx::model

// What a sink is told of a layer's attention beside the weights.
#pragma once

#include "attend.h"
#include "position_bias.h"

namespace attnx::forward {

// Of the tokens fed, whose keys may be those of an earlier layer.
void tell_vectors(const model::AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv, const Pass& pass);

// How scores come about. The sink may ask as long as what it is made of is there.
void tell_scoring(const model::AttentionPlan& plan, const ScoreExtras& extras, const PositionBias& bias, Pass& pass);

}  // namespace attnx::forward

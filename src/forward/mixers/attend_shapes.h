// Whether what a layer attends with goes together.
#pragma once

#include "attend.h"

namespace attnx::forward {

// Looked at once, so that nothing behind has to look again. Throws bad_dimensions, naming what does not fit, bad_value.
void check_shapes(const model::AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv,
                  const ScoreExtras& extras, const Pass& pass);

}  // namespace attnx::forward

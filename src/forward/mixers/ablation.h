// A head taken out of what the output matrix reads.
#pragma once

#include <cstdint>

#include "../kernel.h"
#include "attnx/forward/session.h"

namespace attnx::forward {

// mixed: [tokens, heads * dim]. Nothing is done without an ablation.
void take_out(const Ablation* ablation, std::uint32_t heads, Matrix& mixed);

}  // namespace attnx::forward

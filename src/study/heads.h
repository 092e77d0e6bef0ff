// What is asked of heads must be there. Private to study.
#pragma once

#include "attnx/study/attend.h"

namespace attnx::study {

// Throws not_found unless there are some, and all are of layers that attend.
void expect_heads(const gguf::File& file, const model::ModelSpec& spec, const Heads& heads);

}  // namespace attnx::study

// What a context of this model allocates (llama-model.cpp:2052-2410).
#pragma once

#include <optional>

#include "arch/traits.h"

namespace attnx::model {

MemoryPlan plan_memory(const ArchTraits& row, const Draft& draft, Hparams& hparams);
// Of a next-token-prediction context; nothing when the model has no such layers.
std::optional<MemoryPlan> plan_prediction_memory(const ArchTraits& row, const Draft& draft);

// The layer whose K/V `layer` reads, when it keeps none of its own.
std::optional<std::uint32_t> shared_source(const Draft& draft, std::uint32_t layer);

}  // namespace attnx::model

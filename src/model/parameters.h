// How many parameters a token of text passes through.
#pragma once

#include <cstdint>
#include <span>

#include "attnx/gguf/tensor_info.h"
#include "attnx/model/roles.h"
#include "attnx/model/spec.h"

namespace attnx::model {

// Of a stack of experts the part that is chosen for a token, of any other tensor all of `amount`.
std::uint64_t used_part(const TensorRole& role, const LayerSpec& layer, std::uint64_t amount);

// All but those of experts not chosen, of next-token-prediction blocks, and of encoders for pictures and sound
// (docs/formulas.md). Saturates.
std::uint64_t count_active(const ModelSpec& spec, std::span<const gguf::TensorInfo> tensors);

// The key where the row reads it, otherwise one where the layers have such a network.
std::uint32_t shared_experts(std::uint32_t key, std::span<const LayerSpec> layers);

}  // namespace attnx::model

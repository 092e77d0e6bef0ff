// The families of rows, one function per file.
#pragma once

#include <span>

#include "../tensors/lists.h"
#include "plan_keys.h"
#include "traits.h"

namespace attnx::model {

std::span<const ArchTraits> llama_family();
std::span<const ArchTraits> llama_kin_family();
std::span<const ArchTraits> gpt_classic_family();
std::span<const ArchTraits> phi_family();
std::span<const ArchTraits> qwen_family();
std::span<const ArchTraits> qwen_streams_family();
std::span<const ArchTraits> gemma_family();
std::span<const ArchTraits> cohere_family();
std::span<const ArchTraits> deepseek_family();
std::span<const ArchTraits> kimi_delta_family();
std::span<const ArchTraits> sparse_latent_family();
std::span<const ArchTraits> glm_family();
std::span<const ArchTraits> granite_family();
std::span<const ArchTraits> olmo_family();
std::span<const ArchTraits> exaone_family();
std::span<const ArchTraits> moe_others_family();
std::span<const ArchTraits> windowed_family();
std::span<const ArchTraits> vision_adjacent_family();
std::span<const ArchTraits> hybrid_family();
std::span<const ArchTraits> recurrent_family();
std::span<const ArchTraits> encoder_family();
std::span<const ArchTraits> diffusion_family();
std::span<const ArchTraits> drafter_family();

// DeepSeek-V4 and V4.1 (deepseek.cpp): every layer slides, attention.compress_ratios.
void compress_by_key(Draft& draft, Hparams& hparams);

}  // namespace attnx::model

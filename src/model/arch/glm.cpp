// GLM. GLM-4 and 4.5 turn to multi-section rope when rope.dimension_sections has two positive entries. GLM-5 (glm-dsa)
// is DeepSeek-V3.2's sparse latent attention, but only some layers run an indexer of their own:
// attention.indexer.types, otherwise all below a context of 1,048,576, otherwise layers 0, 1 and then every fourth from
// 2 to 74 (models/glm-dsa.cpp:5-27, 65-72).
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kGlmExperts = {expert_feed_forward_length, expert_shared_count};
constexpr KeySet kOptional = expert_scoring | KeySet{rope_dimension_sections, leading_dense_block_count};

void choose_indexers(Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kLongContext = 1'048'576;
    const std::uint32_t trunk = draft.trunk_layers();
    if (const auto types = hparams.u32_layers("attention.indexer.types", trunk)) {
        for (std::uint32_t i = 0; i < trunk; ++i) draft.indexer_full[i] = (*types)[i] != 0;
        hparams.fact_from_key("indexer", "per layer", "attention.indexer.types");
        return;
    }
    const bool everywhere = draft.context < kLongContext;
    for (std::uint32_t i = 0; i < trunk; ++i) draft.indexer_full[i] = everywhere || i < 2 || (i <= 74 && i % 4 == 2);
    hparams.fact("indexer", everywhere ? "every layer" : "layers 0, 1, 2, 6, 10 … 74", Source::architecture,
                 "default by context_length");
}

constexpr NormNames kPostIsFfnNorm{.after_mixer = Stem::unknown, .before_ffn = Stem::post_attention_norm};

constexpr ArchTraits kGlmRows[] = {
    {.name = "chatglm",
     .title = "ChatGLM",
     .tensors = chatglm_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "glm4",
     .title = "GLM-4",
     .tensors = glm4_tensors,
     .rope = RopeType::norm,
     .sectioned = true,
     .needs = rms,
     .reads = {rope_dimension_sections},
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "glm4moe",
     .title = "GLM-4.5",
     .tensors = glm4moe_tensors,
     .rope = RopeType::neox,
     .sectioned = true,
     .needs = rms | kGlmExperts,
     .reads = kOptional,
     .compute =
         {.names = kPostIsFfnNorm, .attention_output_bias = false, .ffn_biases = false, .experts = kByKeysOrSigmoid}},
    {.name = "glm-dsa",
     .title = "GLM-5",
     .tensors = glm_dsa_tensors,
     .rope = RopeType::norm,
     .needs = rms | kGlmExperts | indexer | KeySet{q_lora_rank, kv_lora_rank},
     .reads = kOptional | KeySet{key_length_mla, value_length_mla, indexer_types},
     .memory = MemoryClass::sparse_latent,
     .rotates_index_keys = true,
     .projections = ProjectionShape::latent,
     .refine = choose_indexers,
     .compute = {.scale = ScaleRule::yarn_squared,
                 .index_rope = RopeType::norm,
                 .yarn_log = YarnLog::tenths,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid}},
};

}  // namespace

std::span<const ArchTraits> glm_family() { return kGlmRows; }

}  // namespace attnx::model

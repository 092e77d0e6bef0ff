// Language models built to sit behind an image encoder, with their text-only siblings; and the encoder files
// themselves.
//
// Hunyuan scales its rope base by alpha^(d / (d - 2)) when rope.scaling.alpha is given, and turns to
// multi-section rope when rope.dimension_sections has two positive entries. A "clip" file is a projector
// (mmproj): llama.cpp's model loader refuses it, its geometry is under clip.vision or clip.audio. CogVLM has
// a fused QKV of three times the width and rotates with ggml's plain rope, whatever the keys say; its text
// only.
#include <cmath>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

// NTK-aware scaling.
void scale_base_by_alpha(Draft& draft, Hparams& hparams) {
    if (draft.expert_count <= 1) draft.expert_count = 0, draft.expert_used.clear();
    const float alpha = hparams.f32("rope.scaling.alpha").value_or(0.0F);
    if (alpha <= 0.0F || draft.head_k <= 2 || !draft.rope.freq_base) return;
    const float dimensions = static_cast<float>(draft.head_k);
    draft.rope.freq_base = *draft.rope.freq_base * std::pow(alpha, dimensions / (dimensions - 2.0F));
    hparams.fact("rope/freq_base", std::to_string(*draft.rope.freq_base), Source::derived,
                 "scaled by rope.scaling.alpha");
}

void in_thirds(Graph& graph, PlanKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) layer.attention.thirds = true;
}

constexpr ArchTraits kVisionAdjacentRows[] = {
    {.name = "ernie4_5",
     .title = "ERNIE 4.5",
     .tensors = ernie4_5_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {rope_dimension_sections},
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "ernie4_5-moe",
     .title = "ERNIE 4.5 MoE",
     .tensors = ernie4_5_moe_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{expert_feed_forward_length, interleave_moe_layer_step},
     .reads = {rope_dimension_sections, expert_shared_feed_forward_length, leading_dense_block_count},
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "paddleocr",
     .title = "PaddleOCR-VL",
     .tensors = ernie4_5_tensors,
     .rope = RopeType::mrope,
     .needs = rms,
     .reads = {rope_dimension_sections},
     .compute = {.ffn_biases = false}},
    {.name = "hunyuan-moe",
     .title = "Hunyuan MoE",
     .tensors = hunyuan_moe_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = {expert_shared_feed_forward_length},
     .compute = {.qk_norm = QkNorm::after_rope, .ffn_biases = false}},
    {.name = "hunyuan-dense",
     .title = "Hunyuan",
     .tensors = hunyuan_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {rope_dimension_sections},
     .one_expert_is_none = true,
     .refine = scale_base_by_alpha,
     .compute = {.qk_norm = QkNorm::after_rope, .ffn_biases = false}},
    {.name = "hunyuan_vl",
     .title = "Hunyuan-VL",
     .tensors = hunyuan_tensors,
     .rope = RopeType::neox,
     .sectioned = true,
     .needs = rms,
     .reads = {rope_dimension_sections},
     .one_expert_is_none = true,
     .refine = scale_base_by_alpha,
     .compute = {.qk_norm = QkNorm::after_rope, .ffn_biases = false}},
    {.name = "cogvlm",
     .title = "CogVLM",
     .tensors = cogvlm_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .projections = ProjectionShape::fused_multi_head,
     .compute = {.rope_over_head = true,
                 .plain_rope = true,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .refine = in_thirds}},
    {.name = "clip",
     .title = "Image or audio projector",
     .rope = RopeType::none,
     .memory = MemoryClass::none,
     .causal = Causal::never,
     .key_prefix = "clip.vision",
     .other_key_prefix = "clip.audio",
     .unsupported = "a projector (mmproj) file, which llama.cpp loads beside a language model, not as one",
     .compute = {.refusal = "it encodes images or sound, not tokens"}},
};

}  // namespace

std::span<const ArchTraits> vision_adjacent_family() { return kVisionAdjacentRows; }

}  // namespace attnx::model

// Gemma. From Gemma 2 on, layers alternate between a sliding window and full attention, with a rope base of
// their own.
//
// Gemma 3n: layers 20 and up keep no K/V; sliding ones read layer 18's, full ones layer 19's
// (models/gemma3n.cpp, llama-model.cpp:2308-2318). Gemma 4 says how many such layers there are
// (attention.shared_kv_layers), gives sliding layers head dimensions of their own and names them one by one.
// Its assistant drafts tokens on the target's cache and owns none. Gemma 3 without the window key is full
// everywhere (models/gemma3.cpp:4-14). Periods may be replaced by a scalar attention.sliding_window_pattern;
// an array there is ignored except in Gemma 4.
#include <fmt/format.h>

#include <cmath>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

void share_after_20(Draft& draft, Hparams& hparams) {
    draft.own_kv_layers = 20;
    if (draft.layer_count_all > 20)
        hparams.fact("kv_shared_with", "layers from 20 on", Source::architecture,
                     "n_layer_kv_from_start is 20 in llama.cpp");
}

void share_last(Draft& draft, Hparams& hparams) {
    hparams.u32("attention.key_length_swa", Need::required);
    hparams.u32("attention.value_length_swa", Need::required);
    if (draft.shared_kv_layers + std::uint64_t{2} > draft.layer_count_all) {
        hparams.refuse(fmt::format("attention.shared_kv_layers is {} of {} layers; at least 2 must own K/V",
                                   draft.shared_kv_layers, draft.layer_count_all));
        return;
    }
    draft.own_kv_layers = draft.layer_count_all - draft.shared_kv_layers;
}

void own_nothing(Draft&, Hparams& hparams) {
    hparams.u32("attention.key_length_swa", Need::required);
    hparams.u32("attention.value_length_swa", Need::required);
}

// The 27B models divide by the width per head, not by the head dimension (models/gemma2.cpp:27,
// models/gemma3.cpp:31).
void scale_27b(Draft& draft, Hparams& hparams, std::uint32_t layers) {
    if (draft.layer_count_all != layers || draft.head_count[0] == 0 || draft.embedding < draft.head_count[0])
        return;
    const std::uint32_t width = draft.embedding / draft.head_count[0];
    draft.attention_scale = 1.0F / std::sqrt(static_cast<float>(width));
    hparams.fact("attention_scale", fmt::format("1 / sqrt({})", width), Source::architecture,
                 fmt::format("of the {}-layer model", layers));
}
void scale_gemma2(Draft& draft, Hparams& hparams) { scale_27b(draft, hparams, 46); }
void scale_gemma3(Draft& draft, Hparams& hparams) { scale_27b(draft, hparams, 62); }

constexpr ArchTraits kRows[] = {
    {.name = "gemma", .title = "Gemma", .rope = RopeType::neox, .needs = rms},
    {.name = "gemma2",
     .title = "Gemma 2",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {attn_logit_softcapping, final_logit_softcapping},
     .window = {.when = WindowWhen::always, .default_size = 4096, .period = 2, .base = SlidingBase::same},
     .attention_softcap = 50.0F,
     .final_softcap = 30.0F,
     .refine = scale_gemma2},
    {.name = "gemma3",
     .title = "Gemma 3",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {final_logit_softcapping},
     .window = {.when = WindowWhen::key_positive, .period = 6},
     .refine = scale_gemma3},
    {.name = "gemma3n",
     .title = "Gemma 3n",
     .rope = RopeType::neox,
     .needs = rms,
     .window = {.when = WindowWhen::always, .period = 5},
     .attention_scale = 1.0F,
     .final_softcap = 30.0F,
     .refine = share_after_20},
    {.name = "gemma4",
     .title = "Gemma 4",
     .rope = RopeType::neox,
     .needs = rms | KeySet{embedding_length_per_layer_input},
     .reads = {shared_kv_layers, expert_feed_forward_length, final_logit_softcapping},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .dense_beside_experts = true,
     .attention_scale = 1.0F,
     .final_softcap = 30.0F,
     .refine = share_last},
    {.name = "gemma4-assistant",
     .title = "Gemma 4 assistant",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {shared_kv_layers},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .memory = MemoryClass::borrowed,
     .nextn = NextnUse::in_cache,
     .attention_scale = 1.0F,
     .refine = own_nothing,
     .needs_target = "it drafts on the K/V of its target's context and owns none"},
    {.name = "gemma-embedding",
     .title = "EmbeddingGemma",
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {dense_2_feat_in, dense_2_feat_out, dense_3_feat_in, dense_3_feat_out},
     .window = {.when = WindowWhen::always, .type = WindowType::symmetric, .period = 6},
     .memory = MemoryClass::none,
     .never_causal = true},
};

}  // namespace

std::span<const ArchTraits> gemma_family() { return kRows; }

}  // namespace attnx::model

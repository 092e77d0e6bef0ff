// Gemma. From Gemma 2 on, layers alternate between a sliding window and full attention, with a rope base of
// their own.
//
// Gemma 3n: layers 20 and up keep no K/V; sliding ones read layer 18's, full ones layer 19's
// (models/gemma3n.cpp, llama-model.cpp:2308-2318). Gemma 4 says how many such layers there are
// (attention.shared_kv_layers), gives sliding layers head dimensions of their own and names them one by one.
// Its assistant drafts tokens on the target's cache and owns none. Gemma 3 without the window key is full
// everywhere (models/gemma3.cpp:4-14).
//
// Embeddings are multiplied by sqrt(width), gates are GELU, norms stand before and after each half; 3n and 4
// add small embeddings per layer, 3n several copies of the stream.
#include <fmt/format.h>

#include <cmath>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

// Layers from `first` on read the K and V of the sliding or the full layer just before it.
void read_before(std::uint32_t first, Draft& draft) {
    for (std::uint32_t i = first; i < draft.layer_count_all; ++i)
        draft.kv_source[i] = first - (draft.sliding[i] ? 2 : 1);
}

void share_after_20(Draft& draft, Hparams& hparams) {
    read_before(20, draft);
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
    read_before(draft.layer_count_all - draft.shared_kv_layers, draft);
}

void own_nothing(Draft&, Hparams& hparams) {
    hparams.u32("attention.key_length_swa", Need::required);
    hparams.u32("attention.value_length_swa", Need::required);
}

// Its two dense matrices lead from the stream's width back to it; llama.cpp aborts otherwise.
void check_dense(Draft& draft, Hparams& hparams) {
    for (const std::string_view suffix : {"dense_2_feat_in", "dense_3_feat_out"}) {
        const std::uint32_t size = hparams.u32(suffix).value_or(0);
        if (size != 0 && size != draft.embedding)
            hparams.refuse(
                fmt::format("{} is {}, but the stream is {} wide", hparams.key(suffix), size, draft.embedding),
                hparams.key(suffix));
    }
}

// The 27B models divide by the width per head, not by the head dimension (models/gemma2.cpp:27,
// models/gemma3.cpp:31).
void scale_27b(Draft& draft, Hparams& hparams, std::uint32_t layers) {
    if (draft.layer_count_all != layers || draft.head_count[0] == 0 || draft.embedding < draft.head_count[0]) return;
    const std::uint32_t width = draft.embedding / draft.head_count[0];
    draft.attention_scale = 1.0F / std::sqrt(static_cast<float>(width));
    hparams.fact("score_scale", fmt::format("1 / sqrt({})", width), Source::architecture,
                 fmt::format("of the {}-layer model", layers));
}
void scale_gemma2(Draft& draft, Hparams& hparams) { scale_27b(draft, hparams, 46); }
void scale_gemma3(Draft& draft, Hparams& hparams) { scale_27b(draft, hparams, 62); }

void gemma(Graph& graph, PlanKeys&, const ModelSpec&) {
    graph.embedding_scale = std::sqrt(static_cast<float>(graph.width));
}

void gemma3n(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    gemma(graph, keys, spec);
    graph.altup = AltUp{4, 0};
    graph.per_layer_input = PerLayerInput{256};
    for (std::uint32_t i = 0; i < graph.layers.size(); ++i) {
        graph.layers[i].attention.unweighted_v_norm = true;
        if (i < 10) graph.layers[i].ffn.sparsity_deviations = 1.6448533535003662F;  // 95 % of the gates are closed
    }
}

void gemma_embedding2(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    gemma(graph, keys, spec);
    graph.per_layer_input = PerLayerInput{keys.require_u32("embedding_length_per_layer_input")};
    for (auto& layer : graph.layers) layer.attention.unweighted_v_norm = true;
}

void gemma4(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    gemma(graph, keys, spec);
    if (keys.has_tensor(Stack::none, Stem::per_layer_token_embd))
        graph.per_layer_input = PerLayerInput{keys.require_u32("embedding_length_per_layer_input")};
    for (auto& layer : graph.layers) {
        layer.attention.unweighted_v_norm = true;
        layer.attention.value_is_key = true;
        layer.ffn.experts.scale = 1.0F;
    }
}

constexpr ArchTraits kGemmaRows[] = {
    {.name = "gemma",
     .title = "Gemma",
     .tensors = gemma_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.scale_queries = true,
                 .attention_output_bias = false,
                 .activation = Activation::gelu,
                 .ffn_biases = false,
                 .refine = gemma}},
    {.name = "gemma2",
     .title = "Gemma 2",
     .tensors = gemma2_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {attn_logit_softcapping, final_logit_softcapping},
     .window = {.when = WindowWhen::always, .default_size = 4096, .period = 2, .rope = SlidingRope::own},
     .attention_softcap = 50.0F,
     .final_softcap = 30.0F,
     .refine = scale_gemma2,
     .compute = {.scale_queries = true,
                 .attention_output_bias = false,
                 .activation = Activation::gelu,
                 .ffn_biases = false,
                 .refine = gemma}},
    {.name = "gemma3",
     .title = "Gemma 3",
     .tensors = gemma3_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {final_logit_softcapping},
     .window = {.when = WindowWhen::key_positive, .period = 6},
     .refine = scale_gemma3,
     .compute = {.scale_queries = true,
                 .attention_output_bias = false,
                 .activation = Activation::gelu,
                 .ffn_biases = false,
                 .refine = gemma}},
    {.name = "gemma3n",
     .title = "Gemma 3n",
     .tensors = gemma3n_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .window = {.when = WindowWhen::always, .period = 5},
     .attention_scale = 1.0F,
     .final_softcap = 30.0F,
     .refine = share_after_20,
     .compute =
         {.attention_output_bias = false, .activation = Activation::gelu, .ffn_biases = false, .refine = gemma3n}},
    {.name = "gemma4",
     .title = "Gemma 4",
     .tensors = gemma4_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{embedding_length_per_layer_input},
     .reads = {shared_kv_layers, expert_feed_forward_length, final_logit_softcapping},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .dense_beside_experts = true,
     .attention_scale = 1.0F,
     .final_softcap = 30.0F,
     .refine = share_last,
     .compute = {.sliding_rope_factors = false,
                 .attention_output_bias = false,
                 .activation = Activation::gelu,
                 .mix = FfnMix::two_norms,
                 .ffn_biases = false,
                 .refine = gemma4}},
    {.name = "gemma4-assistant",
     .title = "Gemma 4 assistant",
     .tensors = gemma4_assistant_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {shared_kv_layers},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .memory = MemoryClass::borrowed,
     .attention_scale = 1.0F,
     .refine = own_nothing,
     .needs_target = "it drafts on the K/V of its target's context and owns none",
     .compute = {.refusal = "it attends to the keys and values of its target's context"}},
    {.name = "gemma-embedding",
     .title = "EmbeddingGemma",
     .tensors = gemma_embedding_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {dense_2_feat_in, dense_2_feat_out, dense_3_feat_in, dense_3_feat_out},
     .window = {.when = WindowWhen::always, .type = WindowType::symmetric, .period = 6},
     .memory = MemoryClass::none,
     .causal = Causal::never,
     .refine = check_dense,
     .compute = {.scale_queries = true,
                 .attention_output_bias = false,
                 .activation = Activation::gelu,
                 .ffn_biases = false,
                 .has_head = false,
                 .refine = gemma}},
    {.name = "gemma-embedding2",
     .title = "EmbeddingGemma 2",
     .tensors = gemma_embedding2_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{embedding_length_per_layer_input},
     .window = {.when = WindowWhen::always, .type = WindowType::symmetric, .period = 6},
     .memory = MemoryClass::none,
     .causal = Causal::never,
     .attention_scale = 1.0F,
     .compute = {.attention_output_bias = false,
                 .activation = Activation::gelu,
                 .ffn_biases = false,
                 .has_head = false,
                 .refine = gemma_embedding2}},
};

}  // namespace

std::span<const ArchTraits> gemma_family() { return kGemmaRows; }

}  // namespace attnx::model

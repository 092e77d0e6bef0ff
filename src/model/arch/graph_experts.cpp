// Mixtures of experts without windows.
#include "graph_families.h"

namespace attnx::model {

namespace {

// Scores are capped after a scale of their own; logits too, where the file says so.
void grok(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    graph.logit_scale = keys.f32_or("logit_scale", 0.5773502691896257F);
    graph.embedding_scale = keys.f32_or("embedding_scale", 78.38367176906169F);
    const float cap = keys.f32_or("final_logit_softcapping", 0.0F);
    if (cap != 0.0F) graph.logit_softcap = cap;
    for (auto& layer : graph.layers) {
        layer.attention.score_scale = keys.f32_or("attention.output_scale", 0.08838834764831845F);
        layer.attention.softcap = keys.f32_or("attn_logit_softcapping", 30.0F);
    }
    if (!keys.has_tensor("blk.0.layer_output_norm.weight")) graph.names.after_ffn = "post_ffw_norm";
}

// Groups of experts share a chunk expert.
void grovemoe(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    for (auto& layer : graph.layers) {
        layer.ffn.experts.per_chunk = keys.require_u32("experts_per_group");
        layer.ffn.experts.chunk_scale = keys.require_f32("expert_group_scale");
    }
}

// Later layers choose blocks of keys by an index; all blocks are chosen while there are few.
void minimax_m3(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const std::uint32_t dense = keys.u32("leading_dense_block_count").value_or(0);
    for (std::uint32_t i = dense; i < graph.layers.size(); ++i) {
        graph.layers[i].attention.sparse_blocks = keys.require_u32("attention.indexer.top_k");
        graph.layers[i].attention.sparse_block_tokens = keys.require_u32("attention.indexer.block_size");
    }
}

constexpr ExpertTraits kByKeys{.gating = GatingRule::key, .normalize = NormalizeRule::key, .scale_key = true};

constexpr GraphTraits kRows[] = {
    {.name = "arctic", .attention_output_bias = false, .mix = FfnMix::beside, .ffn_biases = false},
    {.name = "bailingmoe", .scale = ScaleRule::inv_sqrt_rope, .experts = {.normalize = NormalizeRule::key, .scale_key = true}},
    {.name = "bailingmoe2", .experts = kByKeys},
    {.name = "dbrx", .norm = NormKind::layer, .names = {.before_ffn = "attn_output_norm"}, .clamp_key = true, .attention_output_bias = false},
    {.name = "dots1", .experts = kByKeys},
    {.name = "grok", .names = {.after_mixer = "attn_output_norm", .after_ffn = "layer_output_norm"}, .scale = ScaleRule::one,
     .yarn = YarnKeys::all_but_log, .activation = Activation::gelu, .mix = FfnMix::averaged, .refine = grok},
    {.name = "grovemoe", .refine = grovemoe},
    {.name = "minimax-m2", .qkv_bias = false, .attention_output_bias = false, .experts = {.gating = GatingRule::key}},
    {.name = "minimax-m3", .attention_output_bias = false, .activation = Activation::swiglu_oai, .experts = kByKeys, .refine = minimax_m3},
};

}  // namespace

std::span<const GraphTraits> graph_experts() { return kRows; }

}  // namespace attnx::model

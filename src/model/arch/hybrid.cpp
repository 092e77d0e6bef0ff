// Attention and state-space or convolution layers in one model. Layers whose head_count_kv is 0 are
// recurrent.
//
// Falcon-H1: every layer has both. Nemotron-H: layers with a feed-forward network have neither
// (llama-model.cpp:2244-2253). LFM2: short convolutions; when attention.sliding_window is positive every
// attention layer slides and no full cache exists (models/lfm2.cpp:24-29); the mixture never reads it. Jamba
// does not read ssm.group_count. PLaMo 2 reads its head dimensions even when the first layer has no heads
// (models/plamo2.cpp:15-20). LFM3: two kinds of attention beside short convolutions, of which a decision model keeps
// nothing. MiniMax-01: lightning attention, whose decay is fixed per head, but for every eighth layer.
#include <algorithm>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

// Layers are chosen by kind alone, next-token-prediction layers among them.
constexpr NextnTraits kByKind = {.in_main = true, .apart = false};

constexpr KeySet kNemotron = {expert_feed_forward_length, expert_shared_feed_forward_length,
                              expert_shared_count,        expert_weights_norm,
                              expert_weights_scale,       moe_latent_size};

void slide_attention_layers(Draft& draft, Hparams& hparams) {
    draft.leading_dense = draft.layer_count_all;
    if (hparams.u32("decision.block_count").value_or(0) > 0)
        hparams.f32("attention.layer_norm_epsilon", Need::required);
    if (draft.window.type == WindowType::none) return;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i) draft.sliding[i] = !draft.recurrent[i];
}

// The dimensions of sliding layers were settled before, so they stay.
void reread_head_dims(Draft& draft, Hparams& hparams) {
    if (const auto length = hparams.u32("attention.key_length")) draft.head_k = *length;
    if (const auto length = hparams.u32("attention.value_length")) draft.head_v = *length;
}

// Files without an epsilon of their own for RMS norms share the prediction head's.
void nemotron_h(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    if (!keys.has("attention.layer_norm_rms_epsilon"))
        graph.norm_epsilon = keys.f32_or("attention.layer_norm_epsilon", graph.norm_epsilon);
}

// The output norm is stored as token_embd_norm.
void lfm2(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.embedding_norm = false;
    if (!keys.has_tensor(Stack::none, Stem::output_norm)) graph.names.output = Stem::token_embd_norm;
}

void minimax_01(Draft& draft, Hparams&) { draft.linear_head = draft.head_k; }

void lfm3(Draft& draft, Hparams& hparams) {
    if (std::ranges::find(draft.sliding, true) == draft.sliding.end())
        hparams.refuse("no layer slides", hparams.key("attention.sliding_window_pattern"));
    draft.no_memory = !draft.causal_key;
    draft.window_looks_back = true;
}

void minimax_01_graph(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.join = JoinRule::normed;
    graph.residual_scale = keys.require_f32("residual_scale");
}

// Convolutions look back only, also in a decision model.
void lfm3_graph(Graph& graph, PlanKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers)
        if (layer.kind == LayerKind::short_conv) layer.attention.causal = true;
}

constexpr ArchTraits kHybridRows[] = {
    {.name = "jamba",
     .title = "Jamba",
     .tensors = jamba_tensors,
     .rope = RopeType::none,
     .needs = rms | mamba,
     .recurrent = {RecurrentWhen::without_kv_heads, LayerKind::mamba},
     .nextn = kByKind,
     .compute = {.rope_layers = RopeLayers::none,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = {.normalize = NormalizeRule::never}}},
    {.name = "falcon-h1",
     .title = "Falcon-H1",
     .tensors = falcon_h1_tensors,
     .rope = RopeType::neox,
     .needs = rms | mamba2,
     .recurrent = {RecurrentWhen::beside_attention, LayerKind::attention_and_mamba2},
     .nextn = kByKind,
     .compute = {.attention_output_bias = false}},
    {.name = "plamo2",
     .title = "PLaMo 2",
     .tensors = plamo2_tensors,
     .rope = RopeType::neox,
     .needs = rms | mamba2,
     .recurrent = {RecurrentWhen::without_kv_heads, LayerKind::mamba2},
     .nextn = kByKind,
     .refine = reread_head_dims,
     .compute = {.attention_output_bias = false, .ffn_biases = false}},
    {.name = "nemotron_h",
     .title = "Nemotron-H",
     .tensors = nemotron_h_tensors,
     .rope = RopeType::none,
     .needs = norm | mamba2,
     .reads = rms | kNemotron,
     .recurrent = {RecurrentWhen::without_kv_heads_and_ffn, LayerKind::mamba2},
     .nextn = kByKind,
     .state_snapshots = true,
     .compute = {.plan = BlockPlan::single,
                 .rope_layers = RopeLayers::none,
                 .activation = Activation::relu_squared,
                 .experts = {.gating = GatingRule::sigmoid, .normalize = NormalizeRule::key, .scale_key = true},
                 .refine = nemotron_h}},
    {.name = "nemotron_h_moe",
     .title = "Nemotron-H MoE",
     .tensors = nemotron_h_tensors,
     .rope = RopeType::none,
     .needs = norm | mamba2,
     .reads = rms | kNemotron,
     .recurrent = {RecurrentWhen::without_kv_heads_and_ffn, LayerKind::mamba2},
     .nextn = {.in_main = true},
     .state_snapshots = true,
     .compute = {.plan = BlockPlan::single,
                 .rope_layers = RopeLayers::none,
                 .activation = Activation::relu_squared,
                 .experts = {.gating = GatingRule::sigmoid, .normalize = NormalizeRule::key, .scale_key = true},
                 .refine = nemotron_h}},
    {.name = "lfm2",
     .title = "LFM2",
     .tensors = lfm2_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{shortconv_l_cache},
     .window = {.when = WindowWhen::key_positive, .pattern = PatternKey::by_refine, .rope = SlidingRope::model},
     .recurrent = {RecurrentWhen::without_kv_heads, LayerKind::short_conv},
     .nextn = kByKind,
     .state_snapshots = true,
     .refine = slide_attention_layers,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .refine = lfm2}},
    {.name = "lfm2moe",
     .title = "LFM2 MoE",
     .tensors = lfm2moe_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{shortconv_l_cache, expert_feed_forward_length, expert_gating_func},
     .reads = {leading_dense_block_count},
     .recurrent = {RecurrentWhen::without_kv_heads, LayerKind::short_conv},
     .nextn = kByKind,
     .state_snapshots = true,
     .compute =
         {.attention_output_bias = false, .ffn_biases = false, .experts = {.gating = GatingRule::key}, .refine = lfm2}},
    {.name = "minimax-01",
     .title = "MiniMax-01",
     .tensors = minimax_01_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{residual_scale},
     .recurrent = {RecurrentWhen::interval, LayerKind::lightning, 8},
     .nextn = {.apart = false},
     .refine = minimax_01,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .refine = minimax_01_graph}},
    {.name = "lfm3",
     .title = "LFM3",
     .tensors = lfm3_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{shortconv_l_cache, rope_freq_base_swa},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .recurrent = {RecurrentWhen::without_kv_heads, LayerKind::short_conv},
     .nextn = {.in_main = true, .apart = false},
     .state_snapshots = true,
     .refine = lfm3,
     .compute =
         {.sliding_rope_factors = false, .attention_output_bias = false, .ffn_biases = false, .refine = lfm3_graph}},
};

}  // namespace

std::span<const ArchTraits> hybrid_family() { return kHybridRows; }

}  // namespace attnx::model

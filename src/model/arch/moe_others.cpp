// Mixtures of experts outside the larger families.
//
// gpt-oss, MiMo-V2 and Step-3.5 always slide; AFMoE, Laguna and SmallThinker only when the key is positive,
// and SmallThinker then takes 4096 whatever the key says. Step-3.5 rotates half the dimensions in full
// layers. MiniMax-M3 adds an indexer cache, K and V, from the first mixture layer on.
#include <cmath>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kMoeShared = {expert_feed_forward_length, expert_shared_count};

void halve_full_rope(Draft& draft, Hparams& hparams) {
    draft.rope_dimensions /= 2;
    hparams.fact("rope/dimension_count", std::to_string(draft.rope_dimensions), Source::architecture,
                 "full layers rotate half of rope.dimension_count");
}

void one_shared_expert(Draft& draft, Hparams& hparams) {
    if (!hparams.has("expert_shared_count")) draft.shared_experts = 1;
    if (draft.shared_feed_forward == 0) draft.shared_feed_forward = draft.expert_width(0) * draft.shared_experts;
}

// Groups of experts share a chunk expert.
void grovemoe(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    for (auto& layer : graph.layers) {
        layer.ffn.experts.per_chunk = keys.require_u32("experts_per_group");
        layer.ffn.experts.chunk_scale = keys.require_f32("expert_group_scale");
    }
}

// Later layers choose blocks of keys by an index; all blocks are chosen while there are few.
void minimax_m3(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const std::uint32_t dense = keys.u32("leading_dense_block_count").value_or(0);
    for (std::uint32_t i = dense; i < graph.layers.size(); ++i) {
        graph.layers[i].attention.sparse_blocks = keys.require_u32("attention.indexer.top_k");
        graph.layers[i].attention.sparse_block_tokens = keys.require_u32("attention.indexer.block_size");
    }
}

void afmoe(Graph& graph, PlanKeys&, const ModelSpec&) {
    graph.embedding_scale = std::sqrt(static_cast<float>(graph.width));
}

void mimo2(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const float scale = keys.f32_or("attention.value_scale", 0.0F);
    for (auto& layer : graph.layers) {
        if (scale != 0.0F) layer.attention.output_scale = scale;
    }
}

// Some layers limit gate and up (arrays swiglu_clamp_exp, swiglu_clamp_shexp).
void step35(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    const auto of_layers = [&](std::string_view suffix) {
        return keys.f32_layers(suffix, spec.layer_count_all).value_or(std::vector<float>(spec.layer_count_all, 0.0F));
    };
    const std::vector<float> experts = of_layers("swiglu_clamp_exp"), shared = of_layers("swiglu_clamp_shexp");
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        FfnPlan& ffn = graph.layers[i].ffn;
        ffn.expert_clamp = experts[i];
        ffn.clamp = shared[i];
        ffn.silu_for_missing_shared = true;
    }
}

constexpr ArchTraits kMoeOthersRows[] = {
    {.name = "arctic",
     .title = "Snowflake Arctic",
     .tensors = arctic_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .dense_beside_experts = true,
     .compute = {.attention_output_bias = false, .mix = FfnMix::beside, .ffn_biases = false}},
    {.name = "gpt-oss",
     .title = "gpt-oss",
     .fork_name = "gptoss",  // Ollama
     .tensors = gpt_oss_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .window = {.when = WindowWhen::always, .period = 2, .rope = SlidingRope::own},
     .compute = {.names = {.after_mixer = Stem::unknown, .before_ffn = Stem::post_attention_norm},
                 .scale = ScaleRule::inv_sqrt_rope,
                 .activation = Activation::swiglu_oai,
                 .experts = {.gating = GatingRule::softmax_of_chosen, .normalize = NormalizeRule::never}}},
    {.name = "dots1",
     .title = "dots.llm1",
     .tensors = dots1_tensors,
     .rope = RopeType::neox,
     .needs = rms | kMoeShared,
     .reads = expert_scoring | KeySet{leading_dense_block_count},
     .compute = {.experts = kByKeys}},
    {.name = "grovemoe",
     .title = "GroveMoE",
     .tensors = grovemoe_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length, expert_group_scale, experts_per_group},
     .reads = {expert_chunk_feed_forward_length},
     .compute = {.refine = grovemoe}},
    {.name = "minimax-m2",
     .title = "MiniMax M2",
     .tensors = minimax_m2_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = {expert_gating_func},
     .compute = {.attention_output_bias = false, .experts = {.gating = GatingRule::key}}},
    {.name = "minimax-m3",
     .title = "MiniMax M3",
     .tensors = minimax_m3_tensors,
     .rope = RopeType::neox,
     .needs = rms | kMoeShared | indexer | KeySet{expert_gating_func, indexer_block_size, indexer_local_blocks},
     .reads = {leading_dense_block_count, expert_weights_scale, expert_weights_norm},
     .memory = MemoryClass::sparse,
     .nextn = {.in_main = true, .apart = false},
     .compute = {.attention_output_bias = false,
                 .activation = Activation::swiglu_oai,
                 .experts = kByKeys,
                 .refine = minimax_m3}},
    {.name = "afmoe",
     .title = "Arcee AFMoE",
     .tensors = afmoe_tensors,
     .rope = RopeType::neox,
     .needs = rms | kMoeShared,
     .reads = expert_scoring | KeySet{leading_dense_block_count},
     .window = {.when = WindowWhen::key_positive, .period = 4, .rope = SlidingRope::own},
     .compute = {.rope_layers = RopeLayers::not_every_fourth,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid,
                 .refine = afmoe}},
    {.name = "laguna",
     .title = "Laguna",
     .tensors = laguna_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{leading_dense_block_count, expert_feed_forward_length},
     .reads = expert_scoring |
              KeySet{expert_shared_count, expert_shared_feed_forward_length, yarn_beta_fast, yarn_beta_slow},
     .window = {.when = WindowWhen::key_positive, .period = 4, .first_full = true, .rope = SlidingRope::own_unscaled},
     .refine = one_shared_expert,
     .compute = {.attention_output_bias = false,
                 .gate = OutputGate::softplus,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid}},
    {.name = "smallthinker",
     .title = "SmallThinker",
     .tensors = smallthinker_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .reads = {expert_feed_forward_length, expert_gating_func},
     .window = {.when = WindowWhen::key_positive,
                .forced_size = 4096,
                .period = 4,
                .first_full = true,
                .rope = SlidingRope::own},
     .compute = {.rope_layers = RopeLayers::not_first_of_four,
                 .activation = Activation::relu,
                 .experts = {.gating = GatingRule::key, .route_block_input = true}}},
    {.name = "step35",
     .title = "Step-3.5",
     .tensors = step35_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = expert_scoring | KeySet{expert_shared_feed_forward_length, swiglu_clamp_exp, swiglu_clamp_shexp},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .refine = halve_full_rope,
     .compute = {.sliding_rope_factors = false,
                 .attention_output_bias = false,
                 .experts = kByKeysOrSigmoid,
                 .refine = step35}},
    {.name = "mimo2",
     .title = "MiMo-V2",
     .tensors = mimo2_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = {value_scale},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags},
     .compute = {.qkv_bias = false,
                 .attention_output_bias = false,
                 .experts = {.gating = GatingRule::sigmoid},
                 .refine = mimo2}},
    {.name = "bailingmoe",
     .title = "Ling (Bailing MoE)",
     .tensors = bailingmoe_tensors,
     .rope = RopeType::norm,
     .needs = rms | kMoeShared,
     .reads = {leading_dense_block_count, expert_weights_scale, expert_weights_norm},
     .compute = {.scale = ScaleRule::inv_sqrt_rope, .experts = {.normalize = NormalizeRule::key, .scale_key = true}}},
    {.name = "bailingmoe2",
     .title = "Ling 2 (Bailing MoE 2)",
     .tensors = bailingmoe2_tensors,
     .rope = RopeType::neox,
     .needs = rms | kMoeShared | KeySet{expert_gating_func},
     .reads = {leading_dense_block_count, expert_shared_feed_forward_length, expert_weights_scale, expert_weights_norm},
     .compute = {.experts = kByKeys}},
    {.name = "hy_v3",
     .title = "Hunyuan 3",
     .tensors = hy_v3_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .reads = expert_scoring | KeySet{expert_shared_feed_forward_length},
     .compute = {.experts = kByKeysOrSigmoid}},
};

}  // namespace

std::span<const ArchTraits> moe_others_family() { return kMoeOthersRows; }

}  // namespace attnx::model

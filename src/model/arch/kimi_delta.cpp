// Kimi delta attention and latent attention (llama.cpp b12032): Kimi Linear, Ling 3, Kimi K3 and, with an indexer of
// pooled keys, GLM 5 Next. Layers whose head_count_kv is 0 are recurrent.
#include <fmt/format.h>

#include "attnx/base/error.h"
#include "families.h"
#include "plan_keys.h"
#include "stream_graph.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kKdaLatent = {kv_lora_rank, key_length_mla, value_length_mla};
constexpr KeySet kKda = {ssm_conv_kernel, kda_head_dim};
constexpr KeySet kKdaShared = {expert_feed_forward_length, expert_shared_count};
constexpr RecurrentTraits kKimiDelta = {RecurrentWhen::without_kv_heads, LayerKind::kda};

void bailingmoe3(Draft&, Hparams& hparams) {
    constexpr std::string_view kBound = "kda.gate_lower_bound", kSafe = "kda.safe_gate";
    if (hparams.f32(kBound).value_or(-1.0F) >= 0.0F)
        hparams.refuse(fmt::format("{} is not negative", kBound), hparams.key(kBound));
    if (!hparams.boolean(kSafe).value_or(true)) hparams.refuse(fmt::format("{} is false", kSafe), hparams.key(kSafe));
}

// What is cached of a value is the latent, whatever value_length says.
void latent_values(Draft& draft, Hparams& hparams) {
    if (draft.key_value_rank == 0) return;
    draft.head_v = draft.key_value_rank;
    hparams.fact("head_dim_v", std::to_string(draft.head_v), Source::architecture, "attention.kv_lora_rank");
}

void glm5_next(Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kStreams = 4;
    latent_values(draft, hparams);
    const std::uint32_t pool = hparams.u32("attention.indexer.kpool").value_or(2);
    if (pool <= 1 || hparams.u32("attention.indexer.top_k").value_or(0) % pool != 0)
        hparams.refuse(fmt::format("attention.indexer.kpool is {}: it must be above 1 and divide top_k", pool),
                       hparams.key("attention.indexer.kpool"));
    if (draft.hyper_connections != kStreams)
        hparams.refuse(fmt::format("hyper_connection.count is {}, not 4", draft.hyper_connections),
                       hparams.key("hyper_connection.count"));
    for (std::uint32_t i = draft.trunk_layers(); i < draft.layer_count_all; ++i)
        draft.recurrent[i] = draft.head_count_kv[i] == 0;
    if (const auto flags = hparams.u32_layers("attention.indexer.types", draft.trunk_layers()))
        for (std::uint32_t i = 0; i < flags->size(); ++i) draft.indexer_full[i] = (*flags)[i] != 0;
    draft.index_rows = 3;  // key, gate, pooled key
}

void bailingmoe3_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    const float bound = keys.require_f32("kda.gate_lower_bound");
    const auto of_layers = [&](std::string_view suffix) {
        return keys.f32_layers(suffix, spec.layer_count_all).value_or(std::vector<float>(spec.layer_count_all, 0.0F));
    };
    const std::vector<float> experts = of_layers("swiglu_clamp_exp"), shared = of_layers("swiglu_clamp_shexp");
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        LayerPlan& layer = graph.layers[i];
        layer.state.decay_bound = bound;
        layer.ffn.expert_clamp = experts[i];
        layer.ffn.clamp = shared[i];
    }
}

void kimi_k3_graph(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.bank_every = keys.require_u32("attn_res.block_size");
    const auto bound = keys.f32("kda.gate_lower_bound");
    for (auto& layer : graph.layers) {
        layer.state.decay_bound = bound;
        layer.state.decay_sign = -1.0F;
        layer.ffn.situ = {keys.require_f32("activation.situ_beta"), keys.require_f32("activation.situ_linear_beta")};
        layer.ffn.latent_norm_epsilon = graph.norm_epsilon;
    }
}

void glm5_next_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    if (!keys.boolean("attention.indexer.kpool_select_tail").value_or(true))
        throw Error(ErrorCode::unsupported, "an indexer that leaves the first tokens no key at all is not executed",
                    {{}, {}, keys.key("attention.indexer.kpool_select_tail")});
    graph.hyper = balanced_streams(keys);
    graph.hyper->end = StreamEnd::averaged;
    clamp_gates_and_ups(graph, keys, spec);
    const auto bound = keys.f32("kda.gate_lower_bound");
    for (LayerPlan& layer : graph.layers) {
        layer.state.decay_bound = bound;
        layer.state.decay_sign = -1.0F;
        layer.state.qk_epsilon = 1e-6F;
        if (!layer.indexer) continue;
        layer.indexer->pool = keys.require_u32("attention.indexer.kpool");
        layer.indexer->norm_epsilon = keys.f32_or("attention.layer_norm_epsilon", 0.0F);
    }
}

constexpr ArchTraits kKimiDeltaRows[] = {
    {.name = "kimi-linear",
     .title = "Kimi Linear",
     .tensors = kimi_linear_tensors,
     .rope = RopeType::none,
     .needs = rms | kKdaLatent | kKda | kKdaShared | KeySet{expert_gating_func},
     .reads = {leading_dense_block_count, expert_weights_scale},
     .recurrent = kKimiDelta,
     .nextn = {.in_main = true, .apart = false},
     .projections = ProjectionShape::latent,
     .compute = {.rope_layers = RopeLayers::none,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = {.gating = GatingRule::key, .scale_key = true}}},
    {.name = "bailingmoe3",
     .title = "Ling 3 (Bailing MoE 3)",
     .tensors = bailingmoe3_tensors,
     .rope = RopeType::norm,
     .sectioned = true,
     .needs = rms | kKdaLatent | kKda | kKdaShared |
              KeySet{kda_gate_lower_bound, leading_dense_block_count, expert_gating_func},
     .reads = {q_lora_rank, kda_safe_gate, rope_dimension_sections, expert_shared_feed_forward_length,
               expert_weights_scale, expert_weights_norm, swiglu_clamp_exp, swiglu_clamp_shexp},
     .recurrent = kKimiDelta,
     .nextn = {.in_main = true},
     .projections = ProjectionShape::latent,
     .state_snapshots = true,
     .refine = bailingmoe3,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .experts = kByKeys, .refine = bailingmoe3_graph}},
    {.name = "kimi-k3",
     .title = "Kimi K3",
     .tensors = kimi_k3_tensors,
     .rope = RopeType::none,
     .needs = rms | kKdaLatent | kKda | kKdaShared |
              KeySet{expert_gating_func, attn_res_block_size, situ_beta, situ_linear_beta},
     .reads = {q_lora_rank, kda_gate_lower_bound, leading_dense_block_count, expert_weights_scale, expert_weights_norm,
               expert_latent_length},
     .recurrent = kKimiDelta,
     .nextn = {.in_main = true, .apart = false},
     .projections = ProjectionShape::latent,
     .state_snapshots = true,
     .refine = latent_values,
     .compute = {.rope_layers = RopeLayers::none,
                 .attention_output_bias = false,
                 .activation = Activation::situ,
                 .ffn_biases = false,
                 .experts = kByKeys,
                 .refine = kimi_k3_graph}},
    {.name = "glm5-next",
     .title = "GLM 5 Next",
     .tensors = glm5_next_tensors,
     .rope = RopeType::none,
     .needs = rms | kKdaLatent | kKda | kKdaShared | indexer |
              KeySet{q_lora_rank, indexer_kpool, hyper_connection_count, hyper_connection_sinkhorn_iterations,
                     hyper_connection_epsilon},
     .reads = expert_scoring | norm |
              KeySet{kda_gate_lower_bound, leading_dense_block_count, swiglu_clamp_exp, swiglu_clamp_shexp,
                     indexer_kpool_select_tail, indexer_types},
     .recurrent = kKimiDelta,
     .projections = ProjectionShape::latent,
     .state_snapshots = true,
     .refine = glm5_next,
     .compute = {.rope_layers = RopeLayers::none,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid,
                 .refine = glm5_next_graph}},
};

}  // namespace

std::span<const ArchTraits> kimi_delta_family() { return kKimiDeltaRows; }

}  // namespace attnx::model

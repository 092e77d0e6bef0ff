// Later hybrids (llama.cpp b12032). Kimi delta attention and latent attention: Ling 3, Kimi K3 and, with an indexer of
// pooled keys, GLM 5 Next; layers whose head_count_kv is 0 are recurrent. MiniMax-01: lightning attention, whose decay
// is fixed per head, but for every eighth layer. LFM3: short convolutions and two kinds of attention, of which a
// decision model keeps nothing. Qwen 4 Exp: gated delta nets; full layers with an indexer, and an n-gram module whose
// history is a third row of the state.
#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "families.h"
#include "ngram_graph.h"
#include "plan_keys.h"
#include "stream_graph.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kLaterLatent = {kv_lora_rank, key_length_mla, value_length_mla};
constexpr KeySet kKda = {ssm_conv_kernel, kda_head_dim};
constexpr KeySet kLaterShared = {expert_feed_forward_length, expert_shared_count};
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

void minimax_01(Draft& draft, Hparams&) { draft.linear_head = draft.head_k; }

void lfm3(Draft& draft, Hparams& hparams) {
    if (std::ranges::find(draft.sliding, true) == draft.sliding.end())
        hparams.refuse("no layer slides", hparams.key("attention.sliding_window_pattern"));
    draft.no_memory = !draft.causal_key;
    draft.window_looks_back = true;
}

// Keys without which this architecture cannot do, and whose value must not be 0.
void need_positive(Hparams& hparams) {
    for (const std::string_view suffix :
         {"ssm.conv_kernel", "ssm.inner_size", "ssm.state_size", "ssm.time_step_rank", "ssm.group_count",
          "hyper_connection.low_rank", "attention.indexer.head_count", "attention.indexer.key_length",
          "attention.indexer.top_k"})
        if (hparams.u32(suffix) == 0U) hparams.refuse(fmt::format("{} is 0", suffix), hparams.key(suffix));
}

// One block size for all layers that have one.
std::uint32_t index_block(const std::vector<std::uint32_t>& ratios, Hparams& hparams) {
    constexpr std::string_view kRatios = "attention.compress_ratios";
    std::uint32_t block = 0;
    for (const std::uint32_t ratio : ratios) {
        if (ratio != 0 && block != 0 && ratio != block)
            hparams.refuse(fmt::format("{} are {} and {}", kRatios, block, ratio), hparams.key(kRatios));
        if (ratio != 0) block = ratio;
    }
    const std::uint32_t chosen = hparams.u32("attention.indexer.top_k").value_or(0);
    if (block == 1 || (block > 1 && chosen % block != 0))
        hparams.refuse(fmt::format("{} is {}: it must be above 1 and divide top_k", kRatios, block),
                       hparams.key(kRatios));
    return block;
}

// One layer hashes the last tokens to rows of a table and convolves what it finds.
void read_ngram(Draft& draft, Hparams& hparams) {
    const auto layers = hparams.u32_array("ple.layers");
    if (!layers || layers->empty()) return;
    if (layers->size() != 1 || layers->front() >= draft.layer_count_all || !draft.recurrent[layers->front()])
        return hparams.refuse("ple.layers does not name one layer of linear attention", hparams.key("ple.layers"));
    draft.ngram.assign(draft.layer_count_all, false);
    draft.ngram[layers->front()] = true;
    const std::uint64_t size = hparams.u32("ple.ngram_size", Need::required).value_or(0);
    const std::uint64_t kernel = hparams.u32("ple.conv_kernel", Need::required).value_or(0);
    hparams.u32("ple.heads_per_ngram", Need::required);
    hparams.u32("ple.eos_token_id", Need::required);
    hparams.u32("embedding_length_per_layer_input", Need::required);
    for (const std::string_view list : {"ple.layer_multipliers", "ple.head_offsets", "ple.head_vocab_sizes"})
        hparams.require(list);
    constexpr std::uint64_t kLongest = 1024;
    if (kernel == 0 || kernel > kLongest || size < 2 || size > kLongest)
        return hparams.refuse("ple.conv_kernel or ple.ngram_size is out of range", hparams.key("ple.ngram_size"));
    draft.ngram_history = (kernel - 1) * size * draft.hyper_connections * draft.embedding;
}

void qwen4exp(Draft& draft, Hparams& hparams) {
    need_positive(hparams);
    if (draft.hyper_connections <= 1)
        hparams.refuse(fmt::format("hyper_connection.count is {}", draft.hyper_connections),
                       hparams.key("hyper_connection.count"));
    const auto ratios = hparams.u32_layers("attention.compress_ratios", draft.layer_count_all);
    const bool pooled = ratios && index_block(*ratios, hparams) != 0;
    draft.dense.assign(draft.layer_count_all, true);
    for (std::uint32_t i = 0; pooled && i < draft.layer_count_all; ++i) draft.dense[i] = (*ratios)[i] == 0;
    if (draft.indexer_key_length > 0) draft.index_rows = pooled ? 2 : 1;
    read_ngram(draft, hparams);
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

void qwen4exp_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    graph.hyper = HyperConnections{.count = keys.require_u32("hyper_connection.count"),
                                   .low_rank = keys.require_u32("hyper_connection.low_rank")};
    const auto blocks = keys.u32_layers("attention.compress_ratios", spec.layer_count_all);
    const std::vector<std::uint64_t> ngrams = keys.integers("ple.layers");
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        LayerPlan& layer = graph.layers[i];
        layer.state.silu_gate = false;
        if (layer.indexer) {
            if (blocks && (*blocks)[i] != 0) layer.indexer->pool = (*blocks)[i];
            else layer.indexer.reset();
        }
        if (ngrams.empty() || ngrams.front() != i) continue;
        layer.ngrams = ngram_plan(keys, 0);
        layer.ngrams->stop = layer.ngrams->filler = keys.require_u32("ple.eos_token_id");
    }
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

constexpr ArchTraits kHybridLaterRows[] = {
    {.name = "bailingmoe3",
     .title = "Ling 3 (Bailing MoE 3)",
     .tensors = bailingmoe3_tensors,
     .rope = RopeType::norm,
     .sectioned = true,
     .needs = rms | kLaterLatent | kKda | kLaterShared |
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
     .needs = rms | kLaterLatent | kKda | kLaterShared |
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
     .needs = rms | kLaterLatent | kKda | kLaterShared | indexer |
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
    {.name = "qwen4exp",
     .title = "Qwen 4 Exp",
     .tensors = qwen4exp_tensors,
     .rope = RopeType::imrope,
     .needs =
         rms | mamba2 | indexer | KeySet{rope_dimension_sections, hyper_connection_count, hyper_connection_low_rank},
     .reads = {expert_feed_forward_length, expert_shared_feed_forward_length, compress_ratios},
     .recurrent = {RecurrentWhen::interval, LayerKind::delta},
     .projections = ProjectionShape::gated_query,
     .state_snapshots = true,
     .refine = qwen4exp,
     .compute = {.index_rope = RopeType::imrope,
                 .qkv_bias = false,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .refine = qwen4exp_graph}},
};

}  // namespace

std::span<const ArchTraits> hybrid_later_family() { return kHybridLaterRows; }

}  // namespace attnx::model

// DeepSeek and others with latent attention (MLA): Q, K and V pass through low-rank bottlenecks.
//
// Only a file with both attention.key_length_mla and value_length_mla caches the compressed row alone (K, no
// V); without them the very same weights cost the full, tens of times larger cache. MiniCPM3 and PLM always
// cache uncompressed. DeepSeek-V3.2 adds an indexer's key cache. DeepSeek-V4: windowed K-only rows on every
// layer, compressed rows where attention.compress_ratios says 4 or 128, an indexer where it says 4, and
// compressor states; always one stream per sequence (llama-kv-cache-dsv4.cpp:1158-1277).
//
// Experts are chosen in groups from V2 on. YaRN's log multiplier is stored as a tenth.
#include <fmt/format.h>

#include <cmath>

#include "attnx/base/error.h"
#include "families.h"
#include "shared_latent_graph.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kLengths = {key_length_mla, value_length_mla};
constexpr KeySet kShared = {expert_feed_forward_length, expert_shared_count};

// The lite models project Q directly; llama.cpp tells them by layer count and vocabulary
// (models/deepseek2.cpp:5-12).
void query_rank_unless_lite(Draft& draft, Hparams& hparams) {
    constexpr std::uint64_t kLiteVocabulary = 128256;
    std::uint64_t vocabulary = 0;
    if (const auto size = hparams.u32("vocab_size")) vocabulary = *size;
    else vocabulary = hparams.array_length("@tokenizer.ggml.tokens").value_or(0);
    const std::uint32_t layers = draft.trunk_layers();
    if (layers == 26 || layers == 27 || (layers == 48 && vocabulary == kLiteVocabulary)) return;
    if (const auto rank = hparams.u32("attention.q_lora_rank", Need::required)) {
        draft.query_rank = *rank;
        hparams.fact_from_key("query_rank", std::to_string(*rank), "attention.q_lora_rank");
    }
}

void temperature(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const float scale = keys.f32_or("attention.temperature_scale", 0.0F);
    const std::uint32_t floor = keys.u32("attention.temperature_length").value_or(0);
    if (scale == 0.0F || floor == 0) return;
    for (auto& layer : graph.layers) layer.attention.temperature = Temperature{scale, floor, 0.0F, false};
}

// Files of GLM-4.7-Flash leave the gating function out; they are told by layers and vocabulary.
void deepseek2(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    temperature(graph, keys, spec);
    const bool flash = (spec.layer_count == 47 || spec.layer_count == 48) && spec.vocabulary_size == 154880;
    if (!flash || keys.u32("expert_gating_func").value_or(0) != 0) return;
    for (auto& layer : graph.layers) layer.ffn.experts.gating = Gating::sigmoid;
}

void minicpm3(Graph& graph, PlanKeys&, const ModelSpec& spec) {
    graph.embedding_scale = 12.0F;
    graph.residual_scale = 1.4F / std::sqrt(static_cast<float>(spec.layer_count));
    graph.output_scale = 256.0F / static_cast<float>(graph.width);
}

void deepseek4_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    constexpr std::uint32_t kOverlapping = 4;
    if (keys.u32("hash_layer_count").value_or(0) != 0)
        throw Error(ErrorCode::unsupported, "experts that are chosen by the token alone are not executed",
                    {{}, {}, keys.key("hash_layer_count")});
    shared_latent_graph(graph, keys, spec);
    for (LayerPlan& layer : graph.layers)
        if (auto& rows = layer.shared->compressed) {
            rows->overlaps = rows->ratio == kOverlapping;
            rows->places = true;
        }
}

constexpr ArchTraits kDeepseekRows[] = {
    {.name = "deepseek",
     .title = "DeepSeek MoE",
     .tensors = deepseek_tensors,
     .rope = RopeType::norm,
     .needs = rms | kShared,
     .reads = {leading_dense_block_count, expert_weights_scale},
     .compute = {.ffn_biases = false, .experts = {.normalize = NormalizeRule::never, .scale_key = true}}},
    {.name = "deepseek2",
     .title = "DeepSeek V2 / V3 / R1",
     .tensors = deepseek2_tensors,
     .rope = RopeType::norm,
     .needs = rms | kShared | KeySet{kv_lora_rank},
     .reads = kLengths | expert_scoring |
              KeySet{leading_dense_block_count, yarn_log_multiplier, temperature_scale, temperature_length},
     .projections = ProjectionShape::latent,
     .refine = query_rank_unless_lite,
     .compute = {.scale = ScaleRule::yarn_squared,
                 .yarn_log = YarnLog::tenths_cancelled,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSoftmax,
                 .refine = deepseek2}},
    {.name = "mistral4",
     .title = "Mistral 4",
     .tensors = deepseek2_tensors,
     .rope = RopeType::norm,
     .needs = rms | kShared | KeySet{kv_lora_rank},
     .reads = kLengths | expert_scoring |
              KeySet{leading_dense_block_count, yarn_log_multiplier, temperature_scale, temperature_length},
     .projections = ProjectionShape::latent,
     .refine = query_rank_unless_lite,
     .compute = {.scale = ScaleRule::yarn_squared,
                 .yarn_log = YarnLog::tenths,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSoftmax,
                 .refine = temperature}},
    {.name = "deepseek2-ocr",
     .title = "DeepSeek OCR",
     .tensors = deepseek2_ocr_tensors,
     .rope = RopeType::norm,
     .needs = rms | kShared,
     .reads = expert_scoring | KeySet{leading_dense_block_count},
     .projections = ProjectionShape::square,
     .compute = {.rope_over_head = true,
                 .plain_rope = true,
                 .plain_rope_as = RopeType::neox,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSoftmax}},
    {.name = "deepseek32",
     .title = "DeepSeek V3.2",
     .tensors = deepseek32_tensors,
     .rope = RopeType::norm,
     .needs = rms | kShared | indexer |
              KeySet{expert_count, expert_used_count, q_lora_rank, kv_lora_rank, expert_gating_func},
     .reads = kLengths | KeySet{rope_dimension_sections, leading_dense_block_count, expert_weights_scale,
                                expert_weights_norm, yarn_log_multiplier},
     .memory = MemoryClass::sparse_latent,
     .rotates_index_keys = true,
     .projections = ProjectionShape::latent,
     .compute = {.scale = ScaleRule::yarn_squared,
                 .yarn_log = YarnLog::tenths,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeys}},
    {.name = "deepseek4",
     .title = "DeepSeek V4",
     .tensors = deepseek4_tensors,
     .rope = RopeType::norm,
     .needs = rms | kShared | indexer | expert_scoring |
              KeySet{q_lora_rank, swiglu_clamp_exp, output_group_count, output_lora_rank, compress_rope_freq_base,
                     hyper_connection_count, hyper_connection_sinkhorn_iterations, hyper_connection_epsilon,
                     hash_layer_count, compress_ratios},
     .reads = {swiglu_clamp_shexp},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::by_refine, .rope = SlidingRope::model_unscaled},
     .memory = MemoryClass::compressed,
     .nextn = {.needs_tensor = true},
     .rotates_index_keys = true,
     .projections = ProjectionShape::shared_latent,
     .state_snapshots = true,
     .refine = compress_by_key,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .experts = kByKeys, .refine = deepseek4_graph}},
    {.name = "minicpm3",
     .title = "MiniCPM3",
     .tensors = minicpm3_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{q_lora_rank, kv_lora_rank},
     .projections = ProjectionShape::latent,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .refine = minicpm3}},
    {.name = "plm",
     .title = "PLM",
     .tensors = plm_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{kv_lora_rank},
     .projections = ProjectionShape::latent,
     .compute = {.attention_output_bias = false, .activation = Activation::relu_squared, .ffn_biases = false}},
};

}  // namespace

// Every layer slides, prediction layers too; compression per layer.
void compress_by_key(Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kSquareRootSoftplus = 4;
    draft.sliding.assign(draft.layer_count_all, true);
    auto ratios = hparams.u32_array("attention.compress_ratios", Need::required).value_or(std::vector<std::uint32_t>{});
    if (ratios.size() < draft.layer_count_all)
        hparams.refuse(
            fmt::format("attention.compress_ratios has {} values for {} layers", ratios.size(), draft.layer_count_all));
    ratios.resize(draft.layer_count_all, 0);
    draft.compress_ratios = std::move(ratios);
    draft.compress_rope_base = hparams.f32("attention.compress_rope_freq_base");
    if (hparams.u32("expert_gating_func").value_or(kSquareRootSoftplus) != kSquareRootSoftplus)
        hparams.refuse("expert_gating_func is not the square root of softplus");
}

std::span<const ArchTraits> deepseek_family() { return kDeepseekRows; }

}  // namespace attnx::model

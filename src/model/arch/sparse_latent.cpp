// Later models with latent attention over keys that an indexer chooses (llama.cpp b12032). dots3.note has two latents,
// a narrower one in layers that slide, and indexers in the full ones. Hunyuan V4 and Mistral Large 4 have indexers on
// some layers, which the others follow; in the latter layers may read the rows of an earlier one. DeepSeek-V4.1
// compresses 2:1 or 1:1 on some layers, whose rows later layers read.
#include <algorithm>

#include "../read.h"
#include "attnx/base/error.h"
#include "ngram_graph.h"
#include "plan_keys.h"
#include "rope_pattern.h"
#include "shared_latent_graph.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kSparseLatent = {kv_lora_rank, key_length_mla, value_length_mla};
constexpr KeySet kSparseShared = {expert_feed_forward_length, expert_shared_count};
constexpr KeySet kDeepseek4 = {q_lora_rank,
                               swiglu_clamp_exp,
                               output_group_count,
                               output_lora_rank,
                               compress_rope_freq_base,
                               hyper_connection_count,
                               hyper_connection_sinkhorn_iterations,
                               hyper_connection_epsilon,
                               hash_layer_count,
                               compress_ratios};

void index_by_flags(const std::vector<std::uint32_t>& flags, Draft& draft, Hparams& hparams) {
    for (std::uint32_t i = 0; i < draft.layer_count_all; ++i) draft.indexer_full[i] = i < flags.size() && flags[i] != 0;
    hparams.fact_from_key("indexer", list_layers(draft.indexer_full), "attention.indexer.types");
}

void first_layer_has_one(const Draft& draft, Hparams& hparams) {
    if (!draft.indexer_full.empty() && !draft.indexer_full[0])
        hparams.refuse("the first layer has no indexer, and none comes before it",
                       hparams.key("attention.indexer.types"));
}

void dots3note(Draft& draft, Hparams& hparams) {
    const auto flags = hparams.u32_array("attention.indexer.types", Need::required);
    index_by_flags(flags.value_or(std::vector<std::uint32_t>{}), draft, hparams);
    draft.dense = draft.sliding;
}

// Without a number of keys to choose, all are attended and there is no indexer.
void hy_v4(Draft& draft, Hparams& hparams) {
    const bool sparse = hparams.u32("attention.indexer.top_k").value_or(0) > 0;
    draft.indexer_full.assign(draft.layer_count_all, false);
    if (!draft.compressed_latent()) hparams.refuse("attention.key_length_mla or value_length_mla is 0");
    if (!sparse) return draft.dense.assign(draft.layer_count_all, true);
    if (hparams.u32("attention.indexer.head_count").value_or(0) == 0 ||
        draft.indexer_key_length <= draft.rope_dimensions)
        hparams.refuse("the indexer has no heads, or no dimension that is not rotated",
                       hparams.key("attention.indexer.key_length"));
    if (const auto flags = hparams.u32_layers("attention.indexer.types", draft.trunk_layers()))
        index_by_flags(*flags, draft, hparams);
    first_layer_has_one(draft, hparams);
}

// Each layer reads the rows of a layer before it or its own, which rotates as it does.
void share_rows(Draft& draft, Hparams& hparams) {
    constexpr std::string_view kMap = "attention.kv_source_map";
    const auto map = hparams.u32_layers(kMap, draft.trunk_layers());
    if (!map) return;
    const auto rotates = [&](std::uint32_t layer) { return draft.rotated.empty() || draft.rotated[layer]; };
    for (std::uint32_t i = 0; i < map->size(); ++i) {
        const std::uint32_t source = (*map)[i];
        if (source > i || (source < i && (*map)[source] != source) || rotates(source) != rotates(i)) {
            hparams.refuse(fmt::format("{} gives layer {} the rows of layer {}", hparams.key(kMap), i, source),
                           hparams.key(kMap));
            return draft.own_keys_and_values();
        }
        draft.kv_source[i] = source;
    }
    hparams.fact_from_key("kv_shared_with", "per layer", kMap);
}

void mistral_large4(Draft& draft, Hparams& hparams) {
    if (const auto flags = hparams.u32_layers("attention.indexer.types", draft.trunk_layers()))
        index_by_flags(*flags, draft, hparams);
    first_layer_has_one(draft, hparams);
    if (const auto flags = hparams.u32_layers("attention.rope_pattern", draft.trunk_layers()))
        set_rotated(*flags, draft, hparams);
    share_rows(draft, hparams);
}

std::vector<std::uint32_t> source_layers(std::string_view suffix, Draft& draft, Hparams& hparams) {
    auto layers = hparams.u32_array(suffix, Need::required).value_or(std::vector<std::uint32_t>{});
    for (const std::uint32_t layer : layers) {
        if (layer >= draft.trunk_layers())
            hparams.refuse(fmt::format("{} names layer {}", hparams.key(suffix), layer), hparams.key(suffix));
        else if (draft.compress_ratios[layer] == 0)
            hparams.refuse(fmt::format("{} names layer {}, which compresses nothing", hparams.key(suffix), layer),
                           hparams.key(suffix));
    }
    return layers;
}

// A layer that compresses follows the last source of rows, and a source of choices after that; of its own ratio.
void follow_sources(const std::vector<std::uint32_t>& rows, const std::vector<std::uint32_t>& choices, Draft& draft,
                    Hparams& hparams) {
    const auto among = [](const std::vector<std::uint32_t>& layers, std::uint32_t layer) {
        return std::ranges::find(layers, layer) != layers.end();
    };
    std::optional<std::uint32_t> row, choice;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i) {
        const std::uint32_t ratio = draft.compress_ratios[i];
        if (among(rows, i)) row = i;
        if (among(choices, i)) choice = i;
        if (ratio == 0) continue;
        const bool follows = row && choice && *choice >= *row && draft.compress_ratios[*row] == ratio &&
                             draft.compress_ratios[*choice] == ratio;
        if (ratio > 2 || !follows)
            return hparams.refuse(fmt::format("layer {} compresses {}:1 and has no source of that ratio", i, ratio),
                                  hparams.key("attention.compress_ratios"));
        draft.owns_compressed[i] = *row == i;
    }
}

// Layers that look n-grams of the prompt up in a table.
void read_engram(Hparams& hparams) {
    if (hparams.array_length("ple.layers").value_or(0) == 0) return;
    for (const std::string_view size : {"ple.ngram_size", "ple.heads_per_ngram", "embedding_length_per_layer_input"})
        hparams.u32(size, Need::required);
    for (const std::string_view list : {"ple.layer_multipliers", "ple.head_offsets", "ple.head_vocab_sizes"})
        hparams.require(list);
    hparams.u32("engram.pad_token_id", Need::required);
    hparams.require("engram.token_map");
}

void deepseek41(Draft& draft, Hparams& hparams) {
    compress_by_key(draft, hparams);
    draft.owns_compressed.assign(draft.layer_count_all, false);
    if (hparams.u32("attention.indexer.top_k") == 0U)
        hparams.refuse("attention.indexer.top_k is 0", hparams.key("attention.indexer.top_k"));
    const auto rows = source_layers("attention.kv_source_layers", draft, hparams);
    const auto choices = source_layers("attention.indexer.source_layers", draft, hparams);
    read_engram(hparams);
    follow_sources(rows, choices, draft, hparams);
}

bool lists(const std::vector<std::uint64_t>& layers, std::size_t layer) {
    return std::ranges::find(layers, layer) != layers.end();
}

// Each layer that has n-grams hashes them in its own way; ids are mapped before.
void engrams(Graph& graph, PlanKeys& keys) {
    const std::vector<std::uint64_t> layers = keys.integers("ple.layers");
    if (layers.empty()) return;
    const std::vector<std::uint64_t> map = keys.integers("engram.token_map");
    const std::uint32_t pad = keys.require_u32("engram.pad_token_id");
    if (pad >= map.size())
        throw Error(ErrorCode::bad_value, "the token that pads n-grams is not among those that are mapped",
                    {{}, {}, keys.key("engram.pad_token_id")});
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i] >= graph.layers.size()) continue;
        NgramPlan& plan = graph.layers[layers[i]].ngrams.emplace(ngram_plan(keys, i));
        plan.token_map = map;
        plan.filler = map[pad];
    }
}

std::optional<CandidatePlan> candidates_of(PlanKeys& keys, std::size_t layer) {
    // Of a key of a signed type; what is below 0 is none.
    const auto source = keys.signed_number("attention.indexer.candidate_source_layer");
    if (!source || *source < 0 || static_cast<std::uint64_t>(*source) > layer) return std::nullopt;
    return CandidatePlan{.block = keys.require_u32("attention.indexer.candidate_block_size"),
                         .count = keys.require_u32("attention.indexer.candidate_top_k_blocks"),
                         .source = static_cast<std::uint64_t>(*source) == layer};
}

void deepseek41_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    shared_latent_graph(graph, keys, spec);
    graph.hyper->end = StreamEnd::lagging;
    const auto rows = keys.integers("attention.kv_source_layers");
    const auto choices = keys.integers("attention.indexer.source_layers");
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        LayerPlan& layer = graph.layers[i];
        layer.shared->query_norm = false;
        if (layer.ffn.experts.used <= 1) layer.ffn.experts.normalize = false;
        if (!layer.shared->compressed) continue;
        CompressionPlan& plan = *layer.shared->compressed;
        plan.own = lists(rows, i);
        if (plan.indexer) plan.indexer->own = lists(choices, i);
        plan.candidates = candidates_of(keys, i);
    }
    engrams(graph, keys);
}

void mistral_large4_graph(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    for (auto& layer : graph.layers)
        if (layer.indexer) layer.indexer->norm_epsilon = keys.require_f32("attention.layer_norm_epsilon");
}

void hy_v4_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    const float epsilon = keys.require_f32("hyper_connection.epsilon");
    graph.hyper = HyperConnections{.count = keys.require_u32("hyper_connection.count"),
                                   .epsilon = epsilon,
                                   .magnitude = keys.require_f32("hyper_connection.magnitude"),
                                   .write_epsilon = epsilon};
    const auto clamps = keys.f32_layers("swiglu_clamp_exp", spec.layer_count_all);
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        LayerPlan& layer = graph.layers[i];
        if (clamps) layer.ffn.expert_clamp = (*clamps)[i];
        layer.ffn.clamp_before_activation = true;
        if (!layer.indexer) continue;
        layer.indexer->rotates_last = true;
        layer.indexer->norm_epsilon = graph.norm_epsilon;
    }
}

constexpr ArchTraits kSparseLatentRows[] = {
    {.name = "dots3note",
     .title = "dots3.note",
     .tensors = dots3note_tensors,
     .rope = RopeType::norm,
     .needs = rms | kSparseLatent | kSparseShared | indexer |
              KeySet{leading_dense_block_count, expert_gating_func, q_lora_rank, kv_lora_rank_swa, key_length_mla_swa,
                     value_length_mla_swa, rope_freq_base_swa, indexer_types},
     .reads = {expert_weights_scale, expert_weights_norm},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags, .rope = SlidingRope::own},
     .memory = MemoryClass::sparse_latent,
     .rotates_index_keys = true,
     .projections = ProjectionShape::latent,
     .refine = dots3note,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .experts = kByKeys}},
    {.name = "hy_v4",
     .title = "Hunyuan V4",
     .tensors = hy_v4_tensors,
     .rope = RopeType::norm,
     .needs = rms | kSparseLatent | kSparseShared |
              KeySet{q_lora_rank, hyper_connection_count, hyper_connection_epsilon, hyper_connection_magnitude},
     .reads = expert_scoring | indexer | KeySet{leading_dense_block_count, swiglu_clamp_exp, indexer_types},
     .memory = MemoryClass::sparse_latent,
     .nextn = {.in_main = true, .apart = false},
     .projections = ProjectionShape::latent,
     .refine = hy_v4,
     .compute = {.index_rope = RopeType::norm,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid,
                 .refine = hy_v4_graph}},
    {.name = "mistral-large4",
     .title = "Mistral Large 4",
     .tensors = mistral_large4_tensors,
     .rope = RopeType::norm,
     .needs = rms | norm | kSparseLatent | kSparseShared | indexer | KeySet{expert_gating_func},
     .reads = {leading_dense_block_count, expert_weights_scale, expert_weights_norm, q_lora_rank, indexer_types,
               rope_pattern, kv_source_map, final_logit_softcapping, yarn_log_multiplier},
     .memory = MemoryClass::sparse_latent,
     .nextn = {.in_main = true, .apart = false},
     .rotates_index_keys = true,
     .projections = ProjectionShape::latent,
     .refine = mistral_large4,
     .compute = {.index_rope = RopeType::norm,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeys,
                 .refine = mistral_large4_graph}},
    {.name = "deepseek41",
     .title = "DeepSeek V4.1",
     .tensors = deepseek41_tensors,
     .rope = RopeType::norm,
     .needs =
         rms | kSparseShared | indexer | expert_scoring | kDeepseek4 | KeySet{kv_source_layers, indexer_source_layers},
     .reads = {swiglu_clamp_shexp},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::by_refine, .rope = SlidingRope::model_unscaled},
     .memory = MemoryClass::compressed_shared,
     .nextn = {.needs_tensor = true},
     .projections = ProjectionShape::shared_latent,
     .state_snapshots = true,
     .refine = deepseek41,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .experts = kByKeys, .refine = deepseek41_graph}},
};

}  // namespace

std::span<const ArchTraits> sparse_latent_family() { return kSparseLatentRows; }

}  // namespace attnx::model

// IBM Granite: Llama with four scales: embeddings, scores, residuals, logits. It rotates unless the file says
// it was trained without (rope.scaling.finetuned false). Granite 4 hybrids put Mamba-2 where head_count_kv is
// 0 (models/granite-hybrid.cpp).
#include <fmt/format.h>

#include <set>

#include "../census.h"
#include "attnx/base/checked.h"
#include "plan_keys.h"
#include "rope_pattern.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kScales = {residual_scale, embedding_scale, attention_scale, rope_scaling_finetuned,
                            expert_shared_feed_forward_length};

// Which stage of a vision model's output each layer adds; below 0: none. Stages are numbered without gaps.
void check_deepstack(Hparams& hparams) {
    constexpr std::string_view kMapping = "deepstack_mapping";
    const auto stages = hparams.u32_array(kMapping);
    if (!stages) return;
    std::set<std::uint32_t> used;
    for (const std::uint32_t stage : *stages)
        if (static_cast<std::int32_t>(stage) >= 0) used.insert(stage);
    if (!used.empty() && *used.rbegin() > used.size())
        hparams.refuse(fmt::format("{} names stage {} of {}", hparams.key(kMapping), *used.rbegin(), used.size()),
                       hparams.key(kMapping));
}

void rotate_as_trained(Draft& draft, Hparams& hparams) {
    draft.rotates = hparams.boolean("rope.scaling.finetuned").value_or(true);
    if (!draft.rotates) hparams.fact_from_key("rope/layers", "none", "rope.scaling.finetuned");
}

void dense(Draft& draft, Hparams& hparams) {
    check_deepstack(hparams);
    rotate_as_trained(draft, hparams);
}

void granite_swa(Draft& draft, Hparams& hparams) {
    check_deepstack(hparams);
    rotate_by_flags(Need::optional, draft, hparams);
}

// One more layer after the last block holds the keys by which tokens choose an adapter: one head, not rotated.
void add_router(Draft& draft, Hparams& hparams) {
    constexpr std::uint32_t kMost = 4096;
    constexpr std::string_view kCount = "adapters.count";
    rotate_as_trained(draft, hparams);
    const std::uint32_t adapters = hparams.u32(kCount).value_or(0);
    for (const std::string_view suffix : {kCount, std::string_view("adapters.lora_rank")})
        if (hparams.u32(suffix).value_or(0) > kMost)
            hparams.refuse(fmt::format("{} is more than {}", suffix, kMost), hparams.key(suffix));
    for (const std::string_view suffix : {"adapters.token_ids_activate", "adapters.token_ids_substitute"})
        if (const auto ids = hparams.array_length(suffix); ids && *ids != adapters)
            hparams.refuse(fmt::format("{} has {} values for {} adapters", suffix, *ids, adapters),
                           hparams.key(suffix));
    const std::uint32_t router = draft.trunk_layers();
    if (router >= kMaxLayers) return hparams.refuse(fmt::format("{} layers and a router", router));
    draft.layer_count_all = router + 1;
    draft.nextn_layers = 1;
    draft.router = true;
    draft.head_count.resize(router);
    draft.head_count_kv.resize(router);
    draft.feed_forward.resize(router);
    draft.head_count.push_back(1);
    draft.head_count_kv.push_back(1);
    draft.feed_forward.push_back(0);
    draft.begin_layers(router + 1);
    draft.rotated.assign(router + 1, draft.rotates);
    draft.rotated[router] = false;
    hparams.fact("router", fmt::format("layer {}", router), Source::architecture, "chooses an adapter per token");
}

void logits_over_key(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const auto or_one = [&keys](std::string_view key) {
        const float value = keys.f32_or(key, 0.0F);
        return value == 0.0F ? 1.0F : value;
    };
    graph.embedding_scale = or_one("embedding_scale");
    graph.residual_scale = or_one("residual_scale");
    graph.logit_scale = 1.0F / or_one("logit_scale");
}

std::vector<std::uint32_t> token_ids(PlanKeys& keys, std::string_view suffix) {
    std::vector<std::uint32_t> ids;
    for (const std::uint64_t id : keys.integers(suffix))
        ids.push_back(checked_narrow<std::uint32_t>(id).value_or(UINT32_MAX));
    return ids;
}

void switched_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    constexpr float kGain = 15.0F;
    logits_over_key(graph, keys, spec);
    graph.adapters = AdapterPlan{.count = keys.require_u32("adapters.count") + 1,
                                 .rank = keys.require_u32("adapters.lora_rank"),
                                 .layer = spec.layer_count,
                                 .gain = keys.f32_or("adapters.router_gain", kGain),
                                 .calls = token_ids(keys, "adapters.token_ids_activate"),
                                 .read_as = token_ids(keys, "adapters.token_ids_substitute")};
}

constexpr ArchTraits kGraniteRows[] = {
    {.name = "granite",
     .title = "Granite",
     .tensors = llama_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale},
     .reads = kScales | KeySet{deepstack_mapping},
     .refine = dense,
     .compute = {.refine = logits_over_key}},
    {.name = "granitemoe",
     .title = "Granite MoE",
     .tensors = llama_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale},
     .reads = kScales,
     .refine = rotate_as_trained,
     .compute = {.refine = logits_over_key}},
    {.name = "granitehybrid",
     .title = "Granite 4 hybrid",
     .tensors = granite_hybrid_tensors,
     .rope = RopeType::norm,
     .needs = rms | mamba2,
     .reads = kScales | KeySet{logit_scale},
     .recurrent = {RecurrentWhen::without_kv_heads, LayerKind::mamba2},
     .nextn = {.in_main = true, .apart = false},
     .refine = rotate_as_trained,
     .compute = {.refine = logits_over_key}},
    {.name = "granite_swa",
     .title = "Granite SWA",
     .tensors = granite_swa_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale},
     .reads = {residual_scale, embedding_scale, attention_scale, deepstack_mapping, rope_pattern,
               expert_shared_feed_forward_length},
     .window = {.when = WindowWhen::always, .pattern = PatternKey::flags, .rope = SlidingRope::model},
     .refine = granite_swa,
     .compute = {.refine = logits_over_key}},
    {.name = "graniteswitch",
     .title = "Granite Switch",
     .tensors = granite_switch_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale, adapter_count, adapter_lora_rank, adapter_token_ids_activate,
                           adapter_token_ids_substitute},
     .reads = kScales | KeySet{adapter_router_gain},
     .refine = add_router,
     .compute = {.refine = switched_graph}},
};

}  // namespace

std::span<const ArchTraits> granite_family() { return kGraniteRows; }

}  // namespace attnx::model

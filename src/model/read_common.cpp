#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "attnx/base/error.h"
#include "read.h"

namespace attnx::model {
namespace {

constexpr std::string_view kBlockCount = "block_count";

// The keys' word when llama.cpp would take it, otherwise the tensors'.
std::uint32_t read_layer_count(const ArchTraits& row, Hparams& hparams, const Census& census) {
    const bool loadable = row.unsupported.empty();
    const auto count = hparams.u32(kBlockCount, loadable ? Need::essential : Need::geometry);
    if (count && *count > 0 && *count <= kMaxLayers) {
        hparams.fact_from_key("layer_count", std::to_string(*count), kBlockCount);
        return *count;
    }
    const std::string key = hparams.key(kBlockCount);
    const std::string problem =
        count ? fmt::format("key {} is {}; llama.cpp takes 1 to {} layers", key, *count, kMaxLayers)
              : fmt::format("key {} is missing", key);
    if (const auto blocks = census.layer_count()) {
        if (count) hparams.refuse(problem, key);
        hparams.fact("layer_count", std::to_string(*blocks), Source::tensor, "highest numbered block");
        return *blocks;
    }
    if (!loadable) return 0;
    throw Error(count ? ErrorCode::bad_value : ErrorCode::missing_key, problem + ", and no tensor names a block",
                Where{{}, {}, key});
}

std::uint32_t read_size(Hparams& hparams, std::string_view field, std::string_view suffix, Need need) {
    const auto value = hparams.u32(suffix, need);
    if (value) hparams.fact_from_key(field, std::to_string(*value), suffix);
    return value.value_or(0);
}

std::vector<std::uint32_t> read_layers(Hparams& hparams, std::string_view field, std::string_view suffix,
                                       std::vector<std::uint32_t> otherwise, Need need) {
    const auto count = static_cast<std::uint32_t>(otherwise.size());
    auto values = hparams.u32_layers(suffix, count, need);
    if (!values) return otherwise;
    hparams.fact_from_key(field, summarise(*values), suffix);
    return *std::move(values);
}

void read_heads(Draft& draft, Hparams& hparams) {
    const std::vector<std::uint32_t> none(draft.layer_count_all, 0);
    draft.feed_forward = read_layers(hparams, "feed_forward_length", "feed_forward_length", none, Need::optional);
    draft.head_count = read_layers(hparams, "head_count", "attention.head_count", none, Need::geometry);
    draft.head_count_kv =
        read_layers(hparams, "head_count_kv", "attention.head_count_kv", draft.head_count, Need::geometry);
    if (!hparams.has("attention.head_count_kv"))
        hparams.fact("head_count_kv", summarise(draft.head_count_kv), Source::derived,
                     "as many as heads: no key says otherwise");
    for (std::uint32_t i = 0; i < draft.layer_count_all; ++i) {
        const std::uint32_t heads = draft.head_count[i], shared = draft.head_count_kv[i];
        if (shared == 0 || (heads >= shared && heads % shared == 0)) continue;
        hparams.find(FindingId::head_count_indivisible,
                     fmt::format("layer {} has {} heads on {} KV heads", i, heads, shared));
        break;  // one is enough to say so
    }
}

// A head dimension: the key, otherwise the embedding divided among the first layer's heads.
std::uint32_t read_head_dim(Draft& draft, Hparams& hparams, std::string_view field, std::string_view suffix) {
    const std::uint32_t heads = draft.head_count[0];
    if (const auto length = hparams.u32(suffix, Need::geometry)) {
        hparams.fact_from_key(field, std::to_string(*length), suffix);
        return *length;
    }
    const std::uint32_t length = draft.embedding / heads;
    hparams.fact(field, std::to_string(length), Source::derived, fmt::format("{} / {} heads", draft.embedding, heads));
    if (draft.embedding % heads != 0)
        hparams.find(FindingId::assumed_value,
                     fmt::format("{} is {}: {} heads do not divide an embedding of {}, and key {} is "
                                 "missing",
                                 field, length, heads, draft.embedding, hparams.key(suffix)));
    return length;
}

void read_head_dims(const ArchTraits& row, Draft& draft, Hparams& hparams) {
    // Models without attention in their first layer have no head dimensions, whatever the keys say.
    if (!draft.head_count.empty() && draft.head_count[0] > 0) {
        draft.head_k = read_head_dim(draft, hparams, "head_dim_k", "attention.key_length");
        draft.head_v = read_head_dim(draft, hparams, "head_dim_v", "attention.value_length");
        draft.rope_dimensions = draft.head_k;
        if (const auto count = hparams.u32("rope.dimension_count")) {
            draft.rope_dimensions = *count;
            hparams.fact_from_key("rope/dimension_count", std::to_string(*count), "rope.dimension_count");
        } else if (row.rope != RopeType::none) {
            hparams.fact("rope/dimension_count", std::to_string(draft.head_k), Source::derived, "whole heads");
        }
        if (row.rope_spans_head && draft.rope_dimensions != draft.head_k)
            hparams.refuse(fmt::format("rope.dimension_count is {}, but this architecture rotates whole heads of {}",
                                       draft.rope_dimensions, draft.head_k),
                           hparams.key("rope.dimension_count"));
    }
    const auto variant = [&](std::string_view field, std::string_view suffix, std::uint32_t otherwise) {
        const auto value = hparams.u32(suffix);
        if (value) hparams.fact_from_key(field, std::to_string(*value), suffix);
        return value.value_or(otherwise);
    };
    draft.head_k_sliding = variant("head_dim_k (sliding)", "attention.key_length_swa", draft.head_k);
    draft.head_v_sliding = variant("head_dim_v (sliding)", "attention.value_length_swa", draft.head_v);
    draft.rope_dimensions_sliding =
        variant("rope/dimension_count (sliding)", "rope.dimension_count_swa", draft.rope_dimensions);
}

void read_rope(const ArchTraits& row, Draft& draft, Hparams& hparams) {
    RopeSpec& rope = draft.rope;
    rope.type = row.rope;
    rope.freq_base = 10000.0F;
    if (hparams.has("rope.freq_base")) {
        rope.freq_base = hparams.f32("rope.freq_base");
        hparams.fact_from_key("rope/freq_base", rope.freq_base ? fmt::format("{}", *rope.freq_base) : "not a number",
                              "rope.freq_base");
    } else if (row.rope != RopeType::none) {
        hparams.fact("rope/freq_base", "10000", Source::assumed, "llama.cpp's default: no key says otherwise");
    }
    const bool linear = hparams.has("rope.scaling.factor") || hparams.has("rope.scale_linear");
    rope.scaling_type = hparams.string("rope.scaling.type").value_or(linear ? "linear" : "none");
    if (!is_known_scaling(rope.scaling_type))
        hparams.refuse(fmt::format("rope.scaling.type is {}", rope.scaling_type), hparams.key("rope.scaling.type"));
    rope.scaling_factor = hparams.f32(hparams.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear");
    rope.original_context_length = hparams.u32("rope.scaling.original_context_length");
    for (const std::string_view suffix : {"rope.scaling.attn_factor", "rope.scaling.alpha"}) hparams.f32(suffix);
    hparams.boolean("rope.scaling.finetuned");
    if (!row.compute.plain_rope) return;
    rope.freq_base = 10000.0F;
    rope.scaling_type = "none";
    rope.scaling_factor.reset();
    hparams.fact("rope/freq_base", "10000", Source::architecture, "whatever the keys say; not scaled either");
}

// Of classifiers and decision heads; nothing here needs their values.
void read_classifier(Hparams& hparams) {
    constexpr std::string_view kActivation = "classifier.activation", kActivations[] = {"gelu", "silu", "tanh"};
    hparams.u32("classifier.pooling_type");
    const auto activation = hparams.string(kActivation);
    if (activation && std::ranges::find(kActivations, *activation) == std::end(kActivations))
        hparams.refuse(fmt::format("{} is {}", kActivation, *activation), hparams.key(kActivation));
    for (const std::string_view labels : {"classifier.output_labels", "decision.labels"})
        hparams.unless_strings(labels);
}

// Next-token-prediction blocks, at the end of block_count; read for every architecture, before anything per layer.
void read_prediction_layers(const ArchTraits& row, Draft& draft, Hparams& hparams, const Census& census) {
    constexpr std::string_view kNextn = "nextn_predict_layers";
    const std::uint32_t count = hparams.u32(kNextn).value_or(0), all = draft.layer_count_all;
    if (count > all)
        hparams.refuse(fmt::format("{} is {} of {} layers", hparams.key(kNextn), count, all), hparams.key(kNextn));
    if (count == 0 || count > all) return;
    const std::uint32_t first = all - count;
    if (row.nextn.needs_tensor && (first >= census.blocks.size() || !census.blocks[first].next_token_projection)) {
        hparams.fact("next_token_prediction", "none", Source::tensor,
                     fmt::format("blk.{}.nextn.eh_proj is not there", first));
        return;
    }
    draft.nextn_layers = count;
    hparams.fact_from_key("next_token_prediction",
                          count == 1 ? std::to_string(first) : fmt::format("{}-{}", first, all - 1), kNextn);
}

void read_experts(const ArchTraits& row, Draft& draft, Hparams& hparams) {
    draft.expert_count = read_size(hparams, "expert_count", "expert_count", Need::optional);
    if (auto used = hparams.u32_layers("expert_used_count", draft.layer_count_all)) {
        hparams.fact_from_key("expert_used_count", summarise(*used), "expert_used_count");
        draft.expert_used = *std::move(used);
    }
    draft.expert_groups = hparams.u32("expert_group_count").value_or(0);
    draft.expert_groups_used = hparams.u32("expert_group_used_count").value_or(0);
    if (!row.one_expert_is_none || draft.expert_count > 1) return;
    draft.expert_count = 0;
    std::ranges::fill(draft.expert_used, 0U);
}

}  // namespace

bool is_known_scaling(std::string_view type) {
    constexpr std::string_view kTypes[] = {"none", "linear", "yarn", "longrope"};
    return std::ranges::find(kTypes, type) != std::end(kTypes);
}

Draft read_common(const ArchTraits& row, Hparams& hparams, const Census& census) {
    const Need need = row.unsupported.empty() ? Need::essential : Need::geometry;
    Draft draft;
    draft.context = read_size(hparams, "context_length", "context_length", need);
    draft.embedding = read_size(hparams, "embedding_length", row.embedding_key, need);
    draft.causal = draft.causal_key = hparams.boolean("attention.causal").value_or(true);
    if (hparams.has("attention.causal"))
        hparams.fact_from_key("causal", draft.causal ? "true" : "false", "attention.causal");
    else hparams.fact("causal", "true", Source::assumed, "llama.cpp's default: no key says otherwise");
    hparams.u32("pooling_type");
    hparams.u32("embedding_length_out");
    read_classifier(hparams);
    draft.block_count = draft.layer_count_all = read_layer_count(row, hparams, census);
    read_prediction_layers(row, draft, hparams, census);
    read_experts(row, draft, hparams);
    read_heads(draft, hparams);
    read_rope(row, draft, hparams);
    read_head_dims(row, draft, hparams);
    draft.rotates_index_keys = row.rotates_index_keys;
    draft.begin_layers(draft.layer_count_all);
    return draft;
}

}  // namespace attnx::model

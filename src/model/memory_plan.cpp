#include "memory_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "mixers/mixer.h"

namespace attnx::model {
namespace {

template <class Keep>
LayerIndices layers_where(const Draft& draft, Keep&& keep) {
    LayerIndices layers;
    for (std::uint32_t i = 0; i < draft.layer_count_all; ++i)
        if (draft.has_kv(i) && keep(i)) layers.push_back(i);
    return layers;
}

MemoryPlan common(const ArchTraits& row, const Draft& draft) {
    MemoryPlan plan;
    plan.trained_context = draft.context;
    plan.causal = draft.causal_key;
    plan.same_types = draft.compressed_latent() || row.memory == MemoryClass::compressed;
    plan.flash_attention_off = row.no_flash_attention;
    plan.state_snapshots = row.state_snapshots;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i) {
        plan.head_dims_k.push_back(draft.head_dim_k(i));
        plan.head_dims_v.push_back(draft.head_dim_v(i));
    }
    return plan;
}

// Attention layers of models that mix them with recurrent ones (llama-model.cpp:2236-2263).
void add_hybrid_caches(const ArchTraits& row, const Draft& draft, std::vector<CachePlan>& caches) {
    const bool beside = row.recurrent.when == RecurrentWhen::beside_attention;
    const bool spare_ffn = row.recurrent.when == RecurrentWhen::without_kv_heads_and_ffn;
    const bool trunk_only = row.nextn == NextnUse::own_context;
    const LayerIndices attention = layers_where(draft, [&](std::uint32_t i) {
        if (trunk_only && i >= draft.trunk_layers()) return false;
        return (beside || !draft.recurrent[i]) && !(spare_ffn && draft.feed_forward[i] != 0);
    });
    if (row.recurrent.when != RecurrentWhen::all)
        add_attention_caches(draft, attention, draft.compressed_latent(), caches);
    LayerIndices recurrent;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i)
        if (draft.recurrent[i]) recurrent.push_back(i);
    if (!recurrent.empty()) caches.push_back(recurrent_cache(draft, recurrent));
}

void add_caches(const ArchTraits& row, const Draft& draft, std::vector<CachePlan>& caches) {
    const LayerIndices all = layers_where(draft, [](std::uint32_t) { return true; });
    const LayerIndices trunk = layers_where(draft, [&](std::uint32_t i) { return i < draft.trunk_layers(); });
    const bool key_only = draft.compressed_latent();
    const auto add_indexer = [&](const LayerIndices& layers, bool keys) {
        if (!layers.empty()) caches.push_back(indexer_cache(draft, layers, keys));
    };
    switch (row.memory) {
        case MemoryClass::none:
        case MemoryClass::borrowed: return;
        case MemoryClass::sparse_latent:
            add_attention_caches(draft, trunk, key_only, caches);
            return add_indexer(
                layers_where(draft, [&](std::uint32_t i) { return i < draft.trunk_layers() && draft.indexer_full[i]; }),
                key_only);
        case MemoryClass::sparse:
            add_attention_caches(draft, all, key_only, caches);
            return add_indexer(layers_where(draft, [&](std::uint32_t i) { return i >= draft.leading_dense; }),
                               key_only);
        case MemoryClass::compressed:
            add_attention_caches(draft, all, true, caches);
            for (CachePlan& cache : caches) cache.window_ignores_unified = cache.stream_per_sequence = true;
            return add_compressed_caches(draft, caches);
        case MemoryClass::standard: break;
    }
    if (row.recurrent.when != RecurrentWhen::never) return add_hybrid_caches(row, draft, caches);
    add_attention_caches(draft, row.nextn == NextnUse::own_context ? trunk : all, key_only, caches);
}

// llama.cpp's assertions about windows and shared layers, which end the process (llama-model.cpp:2308-2335).
void check(const ArchTraits& row, const Draft& draft, Hparams& hparams) {
    if (row.memory != MemoryClass::standard || row.recurrent.when != RecurrentWhen::never) return;
    const bool any = std::ranges::find(draft.sliding, true) != draft.sliding.end();
    if (draft.window.type != WindowType::none && !any)
        hparams.refuse("the model has a sliding window, but no layer slides");
    for (std::uint32_t i = 0; i < draft.layer_count_all; ++i) {
        const auto source = shared_source(draft, i);
        if (!source || draft.sliding[*source] == draft.sliding[i]) continue;
        hparams.refuse(fmt::format("layer {} would read the K/V of layer {}, which {}", i, *source,
                                   draft.sliding[i] ? "does not slide" : "slides"));
        break;
    }
}

}  // namespace

std::optional<std::uint32_t> shared_source(const Draft& draft, std::uint32_t layer) {
    if (draft.has_kv(layer) || *draft.own_kv_layers < 2) return std::nullopt;
    return *draft.own_kv_layers - (draft.sliding[layer] ? 2 : 1);
}

MemoryPlan plan_memory(const ArchTraits& row, const Draft& draft, Hparams& hparams) {
    MemoryPlan plan = common(row, draft);
    add_caches(row, draft, plan.caches);
    check(row, draft, hparams);
    return plan;
}

std::optional<MemoryPlan> plan_prediction_memory(const ArchTraits& row, const Draft& draft) {
    if (draft.nextn_layers == 0) return std::nullopt;
    MemoryPlan plan = common(row, draft);
    if (row.nextn == NextnUse::in_cache) {
        add_caches(row, draft, plan.caches);  // no filter: the same caches again
        return plan;
    }
    const LayerIndices own = layers_where(draft, [&](std::uint32_t i) { return i >= draft.trunk_layers(); });
    add_attention_caches(draft, own, draft.compressed_latent(), plan.caches);
    return plan;
}

}  // namespace attnx::model

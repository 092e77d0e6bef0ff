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
    plan.same_types = draft.compressed_latent() || is_compressed(row.memory);
    plan.flash_attention_off = row.no_flash_attention;
    plan.state_snapshots = row.state_snapshots;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i) {
        plan.head_dims_k.push_back(draft.head_dim_k(i));
        plan.head_dims_v.push_back(draft.head_dim_v(i));
    }
    return plan;
}

void add_indexer(const Draft& draft, const LayerIndices& layers, bool key_only, std::vector<CachePlan>& caches) {
    if (!layers.empty()) caches.push_back(indexer_cache(draft, layers, key_only));
}

// The attention layers of models that mix them with recurrent ones.
bool attends_in_hybrid(const ArchTraits& row, const Draft& draft, std::uint32_t layer) {
    const bool beside = row.recurrent.when == RecurrentWhen::beside_attention;
    const bool spare_ffn = row.recurrent.when == RecurrentWhen::without_kv_heads_and_ffn;
    return (beside || !draft.recurrent[layer]) && !(spare_ffn && draft.feed_forward[layer] != 0);
}

void add_hybrid_caches(const ArchTraits& row, const Draft& draft, std::vector<CachePlan>& caches) {
    const bool key_only = draft.compressed_latent();
    const LayerIndices attention = layers_where(draft, [&](std::uint32_t i) {
        return (row.nextn.in_main || i < draft.trunk_layers()) && attends_in_hybrid(row, draft, i);
    });
    if (row.recurrent.when != RecurrentWhen::all) add_attention_caches(draft, attention, key_only, caches);
    if (draft.index_rows > 0) {
        LayerIndices indexed = attention;
        std::erase_if(indexed, [&](std::uint32_t i) { return !draft.indexer_full[i]; });
        add_indexer(draft, indexed, true, caches);
    }
    LayerIndices recurrent;
    for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i)
        if (draft.recurrent[i]) recurrent.push_back(i);
    if (!recurrent.empty()) caches.push_back(recurrent_cache(draft, recurrent));
}

void add_caches(const ArchTraits& row, const Draft& draft, std::vector<CachePlan>& caches) {
    const LayerIndices all = layers_where(draft, [](std::uint32_t) { return true; });
    const LayerIndices trunk = layers_where(draft, [&](std::uint32_t i) { return i < draft.trunk_layers(); });
    const auto indexed = [&] {
        LayerIndices layers;
        for (std::uint32_t i = 0; i < draft.trunk_layers(); ++i)
            if (draft.indexer_full[i]) layers.push_back(i);
        return layers;
    };
    const bool key_only = draft.compressed_latent();
    if (draft.no_memory) return;
    switch (row.memory) {
        case MemoryClass::none:
        case MemoryClass::borrowed: return;
        case MemoryClass::sparse_latent:
            add_attention_caches(draft, row.nextn.in_main ? all : trunk, key_only, caches);
            return add_indexer(draft, indexed(), key_only, caches);
        case MemoryClass::sparse:
            add_attention_caches(draft, all, key_only, caches);
            return add_indexer(draft, layers_where(draft, [&](std::uint32_t i) { return i >= draft.leading_dense; }),
                               key_only, caches);
        case MemoryClass::compressed:
        case MemoryClass::compressed_shared:
            add_attention_caches(draft, all, true, caches);
            for (CachePlan& cache : caches) cache.window_ignores_unified = cache.stream_per_sequence = true;
            if (row.memory == MemoryClass::compressed) return add_compressed_caches(draft, caches);
            return add_shared_compressed_caches(draft, caches);
        case MemoryClass::standard: break;
    }
    if (row.recurrent.when != RecurrentWhen::never) return add_hybrid_caches(row, draft, caches);
    // A router is attended to by the trunk; a model of nothing but prediction layers has no trunk.
    const bool whole = draft.router || trunk.empty();
    add_attention_caches(draft, whole ? all : trunk, key_only, caches);
}

// llama.cpp's assertions about windows and shared layers, which end the process.
void check_windows(const ArchTraits& row, const Draft& draft, Hparams& hparams) {
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

// The size of a matrix beside each row is worked out from the rows' head dimension; llama.cpp divides by zero where a
// cache that has one holds no layer, and aborts where it asks whether a prediction layer has an indexer.
void check_indexers(const ArchTraits& row, const Draft& draft, const MemoryPlan& plan, Hparams& hparams) {
    const auto holds = [&](CacheKind kind) {
        return std::ranges::any_of(plan.caches, [kind](const CachePlan& cache) { return cache.kind == kind; });
    };
    if (row.memory == MemoryClass::sparse_latent && row.nextn.in_main && draft.nextn_layers > 0 &&
        holds(CacheKind::indexer))
        hparams.refuse("next-token-prediction layers have no indexer: llama.cpp aborts");
    if (!row.rotates_index_keys) return;
    if (!holds(CacheKind::indexer)) hparams.refuse("no layer has an indexer of its own: llama.cpp divides by zero");
    else if (draft.always_rotated() && row.memory == MemoryClass::compressed)
        hparams.refuse("attention.key_length is attention.indexer.key_length: llama.cpp divides by zero");
}

}  // namespace

std::optional<std::uint32_t> shared_source(const Draft& draft, std::uint32_t layer) {
    return draft.has_kv(layer) ? std::nullopt : std::optional(draft.kv_source[layer]);
}

MemoryPlan plan_memory(const ArchTraits& row, const Draft& draft, Hparams& hparams) {
    MemoryPlan plan = common(row, draft);
    add_caches(row, draft, plan.caches);
    check_windows(row, draft, hparams);
    check_indexers(row, draft, plan, hparams);
    return plan;
}

std::optional<MemoryPlan> plan_prediction_memory(const ArchTraits& row, const Draft& draft) {
    if (draft.nextn_layers == 0 || draft.router) return std::nullopt;
    MemoryPlan plan = common(row, draft);
    const bool cached = row.memory != MemoryClass::none && row.memory != MemoryClass::borrowed;
    if (!cached) return plan;
    if (!row.nextn.apart || row.recurrent.when == RecurrentWhen::all || draft.trunk_layers() == 0) {
        add_caches(row, draft, plan.caches);
        return plan;
    }
    const LayerIndices own = layers_where(draft, [&](std::uint32_t i) { return i >= draft.trunk_layers(); });
    // Prediction layers of sparse models attend to everything, so their cache is a plain one.
    if (row.memory == MemoryClass::sparse_latent) add_plain_cache(draft, own, draft.compressed_latent(), plan.caches);
    else add_attention_caches(draft, own, draft.compressed_latent(), plan.caches);
    if (draft.index_rows > 0) add_indexer(draft, own, true, plan.caches);
    return plan;
}

}  // namespace attnx::model

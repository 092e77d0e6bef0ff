#include "shared_latent_graph.h"

#include "stream_graph.h"

namespace attnx::model {
namespace {

IndexerPlan row_indexer(PlanKeys& keys, const LayerSpec& layer) {
    return {.heads = keys.require_u32("attention.indexer.head_count"),
            .dim = keys.require_u32("attention.indexer.key_length"),
            .chosen = keys.require_u32("attention.indexer.top_k"),
            .rope = layer.rotation,
            .rotates_last = true};
}

}  // namespace

void shared_latent_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    graph.hyper = balanced_streams(keys);
    clamp_gates_and_ups(graph, keys, spec);
    const std::uint32_t groups = keys.require_u32("attention.output_group_count");
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        const LayerSpec& layer = spec.layers[i];
        SharedLatentPlan& shared = graph.layers[i].shared.emplace();
        shared.rope_dim = layer.rotation ? layer.rotation->dimensions : 0;
        shared.output_groups = groups;
        if (!layer.compress_ratio) continue;
        CompressionPlan& rows = shared.compressed.emplace();
        rows.ratio = *layer.compress_ratio;
        if (layer.indexer) rows.indexer = row_indexer(keys, layer);
    }
}

}  // namespace attnx::model

#include "layers.h"

#include <algorithm>

#include "memory_plan.h"
#include "mixers/mixer.h"
#include "read.h"
#include "rotation.h"

namespace attnx::model {
namespace {

LayerKind kind_of(const ArchTraits& row, const Draft& draft, std::uint32_t layer) {
    if (draft.recurrent[layer]) {
        if (row.recurrent.when != RecurrentWhen::by_tensors) return row.recurrent.kind;
        if (draft.wkv_head != 0) return LayerKind::rwkv;
        if (draft.short_conv_cache != 0) return LayerKind::short_conv;
        return draft.ssm_groups != 0 ? LayerKind::mamba2 : LayerKind::mamba;
    }
    if (row.recurrent.when == RecurrentWhen::without_kv_heads_and_ffn && draft.feed_forward[layer] != 0)
        return LayerKind::feed_forward;
    if (row.convolutional) return LayerKind::convolution;
    if (row.may_lack_attention && draft.head_count[layer] == 0) return LayerKind::feed_forward;
    if (row.may_lack_attention && draft.head_count_kv[layer] == 0) return LayerKind::linear;
    if (draft.compress_ratio(layer) != 0) return LayerKind::compressed;
    const bool latent = row.projections == ProjectionShape::latent || draft.compressed_latent();
    return latent ? LayerKind::mla : LayerKind::attention;
}

// Of the keys (or compressed rows) it could see, a layer attends to those that an indexer chooses.
bool has_indexer(const ArchTraits& row, const Draft& draft, std::uint32_t layer) {
    if (layer < draft.dense.size() && draft.dense[layer]) return false;
    switch (row.memory) {
        case MemoryClass::sparse_latent: return layer < draft.trunk_layers();
        case MemoryClass::sparse: return layer >= draft.leading_dense;
        case MemoryClass::compressed: return draft.compress_ratio(layer) == kFineRatio;
        case MemoryClass::compressed_shared: return draft.compress_ratio(layer) != 0;
        case MemoryClass::standard:
            return draft.index_rows > 0 && layer < draft.trunk_layers() && !draft.recurrent[layer];
        case MemoryClass::none:
        case MemoryClass::borrowed: break;
    }
    return false;
}

ProjectionShape projections_of(const ArchTraits& row, const Draft& draft, LayerKind kind) {
    if (kind != LayerKind::attention && kind != LayerKind::mla && kind != LayerKind::compressed)
        return ProjectionShape::standard;
    if (kind == LayerKind::mla && draft.compressed_latent() && row.projections == ProjectionShape::standard)
        return ProjectionShape::latent;
    return row.projections;
}

// By the keys: whether a layer has experts instead of, or beside, the dense network.
bool has_experts(const ArchTraits& row, const Draft& draft, LayerKind kind, std::uint32_t layer) {
    if (draft.expert_count == 0 || layer < draft.leading_dense) return false;
    if (row.recurrent.when == RecurrentWhen::without_kv_heads_and_ffn) return kind == LayerKind::feed_forward;
    if (draft.expert_every > 0) return layer % draft.expert_every == 1;
    return draft.expert_layer_step <= 1 || (std::uint64_t{layer} + 1) % draft.expert_layer_step == 0;
}

void feed_forward_by_keys(const ArchTraits& row, const Draft& draft, LayerSpec& layer) {
    const std::uint64_t dense = draft.feed_forward[layer.index];
    layer.feed_forward_length = dense;
    if (!has_experts(row, draft, layer.kind, layer.index)) return;
    layer.expert_count = draft.expert_count;
    const std::uint32_t width = draft.expert_width(layer.index);
    layer.expert_used_count = draft.experts_used(layer.index);
    layer.expert_feed_forward_length = width != 0 ? width : dense;
    layer.shared_expert_feed_forward_length =
        draft.shared_feed_forward != 0 ? draft.shared_feed_forward : std::uint64_t{draft.shared_experts} * width;
    if (!row.dense_beside_experts) layer.feed_forward_length = 0;
}

void feed_forward_by_tensors(const Draft& draft, const BlockCensus& block, LayerSpec& layer) {
    layer.feed_forward_length = block.feed_forward;
    layer.shared_expert_feed_forward_length = block.shared_feed_forward;
    if (block.experts == 0) return;
    layer.expert_count = static_cast<std::uint32_t>(std::min<std::uint64_t>(block.experts, UINT32_MAX));
    layer.expert_used_count = draft.experts_used(layer.index);
    layer.expert_feed_forward_length = block.expert_feed_forward;
}

}  // namespace

std::vector<LayerSpec> describe_layers(const ArchTraits& row, const Draft& draft, const Census& census,
                                       Hparams& hparams) {
    std::vector<LayerSpec> layers(draft.layer_count_all);
    const std::size_t blocks = census.blocks.size();
    const Rotations rotations(row, draft, hparams);
    for (std::uint32_t i = 0; i < draft.layer_count_all; ++i) {
        LayerSpec& layer = layers[i];
        layer.index = i;
        layer.kind = kind_of(row, draft, i);
        layer.projections = projections_of(row, draft, layer.kind);
        layer.head_count = draft.head_count[i];
        layer.head_count_kv = draft.head_count_kv[i];
        layer.head_dim_k = draft.head_dim_k(i);
        layer.head_dim_v = draft.head_dim_v(i);
        layer.rope_dimensions = draft.sliding[i] ? draft.rope_dimensions_sliding : draft.rope_dimensions;
        layer.sliding = draft.sliding[i];
        layer.recurrent = draft.recurrent[i];
        layer.has_kv = draft.has_kv(i);
        layer.next_token_prediction = i >= draft.trunk_layers() && !draft.router;
        layer.router = i >= draft.trunk_layers() && draft.router;
        layer.kv_shared_with = shared_source(draft, i);
        if (const std::uint32_t ratio = draft.compress_ratio(i); ratio != 0) layer.compress_ratio = ratio;
        layer.indexer = has_indexer(row, draft, i);
        rotations.describe(layer);
        // Loops run the same blocks again.
        if (blocks > 0 && census.blocks[i % blocks].present)
            feed_forward_by_tensors(draft, census.blocks[i % blocks], layer);
        else feed_forward_by_keys(row, draft, layer);
        if (layer.kind == LayerKind::feed_forward && layer.feed_forward_length == 0 && layer.expert_count == 0)
            layer.kind = LayerKind::empty;
    }
    if (blocks > 0) hparams.fact("feed_forward", "per layer", Source::tensor, "widths of the down projections");
    return layers;
}

}  // namespace attnx::model

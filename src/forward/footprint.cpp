#include "attnx/forward/footprint.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "attnx/base/checked.h"
#include "attnx/trace/sink.h"

namespace attnx::forward {

using model::LayerKind;
using model::LayerPlan;
using model::Stem;

namespace {

constexpr std::uint64_t kFloat = sizeof(float);
constexpr std::uint64_t kPackedParts = 2;   // panels are filled up; latent keys are their own values
constexpr std::uint64_t kRowsAtOnce = 64;   // of a matrix, dequantised by each thread
constexpr std::uint64_t kStreamCopies = 8;  // norms, sums and residuals of a block

std::uint64_t product_of(std::initializer_list<std::uint64_t> factors) {
    std::uint64_t all = 1;
    for (const std::uint64_t factor : factors) all = times(all, factor);
    return all;
}

bool attends(LayerKind kind) {
    return kind == LayerKind::attention || kind == LayerKind::mla || kind == LayerKind::compressed ||
           kind == LayerKind::attention_and_mamba2;
}

// Of an indexer's keys.
std::uint64_t index_per_token(const std::optional<model::IndexerPlan>& indexer) {
    return indexer && indexer->own ? indexer->dim / std::max(indexer->pool.value_or(1), 1U) : 0;
}

// Of compressed rows, and of what an indexer knows them by.
std::uint64_t rows_per_token(const LayerPlan& plan) {
    const auto& rows = plan.shared->compressed;
    if (!rows || !rows->own) return 0;
    return (std::uint64_t{plan.attention.dim_k} + (rows->indexer ? rows->indexer->dim : 0)) /
               std::max(rows->ratio, 1U) +
           1;
}

// Floats that a layer keeps of each token.
std::uint64_t kept_per_token(const LayerPlan& plan, bool absorbed) {
    const auto& a = plan.attention;
    if (plan.shared) return add_up(a.dim_k, rows_per_token(plan));
    if (!attends(plan.kind) || a.kv_of_layer) return 0;
    const std::uint64_t index = index_per_token(plan.indexer);
    if (plan.kind != LayerKind::mla) return add_up(times(a.kv_heads, std::uint64_t{a.dim_k} + a.dim_v), index);
    const auto& l = plan.latent;
    if (absorbed) return add_up(std::uint64_t{l.rank} + l.rope_dim, index);
    return add_up(times(a.heads, std::uint64_t{l.nope_dim} + l.rope_dim + l.dim_v), index);
}

// What the tensors of a block tell: each matrix gives its outputs for every token.
struct BlockTensors {
    std::uint64_t outputs = 0, longest_row = 0, q_outputs = 0;
    bool absorbed = false;
};

void add_tensor(BlockTensors& block, const model::PlannedTensor& tensor) {
    const bool of_heads =
        tensor.stem == Stem::attn_k_b || tensor.stem == Stem::attn_v_b;  // all at work at once, unlike experts
    if (tensor.dimensions > 1)
        block.outputs = add_up(block.outputs, times(tensor.shape[1], of_heads ? tensor.shape[2] : 1));
    block.longest_row = std::max(block.longest_row, tensor.shape[0]);
    if (tensor.suffix != model::Suffix::weight) return;
    if (tensor.stem == Stem::attn_q) block.q_outputs = tensor.shape[1];
    if (tensor.stem == Stem::attn_k_b) block.absorbed = true;
}

std::map<std::uint32_t, BlockTensors> blocks_of(const model::TensorPlan& plan, model::Stack stack) {
    std::map<std::uint32_t, BlockTensors> blocks;
    for (const model::PlannedTensor& tensor : plan.tensors)
        if (tensor.place.stack == stack && tensor.usable()) add_tensor(blocks[tensor.place.layer], tensor);
    return blocks;
}

// What indexers and compressors keep of tokens that are not in a whole pool or row yet, and of the row before.
std::uint64_t unfinished(const LayerPlan& plan) {
    const auto pool = [](const std::optional<model::IndexerPlan>& indexer) {
        return indexer && indexer->own ? product_of({2, indexer->dim, indexer->pool.value_or(0)}) : 0;
    };
    const auto rows = plan.shared ? plan.shared->compressed : std::nullopt;
    if (!rows || !rows->own) return pool(plan.indexer);
    const std::uint64_t offered = std::uint64_t{plan.attention.dim_k} + (rows->indexer ? rows->indexer->dim : 0);
    return product_of({8, rows->ratio, offered});
}

// Floats that a layer keeps however many tokens there were: its memory, and the last inputs of its convolutions.
std::uint64_t state_of(const LayerPlan& plan, const BlockTensors& tensors) {
    const auto& s = plan.state;
    const std::uint64_t history = times(s.kernel, add_up(s.inner, product_of({2, s.groups, s.state})));
    switch (plan.kind) {
        case LayerKind::mamba:
        case LayerKind::mamba2:
        case LayerKind::attention_and_mamba2: return add_up(times(s.inner, s.state), history);
        case LayerKind::delta: return add_up(product_of({s.heads, s.state, s.state}), history);
        case LayerKind::lightning:
            return product_of({plan.attention.heads, plan.attention.dim_k, plan.attention.dim_k});
        case LayerKind::kda: return times(tensors.q_outputs, add_up(s.head_dim, product_of({3, s.kernel})));
        default: return 0;
    }
}

}  // namespace

Footprint footprint(const model::TensorPlan& plan, const model::Graph& graph) {
    std::map<std::uint32_t, BlockTensors> blocks = blocks_of(plan, graph.stack);
    Footprint all;
    all.longest_row = graph.width;
    std::uint64_t widest = 0, ngrams = 0;
    for (const LayerPlan& layer : graph.layers) {
        const BlockTensors& tensors = blocks[layer.weights_of];
        const std::uint64_t latent = std::uint64_t{layer.latent.rank} + layer.latent.rope_dim;
        const std::uint64_t kept = kept_per_token(layer, tensors.absorbed);
        all.kept = add_up(all.kept, kept);
        all.packed = std::max(all.packed, times(kept, kPackedParts));
        all.states = add_up(all.states, add_up(state_of(layer, tensors), unfinished(layer)));
        all.longest_row = std::max(all.longest_row, tensors.longest_row);
        all.chooses_keys = all.chooses_keys || layer.indexer || (layer.shared && layer.shared->compressed);
        if (layer.ngrams) ngrams = std::max(ngrams, product_of({layer.ngrams->buckets.size(), layer.ngrams->width}));
        all.attends = all.attends || attends(layer.kind);
        widest = std::max(
            widest, add_up(tensors.outputs, tensors.absorbed ? product_of({2, layer.attention.heads, latent}) : 0));
    }
    std::uint64_t copies = graph.altup ? kStreamCopies + 3 * std::uint64_t{graph.altup->copies} : kStreamCopies;
    if (graph.hyper) copies = times(copies, graph.hyper->count);
    if (graph.bank_every != 0) copies += graph.layers.size() / graph.bank_every + 1;
    if (graph.taps) copies += graph.layers.size();
    all.activations = add_up(add_up(widest, ngrams), times(copies, graph.width));
    if (graph.per_layer_input)
        all.activations = add_up(all.activations, product_of({3, graph.layers.size(), graph.per_layer_input->width}));
    return all;
}

std::vector<Need> Footprint::needs(std::uint64_t tokens, unsigned threads) const {
    const std::uint64_t queries = attends ? std::min<std::uint64_t>(tokens, trace::queries_at_once(tokens)) : 0;
    std::vector<Need> all = {
        {fmt::format("keys and values of {} tokens", tokens), product_of({kept, tokens, kFloat})},
        {fmt::format("keys and values of a layer, {} tokens", tokens), product_of({packed, tokens, kFloat})},
        {"recurrent states", times(states, kFloat)},
        {fmt::format("activations of {} tokens", tokens), product_of({activations, tokens, kFloat})},
        {"attention weights of a block of queries", product_of({threads, queries, tokens, kFloat})},
        {"rows of matrices", product_of({threads, kRowsAtOnce, longest_row, kFloat})}};
    if (chooses_keys) all.push_back({"keys that an indexer chooses", times(tokens, tokens)});
    return all;
}

Need map_needs(const model::Graph& graph, std::span<const std::uint32_t> layers, std::uint64_t tokens) {
    std::uint64_t floats = 0;
    for (const std::uint32_t layer : layers) {
        if (layer >= graph.layers.size()) continue;
        const LayerPlan& plan = graph.layers[layer];
        const bool rows = plan.shared && plan.shared->compressed;
        const std::uint64_t beside = rows ? tokens / std::max(plan.shared->compressed->ratio, 1U) : 0;
        floats = add_up(floats, product_of({plan.attention.heads, tokens, add_up(tokens, beside)}));
    }
    return {fmt::format("maps of {} layers, {} tokens", layers.size(), tokens), times(floats, kFloat)};
}

}  // namespace attnx::forward

#include "attnx/model/compute_plan.h"

#include <algorithm>
#include <string_view>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/model/roles.h"
#include "attnx/model/visible.h"
#include "parameters.h"

namespace attnx::model {
namespace {

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
    const auto sum = checked_add(a, b);
    if (!sum) throw Error(ErrorCode::overflow, "the weights of a layer do not fit in 64 bits");
    return *sum;
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
    const auto product = checked_multiply(a, b);
    if (!product) throw Error(ErrorCode::overflow, "the weights of a layer do not fit in 64 bits");
    return *product;
}

// The part of `amount` that falls to share / whole; shares are row counts, so divisions come out whole in real files.
std::uint64_t portion(std::uint64_t amount, std::uint64_t share, std::uint64_t whole) {
    if (whole == 0) return 0;
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>(Wide{amount} * std::min(share, whole) / whole);
}

// A fused matrix divided as its rows are: queries, keys, values.
void add_fused(LayerWeights& weights, const LayerSpec& layer, std::uint64_t elements) {
    const std::uint64_t q = multiply(layer.head_count, layer.head_dim_k);
    const std::uint64_t k = multiply(layer.head_count_kv, layer.head_dim_k);
    const std::uint64_t v = multiply(layer.head_count_kv, layer.head_dim_v);
    const std::uint64_t all = add(q, add(k, v));
    const std::uint64_t k_part = portion(elements, k, all), v_part = portion(elements, v, all);
    weights.k = add(weights.k, k_part);
    weights.v = add(weights.v, v_part);
    weights.q = add(weights.q, elements - k_part - v_part);
}

// The stage that a matrix belongs to; nullptr: none (norms, embeddings, tables that are looked up).
std::uint64_t LayerWeights::*stage_of(const TensorRole& role) {
    switch (role.role) {
        case Role::q:
        case Role::q_a:
        case Role::q_b:
        case Role::k_b: return &LayerWeights::q;  // k_b is absorbed into the query
        case Role::k:
        case Role::kv_a:
        case Role::shared_kv:
        case Role::compressor: return &LayerWeights::k;
        case Role::v:
        case Role::v_b: return &LayerWeights::v;
        case Role::o:
        case Role::o_a:
        case Role::o_b:
        case Role::gate: return &LayerWeights::o;
        default: break;
    }
    switch (role.group) {
        case RoleGroup::recurrent:
        case RoleGroup::indexer: return &LayerWeights::mixer;
        case RoleGroup::feed_forward: return &LayerWeights::feed_forward;
        default: return nullptr;
    }
}

// A tensor of the file, or one that its architecture demands of a file without tensors.
struct Counted {
    TensorRole role;
    std::uint64_t elements = 0, bytes = 0;
    bool matrix = false;  // norms and biases are O(width)
};

void count(LayerWeights& weights, const LayerSpec& layer, const Counted& tensor) {
    const TensorRole& role = tensor.role;
    const std::uint64_t elements = used_part(role, layer, tensor.elements);
    weights.active_bytes = add(weights.active_bytes, used_part(role, layer, tensor.bytes));
    if (!tensor.matrix || !role.is_weight()) return;
    if (role.role == Role::qkv && attends(layer)) {
        add_fused(weights, layer, elements);
    } else if (role.role == Role::qkv) {
        weights.mixer = add(weights.mixer, elements);
    } else if (role.role == Role::kv_b) {
        const std::uint64_t v = portion(elements, layer.head_dim_v, std::uint64_t{layer.head_dim_k} + layer.head_dim_v);
        weights.k = add(weights.k, elements - v);
        weights.v = add(weights.v, v);
    } else if (const auto stage = stage_of(role)) {
        weights.*stage = add(weights.*stage, elements);
    }
}

// Models that run their blocks several times (Nanbeige) have more layers than blocks.
void repeat_blocks(ComputePlan& plan, std::size_t blocks) {
    if (blocks == 0 || plan.layers.size() % blocks != 0) return;
    for (std::size_t i = blocks; i < plan.layers.size(); ++i) {
        LayerWeights copy = plan.layers[i % blocks];
        copy.layer = plan.layers[i].layer;
        plan.layers[i] = copy;
    }
}

// What the file has, the plan's tensors and superfluous ones alike; of a file without tensors, or without some of its
// parts, also what its architecture demands.
std::vector<Counted> counted_tensors(const ModelSpec& spec, std::span<const gguf::TensorInfo> tensors) {
    constexpr std::uint64_t kBytesPerWeight = 2;  // f16
    std::vector<Counted> all;
    for (const gguf::TensorInfo& info : tensors)
        all.push_back({role_of(info.name), info.elements, info.bytes.value_or(0), info.dimension_count > 1});
    if (!all.empty() && !spec.tensors.parts_missing) return all;
    for (const PlannedTensor& tensor : spec.tensors.tensors)
        if (tensor.required && !tensor.index)
            all.push_back({role_of(tensor), tensor.elements(), multiply(tensor.elements(), kBytesPerWeight),
                           tensor.dimensions > 1});
    return all;
}

ComputePlan from_tensors(const ModelSpec& spec, std::span<const Counted> tensors, ComputePlan plan) {
    const Counted* embedding = nullptr;
    std::size_t blocks = 0;
    for (const Counted& tensor : tensors) {
        const TensorRole& role = tensor.role;
        const bool block = role.stack == Stack::trunk || role.stack == Stack::encoder || role.stack == Stack::decoder;
        if (block && role.layer && *role.layer < plan.layers.size()) {
            count(plan.layers[*role.layer], spec.layers[*role.layer], tensor);
            blocks = std::max<std::size_t>(blocks, *role.layer + 1);
        } else if (role.role == Role::output && role.is_weight()) {
            plan.output_head = tensor.elements;
            plan.output_head_bytes = tensor.bytes;
        } else if (role.role == Role::token_embedding && role.is_weight()) {
            embedding = &tensor;
        }
    }
    if (plan.output_head == 0 && embedding) {  // tied: the embedding makes the logits too
        plan.output_head = embedding->elements;
        plan.output_head_bytes = embedding->bytes;
    }
    repeat_blocks(plan, blocks);
    return plan;
}

void count_by_formula(LayerWeights& weights, const LayerSpec& layer, std::uint64_t width) {
    constexpr std::uint64_t kGatedMatrices = 3, kBytesPerWeight = 2;  // gate, up, down; f16
    if (attends(layer)) {
        weights.q = multiply(width, multiply(layer.head_count, layer.head_dim_k));
        weights.k = multiply(width, multiply(layer.head_count_kv, layer.head_dim_k));
        weights.v = layer.kind == LayerKind::mla ? 0 : multiply(width, multiply(layer.head_count_kv, layer.head_dim_v));
        weights.o = multiply(width, multiply(layer.head_count, layer.head_dim_v));
    }
    const std::uint64_t experts = add(multiply(layer.expert_used_count, layer.expert_feed_forward_length),
                                      layer.shared_expert_feed_forward_length);
    weights.feed_forward =
        multiply(kGatedMatrices * width, layer.expert_count == 0 ? layer.feed_forward_length : experts);
    std::uint64_t all = 0;
    for (const std::uint64_t part : {weights.q, weights.k, weights.v, weights.o, weights.feed_forward})
        all = add(all, part);
    weights.active_bytes = multiply(all, kBytesPerWeight);
}

ComputePlan from_geometry(const ModelSpec& spec, ComputePlan plan) {
    for (std::size_t i = 0; i < spec.layers.size(); ++i)
        count_by_formula(plan.layers[i], spec.layers[i], spec.embedding_length);
    plan.output_head = multiply(spec.embedding_length, spec.vocabulary_size);
    plan.output_head_bytes = multiply(plan.output_head, 2);
    return plan;
}

}  // namespace

ComputePlan build_compute_plan(const ModelSpec& spec, std::span<const gguf::TensorInfo> tensors) {
    ComputePlan plan;
    for (const LayerSpec& layer : spec.layers) {
        LayerWeights weights;
        weights.layer = layer.index;
        plan.layers.push_back(weights);
    }
    for (const CachePlan& cache : spec.memory.caches)
        for (const CacheLayer& layer : cache.layers)
            if (layer.layer < plan.layers.size()) {
                std::uint64_t& state = plan.layers[layer.layer].state_elements;
                state = add(state, layer.state_s_elements);
            }
    const std::vector<Counted> counted = counted_tensors(spec, tensors);
    const bool has_blocks =
        std::ranges::any_of(counted, [](const Counted& tensor) { return tensor.role.layer.has_value(); });
    if (!has_blocks) return from_geometry(spec, std::move(plan));
    plan.counted_from_tensors = !tensors.empty() && !spec.tensors.parts_missing;
    return from_tensors(spec, counted, std::move(plan));
}

}  // namespace attnx::model

#include "attnx/analysis/compute_cost.h"

#include <algorithm>
#include <numeric>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/model/visible.h"

namespace attnx::analysis {
namespace {

using model::LayerSpec;
using model::LayerWeights;
using model::ModelSpec;

struct StageName {
    std::string_view id, title;
};
constexpr std::array<StageName, kStageCount> kStageNames = {{
    {"q_projection", "Q projection"},
    {"k_projection", "K projection"},
    {"v_projection", "V projection"},
    {"scores", "scores Q·K"},
    {"softmax", "softmax"},
    {"weighted_sum", "weighted sum of V"},
    {"o_projection", "O projection"},
    {"mixer", "recurrent and other mixers"},
    {"feed_forward", "feed-forward"},
    {"output_head", "output head"},
}};

double& at(StageFlops& flops, Stage stage) { return flops[static_cast<std::size_t>(stage)]; }

std::uint64_t product(std::initializer_list<std::uint64_t> factors) {
    std::uint64_t result = 1;
    for (const std::uint64_t factor : factors) {
        const auto next = checked_multiply(result, factor);
        if (!next) throw Error(ErrorCode::overflow, "the size of the attention matrix does not fit in 64 bits");
        result = *next;
    }
    return result;
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
    const auto result = checked_add(a, b);
    if (!result) throw Error(ErrorCode::overflow, "a sum of bytes does not fit in 64 bits");
    return *result;
}

// What the last of so many tokens sees.
std::uint64_t keys_of_last(const ModelSpec& spec, const LayerSpec& layer, std::uint64_t tokens) {
    return tokens == 0 ? 0 : visible_keys(mask_of(spec, layer), tokens - 1, tokens).count();
}

LayerCompute cost_of(const ModelSpec& spec, const LayerSpec& layer, const LayerWeights& weights,
                     const ComputeParams& params) {
    LayerCompute cost;
    cost.layer = layer.index;
    const double queries = params.decode ? 1.0 : static_cast<double>(params.context);
    const double tokens = queries * static_cast<double>(params.batch);
    const auto multiply_add = [&](std::uint64_t elements) { return 2.0 * static_cast<double>(elements) * tokens; };
    at(cost.flops, Stage::q) = multiply_add(weights.q);
    at(cost.flops, Stage::k) = multiply_add(weights.k);
    at(cost.flops, Stage::v) = multiply_add(weights.v);
    at(cost.flops, Stage::o) = multiply_add(weights.o);
    at(cost.flops, Stage::mixer) =
        multiply_add(weights.mixer) + 4.0 * static_cast<double>(weights.state_elements) * tokens;
    at(cost.flops, Stage::feed_forward) = multiply_add(weights.feed_forward);
    if (attends(layer)) {
        const double pairs_per_head = params.decode ? static_cast<double>(keys_of_last(spec, layer, params.context))
                                                    : visible_pairs(mask_of(spec, layer), params.context);
        const double pairs = pairs_per_head * layer.head_count * static_cast<double>(params.batch);
        at(cost.flops, Stage::scores) = 2.0 * layer.head_dim_k * pairs;
        at(cost.flops, Stage::softmax) = 5.0 * pairs;
        at(cost.flops, Stage::weighted_sum) = 2.0 * layer.head_dim_v * pairs;
        cost.attention_matrix_bytes = product(
            {params.batch, layer.head_count, params.decode ? 1 : params.context, params.context, sizeof(float)});
    }
    cost.total_flops = std::accumulate(cost.flops.begin(), cost.flops.end(), 0.0);
    return cost;
}

// Of K and V that a layer keeps for a token, as its cache does: latent rows have no V. Layers without a cache
// (encoders) make both.
std::uint64_t elements_per_token(const ModelSpec& spec, const LayerSpec& layer) {
    const std::uint32_t owner = layer.kv_shared_with.value_or(layer.index);
    for (const model::CachePlan& cache : spec.memory.caches) {
        if (cache.kind != model::CacheKind::full && cache.kind != model::CacheKind::sliding) continue;
        for (const model::CacheLayer& kept : cache.layers)
            if (kept.layer == owner) return sum(kept.key_elements, kept.value_elements);
    }
    return product({layer.head_count_kv, std::uint64_t{layer.head_dim_k} + layer.head_dim_v});
}

std::uint64_t cache_bytes_read(const ModelSpec& spec, const LayerSpec& layer, const LayerWeights& weights,
                               std::uint64_t position) {
    std::uint64_t bytes = product({weights.state_elements, sizeof(float)});
    if (attends(layer)) {
        const std::uint64_t row = product({elements_per_token(spec, layer), 2});
        bytes = sum(bytes, product({keys_of_last(spec, layer, position), row}));
    }
    return bytes;
}

bool scores_outweigh(const ModelSpec& spec, const model::ComputePlan& plan, std::uint64_t context) {
    double scores = 0, projections = 0;
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
        const LayerSpec& layer = spec.layers[i];
        if (!attends(layer)) continue;
        scores += 2.0 * (double(layer.head_dim_k) + layer.head_dim_v) * layer.head_count *
                  visible_pairs(mask_of(spec, layer), context);
        const LayerWeights& w = plan.layers[i];
        projections += 2.0 * static_cast<double>(w.q + w.k + w.v + w.o) * static_cast<double>(context);
    }
    return projections > 0 && scores >= projections;
}

// Scores per token never shrink as the context grows, so a binary search finds the first context that outweighs.
std::optional<std::uint64_t> crossover(const ModelSpec& spec, const model::ComputePlan& plan) {
    std::uint64_t low = 1, high = std::uint64_t{1} << 32;
    if (!scores_outweigh(spec, plan, high)) return std::nullopt;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (scores_outweigh(spec, plan, middle)) high = middle;
        else low = middle + 1;
    }
    return low;
}

}  // namespace

std::string_view id(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)].id; }
std::string_view title(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)].title; }

ComputeCost compute_cost(const ModelSpec& spec, const model::ComputePlan& plan, const ComputeParams& params) {
    if (params.context == 0) throw Error(ErrorCode::refused, "a context of 0 tokens has no cost");
    if (params.batch == 0) throw Error(ErrorCode::refused, "a batch of 0 sequences has no cost");
    ComputeCost cost;
    cost.params = params;
    cost.counted_from_tensors = plan.counted_from_tensors;
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
        const LayerSpec& layer = spec.layers[i];
        if (layer.next_token_prediction) continue;  // not part of an ordinary step
        cost.layers.push_back(cost_of(spec, layer, plan.layers[i], params));
        const LayerCompute& made = cost.layers.back();
        for (std::size_t stage = 0; stage < kStageCount; ++stage) cost.flops[stage] += made.flops[stage];
        cost.attention_matrix_bytes = sum(cost.attention_matrix_bytes, made.attention_matrix_bytes);
        cost.attention_matrix_bytes_per_layer =
            std::max(cost.attention_matrix_bytes_per_layer, made.attention_matrix_bytes);
        cost.weight_bytes_read = sum(cost.weight_bytes_read, plan.layers[i].active_bytes);
        cost.cache_bytes_read =
            sum(cost.cache_bytes_read, cache_bytes_read(spec, layer, plan.layers[i], params.context));
    }
    // Logits are made for the last token of each sequence only, in prefill too, as llama.cpp does.
    at(cost.flops, Stage::output_head) =
        2.0 * static_cast<double>(plan.output_head) * static_cast<double>(params.batch);
    cost.weight_bytes_read = sum(cost.weight_bytes_read, plan.output_head_bytes);
    cost.total_flops = std::accumulate(cost.flops.begin(), cost.flops.end(), 0.0);
    cost.crossover_context = crossover(spec, plan);
    return cost;
}

}  // namespace attnx::analysis

// The sum of llama.cpp's "KV buffer size" and "RS buffer size" lines: for each cache, rows of K (and V) per
// layer, times cells, times streams; and the float32 states of recurrent layers, times sequences. Each tensor
// is padded to 32 bytes. Layers of a quantised cache also keep the matrices that rotate their rows.
#include "attnx/analysis/kv_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "bytes.h"
#include "kv_context.h"

namespace attnx::analysis {
namespace {

using model::CacheLayer;
using model::CachePlan;
using model::CellRule;

constexpr std::uint64_t kTensorAlignment = 32;  // CPU buffers

std::uint64_t padded(std::uint64_t bytes) {
    const auto aligned = checked_align(bytes, kTensorAlignment);
    if (!aligned) bytes_overflow();
    return *aligned;
}

// Cells of one stream (llama-kv-cache-iswa.cpp, llama-kv-cache-dsv4.cpp: dsv4_comp_size).
std::uint64_t cells_of(const CachePlan& cache, const ContextSizes& sizes, bool swa_full) {
    switch (cache.cells) {
        case CellRule::context: break;
        case CellRule::window: {
            if (swa_full) break;
            const std::uint32_t sequences = sizes.unified && !cache.window_ignores_unified ? sizes.sequences : 1;
            const std::uint32_t wanted = cache.window * sequences + sizes.ubatch;  // wraps, as llama.cpp's does
            return align_up(std::min(sizes.per_sequence, wanted), kPad);
        }
        case CellRule::compressed: {
            const std::uint64_t ratio = std::max(cache.ratio, 1U);
            return align_up(std::max<std::uint64_t>(1, (sizes.per_sequence + ratio - 1) / ratio), kPad);
        }
        case CellRule::fixed: return times(sizes.sequences, std::uint64_t{1} + sizes.snapshots);
    }
    return sizes.per_sequence;
}

std::uint64_t tensor_bytes(gguf::TensorType type, std::uint64_t row, std::uint64_t rows, std::string_view which,
                           std::uint32_t layer) {
    const gguf::TensorTypeRow& kind = gguf::row(type);
    if (row % kind.block_elements != 0)
        throw Error(ErrorCode::refused,
                    fmt::format("llama.cpp refuses this context: the {} row of layer {} has {} elements, no "
                                "multiple of {}'s block of {}",
                                which, layer, row, kind.name, kind.block_elements));
    const auto bytes = gguf::row_bytes(kind, row);
    if (!bytes || row > std::numeric_limits<std::uint32_t>::max()) bytes_overflow();
    return padded(times(*bytes, rows));
}

std::uint64_t matrix_bytes(std::uint64_t side) { return padded(times(times(side, side), sizeof(float))); }

LayerCost cost_of(const CacheLayer& kept, const CachePlan& cache, const ContextSizes& sizes,
                  const ContextParams& params, std::uint64_t cells, std::uint64_t streams) {
    LayerCost cost;
    cost.layer = kept.layer;
    if (cache.cells == CellRule::fixed) {
        const auto state = [&](std::uint64_t elements) { return padded(times(times(elements, cells), sizeof(float))); };
        cost.state_bytes =
            plus(state(kept.state_r_elements), plus(state(kept.state_s_elements), state(kept.state_p_elements)));
        return cost;
    }
    const std::uint64_t rows = times(cells, streams);
    cost.key_bytes = tensor_bytes(params.type_k, kept.key_elements, rows, "K", kept.layer);
    if (cache.always_rotated || is_quantised(params.type_k)) cost.rotation_bytes = matrix_bytes(cache.key_rotation);
    if (kept.value_elements == 0 && kept.value_elements_without_flash == 0) return cost;
    const std::uint64_t values = sizes.flash_attention ? kept.value_elements : kept.value_elements_without_flash;
    cost.value_bytes = tensor_bytes(params.type_v, values, rows, "V", kept.layer);
    if (is_quantised(params.type_v))
        cost.rotation_bytes = plus(cost.rotation_bytes, matrix_bytes(cache.value_rotation));
    return cost;
}

void add(LayerCost& total, const LayerCost& part) {
    total.key_bytes = plus(total.key_bytes, part.key_bytes);
    total.value_bytes = plus(total.value_bytes, part.value_bytes);
    total.state_bytes = plus(total.state_bytes, part.state_bytes);
    total.rotation_bytes = plus(total.rotation_bytes, part.rotation_bytes);
}

CacheCost cost_of(const CachePlan& cache, const ContextSizes& sizes, const ContextParams& params,
                  std::vector<LayerCost>& layers) {
    const bool fixed = cache.cells == CellRule::fixed;
    CacheCost cost;
    cost.kind = cache.kind;
    cost.label = cache.label;
    cost.layers = cache.layers.size();
    cost.cells = cells_of(cache, sizes, params.swa_full);
    cost.streams = fixed ? 1 : cache.stream_per_sequence ? sizes.sequences : sizes.streams();
    LayerCost sum;
    for (const CacheLayer& kept : cache.layers) {
        const LayerCost layer = cost_of(kept, cache, sizes, params, cost.cells, cost.streams);
        add(sum, layer);
        if (kept.layer < layers.size()) add(layers[kept.layer], layer);
    }
    cost.key_bytes = sum.key_bytes;
    cost.value_bytes = sum.value_bytes;
    cost.state_bytes = sum.state_bytes;
    cost.rotation_bytes = sum.rotation_bytes;
    // llama.cpp's allocator has nothing to allocate and reports failure (llama-kv-cache.cpp).
    if (!cache.layers.empty() && sum.key_bytes == 0 && sum.value_bytes == 0 && sum.state_bytes == 0)
        throw Error(
            ErrorCode::refused,
            fmt::format("llama.cpp refuses this context: all tensors of the cache \"{}\" are empty", cache.label));
    return cost;
}

}  // namespace

KvCost kv_cost(const model::ModelSpec& spec, const ContextParams& params) {
    const model::MemoryPlan& plan = plan_of(spec, params);
    const ContextSizes sizes = settle(plan, params);
    KvCost cost;
    cost.params = params;
    cost.context_allocated = sizes.context;
    cost.context_per_sequence = sizes.per_sequence;
    cost.batch = sizes.batch;
    cost.ubatch = sizes.ubatch;
    cost.flash_attention = sizes.flash_attention;
    for (std::size_t i = 0; i < spec.layers.size(); ++i)
        cost.layers.push_back({.layer = static_cast<std::uint32_t>(i)});
    for (const CachePlan& cache : plan.caches) {
        CacheCost part = cost_of(cache, sizes, params, cost.layers);
        cost.total_bytes = plus(cost.total_bytes, plus(plus(part.key_bytes, part.value_bytes),
                                                       plus(part.state_bytes, part.rotation_bytes)));
        cost.caches.push_back(std::move(part));
    }
    cost.naive_bytes = naive_bytes(spec, params.context == 0 ? plan.trained_context : params.context);
    return cost;
}

double further_token_bytes(const model::ModelSpec& spec, const ContextParams& params) {
    const model::MemoryPlan& plan = plan_of(spec, params);
    std::uint64_t ratio = 1, window = 0;
    for (const CachePlan& cache : plan.caches) {
        ratio = std::max<std::uint64_t>(ratio, cache.ratio);
        if (cache.cells == CellRule::window) window = std::max<std::uint64_t>(window, cache.window);
    }
    // A whole number of rows in every cache, and windows full at both ends.
    const std::uint64_t sequences = std::max<std::uint64_t>(params.parallel, 1);
    const std::uint64_t step = times(times(kPad, ratio), sequences);
    const std::uint64_t full = times(plus(times(window, sequences), plus(params.ubatch, kPad)), sequences);
    ContextParams at = params;
    try {
        at.context = times(full / step + 1, step);
        const std::uint64_t from = kv_cost(spec, at).total_bytes;
        at.context = plus(at.context, step);
        return static_cast<double>(kv_cost(spec, at).total_bytes - from) / static_cast<double>(step);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::refused && error.code() != ErrorCode::overflow) throw;
        return std::numeric_limits<double>::quiet_NaN();
    }
}

std::uint64_t naive_bytes(const model::ModelSpec& spec, std::uint64_t context) {
    const auto first = std::ranges::find_if(
        spec.layers, [](const model::LayerSpec& layer) { return layer.head_count > 0 && layer.head_count_kv > 0; });
    if (first == spec.layers.end()) return 0;
    const std::uint64_t head_dim = spec.embedding_length / first->head_count;
    const std::uint64_t row = times(first->head_count_kv, head_dim);
    return times(times(times(spec.layers.size(), row), context), 4);
}

std::uint64_t kv_bytes_per_token_short(const model::ModelSpec& spec) {
    constexpr std::uint64_t kHalf = 2;
    std::uint64_t total = 0;
    for (const CachePlan& cache : spec.memory.caches) {
        if (cache.cells == CellRule::fixed) continue;
        std::uint64_t elements = 0;
        for (const CacheLayer& layer : cache.layers)
            elements = plus(elements, plus(layer.key_elements, layer.value_elements));
        total = plus(total, times(elements, kHalf) / std::max(cache.ratio, 1U));
    }
    return total;
}

}  // namespace attnx::analysis

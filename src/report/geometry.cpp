#include "geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "attnx/model/visible.h"

namespace attnx::report {

using model::LayerKind;
using model::LayerSpec;
using model::ModelSpec;

std::optional<std::uint32_t> uniform(const ModelSpec& spec, std::uint32_t LayerSpec::*field) {
    if (spec.layers.empty()) return std::nullopt;
    const std::uint32_t first = spec.layers.front().*field;
    const bool same = std::all_of(spec.layers.begin(), spec.layers.end(),
                                  [&](const LayerSpec& layer) { return layer.*field == first; });
    return same ? std::optional(first) : std::nullopt;
}

std::string attention_kind(const LayerSpec& layer) {
    if (layer.kind == LayerKind::mla) return "MLA";
    if (layer.head_count_kv == layer.head_count) return "MHA";
    return layer.head_count_kv == 1 ? "MQA" : "GQA";
}

std::string attention_kind(const ModelSpec& spec) {
    std::set<std::string> kinds;
    for (const LayerSpec& layer : spec.layers)
        if (attends(layer)) kinds.insert(attention_kind(layer));
    if (kinds.empty()) return "none";
    return kinds.size() == 1 ? *kinds.begin() : "mixed";
}

std::optional<double> gqa_ratio(const LayerSpec& layer) {
    if (layer.head_count_kv == 0) return std::nullopt;
    return static_cast<double>(layer.head_count) / layer.head_count_kv;
}

std::string range_text(const ModelSpec& spec, std::uint32_t LayerSpec::*field) {
    std::optional<std::uint32_t> low, high;
    for (const LayerSpec& layer : spec.layers) {
        if (!attends(layer)) continue;
        low = std::min(low.value_or(layer.*field), layer.*field);
        high = std::max(high.value_or(layer.*field), layer.*field);
    }
    if (!low) return "–";
    return *low == *high ? fmt::format("{}", *low) : fmt::format("{} to {}", *low, *high);
}

}  // namespace attnx::report

// Attention whose figures are known without computing it here.
#pragma once

#include <cstdint>
#include <vector>

#include "attnx/analysis/attention_metrics.h"

namespace attnx::analysis {

// Rows of a causal head, the first with one weight, as if they were all of the sequence.
inline HeadMetrics metrics_of(const std::vector<std::vector<float>>& rows, std::vector<std::uint32_t> ids = {}) {
    const Sequence sequence{static_cast<std::uint32_t>(rows.size()), ids};
    HeadMetrics metrics;
    for (std::uint32_t i = 0; i < rows.size(); ++i) metrics.add({i, rows[i], i + 1, sequence});
    return metrics;
}

// The pattern of TransformerLens' head-detector demo.
inline HeadMetrics demo_pattern() { return metrics_of({{1}, {.5f, .5f}, {.2f, .3f, .5f}, {.1f, .15f, .5f, .25f}}); }

inline HeadMetrics uniform(std::uint32_t tokens) { return uniform_metrics({tokens, {}}, {}); }

// No value is -1: no figure is.
inline double value(const HeadMetrics& head, std::string_view id) {
    return head.value(attention_metric(id)).value_or(-1);
}

// 1 + 1/2 + … + 1/n.
inline double harmonic(std::uint32_t n) {
    double sum = 0;
    for (std::uint32_t i = 1; i <= n; ++i) sum += 1.0 / i;
    return sum;
}

inline constexpr std::uint32_t kLengths[] = {2, 5, 8, 16, 64};

}  // namespace attnx::analysis

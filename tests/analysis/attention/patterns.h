// Attention whose figures are known without computing it here.
#pragma once

#include <cstdint>
#include <vector>

#include "attnx/analysis/attention_metrics.h"

namespace attnx::analysis {

// Rows of a causal head, the first with one weight, as if they were all of the sequence, whose length it is.
inline HeadMetrics metrics_of(const std::vector<std::vector<float>>& rows, Sequence sequence = {}) {
    sequence.tokens = static_cast<std::uint32_t>(rows.size());
    HeadMetrics metrics;
    for (std::uint32_t i = 0; i < rows.size(); ++i) metrics.add({i, rows[i], {0, i + 1}, sequence});
    return metrics;
}

// The pattern of TransformerLens' head-detector demo.
inline HeadMetrics demo_pattern() { return metrics_of({{1}, {.5f, .5f}, {.2f, .3f, .5f}, {.1f, .15f, .5f, .25f}}); }

inline HeadMetrics uniform(std::uint32_t tokens) { return uniform_metrics({tokens, {}}, {}); }

// Tokens 1 to n twice, behind a 0.
inline std::vector<std::uint32_t> repeated(std::uint32_t n) {
    std::vector<std::uint32_t> ids = {0};
    for (std::uint32_t i = 0; i < 2 * n; ++i) ids.push_back(1 + i % n);
    return ids;
}
inline HeadMetrics uniform_on(const std::vector<std::uint32_t>& ids, std::uint32_t repeat = 0) {
    return uniform_metrics({static_cast<std::uint32_t>(ids.size()), ids, {}, repeat}, {});
}

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

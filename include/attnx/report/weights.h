// report: what the attention weights look like.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "attnx/analysis/weights.h"
#include "attnx/view/document.h"

namespace attnx::report {

struct WeightsView {
    std::vector<const analysis::WeightMetric*> metrics;  // columns for people; empty: a choice of ours
    const analysis::WeightMetric* sort = nullptr;  // one table of all heads, largest first, instead of one per layer
    const analysis::WeightMetric* map = nullptr;   // layers by heads, drawn, instead of tables
    std::function<bool(std::uint32_t layer, std::uint32_t head)> shown;  // empty: all
};

// JSON has every figure of the heads shown, whatever the view; CSV one line per head.
view::Document weights(const view::ModelRef& model, const analysis::WeightReport& report, const WeightsView& view);

}  // namespace attnx::report

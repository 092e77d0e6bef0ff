// Parts of the document of `weights`.
#pragma once

#include "attnx/report/weights.h"

namespace attnx::report {

inline bool is_shown(const WeightsView& view, const analysis::HeadWeights& head) {
    return !view.shown || view.shown(head.layer, head.head);
}

// What scripts get whatever people are shown.
void add_layers_for_scripts(view::Document& document, const analysis::WeightReport& report);
void add_heads_for_scripts(view::Document& document, const analysis::WeightReport& report, const WeightsView& view);
void add_similarity_for_scripts(view::Document& document, const analysis::WeightReport& report);

// Of heads of different layers, where it was asked for.
void add_composition(view::Document& document, const analysis::WeightReport& report, const WeightsView& view);

}  // namespace attnx::report

// report: what heads do.
#pragma once

#include "attnx/analysis/attention_metrics.h"
#include "attnx/model/spec.h"
#include "attnx/study/roles.h"
#include "attnx/view/document.h"
#include "attnx/view/picture.h"

namespace attnx::report {

struct RolesView {
    const analysis::AttentionMetric* sort = nullptr;  // heads by it, largest first
    const analysis::AttentionMetric* map = nullptr;   // layers by heads, drawn, instead of tables
};

// JSON has every figure, whatever the view; CSV a line per head.
view::Document heads(const view::ModelRef& model, const model::ModelSpec& spec, const study::Roles& roles,
                     const RolesView& view);

// Layers by heads, by their classes, on paper.
view::ClassMap class_map(const model::ModelSpec& spec, const study::Roles& roles);

}  // namespace attnx::report

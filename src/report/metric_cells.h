// report: figures of attention as columns. Private to report.
#pragma once

#include "attnx/analysis/attention_metrics.h"
#include "attnx/view/document.h"

namespace attnx::report {

inline view::Unit unit_of(const analysis::AttentionMetric& metric) {
    return metric.unit == analysis::MetricUnit::percent ? view::Unit::percent : view::Unit::real;
}

}  // namespace attnx::report

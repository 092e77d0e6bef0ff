// Every figure of an attention head: one row each. What it is called, what it means, and what one query adds to it; the
// tables, the legend, JSON, its contract and docs/formulas.md walk these rows.
#include <algorithm>

#include <fmt/format.h>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/base/error.h"

namespace attnx::analysis {
namespace {

constexpr Share kNotCounted;

using Row = const AttentionRow&;

constexpr Share quotient(double part, double whole) { return {part, whole}; }
constexpr Share counted(double value) { return {value, 1}; }

constexpr AttentionMetric kMetrics[] = {
    {.id = "entropy",
     .label = "entropy",
     .unit = MetricUnit::nats,
     .meaning = "entropy",
     .formula = "`−Σ_j A[i][j] ln A[i][j]`, 0 ln 0 = 0",
     .of = [](Row row) { return counted(row.entropy()); }},
    {.id = "relative_entropy",
     .label = "of most",
     .unit = MetricUnit::percent,
     .meaning = "entropy as a share of the most that a row can have",
     .formula = "entropy / ln(keys that query i may see), where these are at least two",
     .of = [](Row row) { return row.visible() < 2 ? kNotCounted : counted(row.entropy() / row.most_entropy()); }},
    {.id = "first_token",
     .label = "first",
     .meaning = "weight on the first token",
     .formula = "`A[i][0]`, i ≥ 1",
     .of = [](Row row) { return row.query() < 1 ? kNotCounted : counted(row.at(0)); }},
    {.id = "previous_token",
     .label = "previous",
     .meaning = "weight on the token before",
     .formula = "`A[i][i−1]`, i ≥ 1",
     .of = [](Row row) { return row.query() < 1 ? kNotCounted : counted(row.at(row.query() - 1)); }},
    {.id = "self",
     .label = "self",
     .meaning = "weight on the token itself",
     .formula = "`A[i][i]`",
     .of = [](Row row) { return counted(row.at(row.query())); }},
    {.id = "local",
     .label = "local",
     .meaning = "weight on the token itself and the four before it, without the first token",
     .formula = "`Σ_j A[i][j]`, i − 4 ≤ j ≤ i, j ≥ 1, i ≥ 1",
     .of =
         [](Row row) {
             return row.query() < 1 ? kNotCounted : counted(row.mass(std::max(row.query(), 5U) - 4, row.query() + 1));
         },
     .for_people = false},
    {.id = "distance",
     .label = "distance",
     .unit = MetricUnit::tokens,
     .meaning = "how far away the weight lies",
     .formula = "`Σ_ij A[i][j] · abs(i − j) / Σ_ij A[i][j]`",
     .of = [](Row row) { return quotient(row.moment(), row.mass()); }},
    {.id = "missing",
     .label = "to sinks",
     .meaning = "weight that learned sinks take",
     .formula = "`1 − Σ_j A[i][j]`",
     .of = [](Row row) { return counted(1 - row.mass()); },
     .for_people = false},
};

}  // namespace

std::span<const AttentionMetric> attention_metrics() { return kMetrics; }

const AttentionMetric& attention_metric(std::string_view id) {
    for (const AttentionMetric& metric : kMetrics)
        if (metric.id == id) return metric;
    throw Error(ErrorCode::internal, fmt::format("there is no attention metric {}", id));
}

std::string_view to_string(MetricUnit unit) {
    switch (unit) {
        case MetricUnit::weight: return "weight";
        case MetricUnit::nats: return "nats";
        case MetricUnit::percent: return "percent";
        case MetricUnit::tokens: return "tokens";
    }
    return "";
}

}  // namespace attnx::analysis

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

// Calls f(place) for each place of `id`. Looks at many at once, since most are others.
template <class F>
void each_place(std::span<const std::uint32_t> ids, std::uint32_t id, const F& f) {
    constexpr std::size_t kMany = 32;
    for (std::size_t first = 0; first < ids.size(); first += kMany) {
        const std::span<const std::uint32_t> some = ids.subspan(first, std::min(kMany, ids.size() - first));
        std::uint32_t any = 0;
        for (const std::uint32_t other : some) any |= other == id ? 1U : 0U;
        for (std::size_t i = 0; any != 0 && i < some.size(); ++i)
            if (some[i] == id) f(static_cast<std::uint32_t>(first + i));
    }
}

// What is paid to keys `after` places behind earlier tokens like the query's; nothing counts where there are none.
Share behind_earlier_like(Row row, std::uint32_t after) {
    const auto ids = row.sequence().ids;
    if (row.query() >= ids.size()) return kNotCounted;
    Share share;
    each_place(ids.first(row.query()), ids[row.query()], [&](std::uint32_t place) {
        share = {share.part + row.at(place + after), 1};
    });
    return share;
}

Share to_delimiters(Row row) {
    const auto delimiters = row.sequence().delimiters;
    if (delimiters.empty() || row.query() < delimiters.front()) return kNotCounted;
    double mass = 0;
    for (const std::uint32_t key : delimiters) mass += row.at(key);
    return counted(mass);
}

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
     .of = [](Row row) { return row.seen().count() < 2 ? kNotCounted : counted(row.entropy() / row.most_entropy()); }},
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
    {.id = "sink",
     .label = "sink",
     .meaning = "weight on the first token, of the queries that see it, itself among them",
     .formula = "`A[i][0]`, where query i may see it",
     .of = [](Row row) { return row.seen().contains(0) ? counted(row.at(0)) : kNotCounted; },
     .for_people = false},
    {.id = "first4",
     .label = "first four",
     .meaning = "weight on the first four tokens",
     .formula = "`Σ_j A[i][j]`, j < 4, i ≥ 4",
     .of = [](Row row) { return row.query() < 4 ? kNotCounted : counted(row.mass(0, 4)); },
     .for_people = false},
    {.id = "induction",
     .label = "induction",
     .meaning = "weight on what followed the same token earlier",
     .formula = "`Σ_j A[i][j]`, token j−1 is token i, 1 ≤ j ≤ i, where token i was there before",
     .of = [](Row row) { return behind_earlier_like(row, 1); },
     .for_people = false},
    {.id = "induction_loose",
     .label = "its diagonal",
     .meaning = "weight on the diagonal of induction, in tokens that are repeated after n",
     .formula = "`A[i][i−(n−1)]`, i ≥ n − 1, in the probe of `heads` only",
     .of =
         [](Row row) {
             const std::uint32_t n = row.sequence().repeat;
             return n == 0 || row.query() + 1 < n ? kNotCounted : counted(row.at(row.query() + 1 - n));
         },
     .for_people = false},
    {.id = "duplicate",
     .label = "duplicate",
     .meaning = "weight on the same token earlier",
     .formula = "`Σ_j A[i][j]`, token j is token i, j < i, where there is one",
     .of = [](Row row) { return behind_earlier_like(row, 0); },
     .for_people = false},
    {.id = "delimiter",
     .label = "delimiter",
     .meaning = "weight on punctuation and line breaks",
     .formula = "`Σ_j A[i][j]`, token j is one, i from the first of them on",
     .of = to_delimiters,
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

std::size_t place_of(const AttentionMetric& metric) { return static_cast<std::size_t>(&metric - kMetrics); }

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

// analysis: numbers of attention maps, gathered row by row while a forward pass runs; the maps themselves are not kept.
// Each is a row of a table (src/analysis/attention/metrics.cpp); A[i][j] is what query i pays to key j.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "attnx/model/visible.h"
#include "attnx/trace/sink.h"

namespace attnx::analysis {

// What rows belong to.
struct Sequence {
    std::uint32_t tokens = 0;  // its length, which tells what a query sees that is not causal
    // Of its tokens; empty: not known, metrics that ask for them have no value.
    std::span<const std::uint32_t> ids = {};
    std::span<const std::uint32_t> delimiters = {};  // places of punctuation and line breaks, ascending
    std::uint32_t repeat = 0;                        // its tokens come again after so many; 0: they do not
};

struct Pair {
    std::uint32_t query = 0, key = 0;
    float weight = 0;
};

// One query's weights, and the sums that several metrics want of them. Weights that are not finite count as 0. Refers
// to the weights and the sequence.
class AttentionRow {
public:
    // Weights of keys [0, weights.size()), of which those outside `seen` are masked for this query.
    AttentionRow(std::uint32_t query, std::span<const float> weights, model::KeyRange seen, const Sequence& sequence);

    std::uint32_t query() const { return query_; }
    model::KeyRange seen() const { return seen_; }
    const Sequence& sequence() const { return sequence_; }

    double at(std::uint32_t key) const;                             // 0 outside the row
    double mass(std::uint32_t first_key, std::uint32_t end) const;  // sum of A[i][j], first_key <= j < end
    double mass() const { return mass_; }                           // of all keys
    double entropy() const { return entropy_; }                     // -sum A ln A, in nats, 0 ln 0 = 0
    double most_entropy() const;                                    // ln(keys seen)
    double moment() const { return moment_; }                       // sum A[i][j] |i - j|
    std::uint64_t not_finite() const { return not_finite_; }        // weights that are NaN or infinite
    // Beside the first token and the query itself: the largest, 0 where there is none above 0; and the first of those.
    float most() const { return most_; }
    Pair strongest() const;

private:
    std::span<const float> beside_itself(bool after) const;

    std::uint32_t query_;
    model::KeyRange seen_;
    std::span<const float> weights_;
    const Sequence& sequence_;
    double mass_ = 0, entropy_ = 0, moment_ = 0;
    std::uint64_t not_finite_ = 0;
    float most_ = 0;
};

// What a row adds to the two sums whose quotient a metric is.
struct Share {
    double part = 0, whole = 0;
};

enum class MetricUnit : std::uint8_t { weight, nats, percent, tokens };  // percent: as a fraction
std::string_view to_string(MetricUnit unit);                             // "weight", "nats" …

// A number of a head: over its rows, the sum of parts over the sum of wholes; no value where that is 0.
struct AttentionMetric {
    std::string_view id;     // JSON key: "previous_token"
    std::string_view label;  // of a column: "previous"
    MetricUnit unit = MetricUnit::weight;
    std::string_view meaning;  // of one row, in a few words
    std::string_view formula;  // of one row, for docs/formulas.md
    Share (*of)(const AttentionRow& row);
    bool for_people = true;  // a column of their tables; scripts have all
};
std::span<const AttentionMetric> attention_metrics();
const AttentionMetric& attention_metric(std::string_view id);  // throws internal
std::size_t place_of(const AttentionMetric& metric);           // among attention_metrics()

// Of one head over all rows told so far. Sums are kept in double.
class HeadMetrics {
public:
    HeadMetrics() : sums_(attention_metrics().size()) {}

    void add(const AttentionRow& row);
    void merge(const HeadMetrics& other);  // as if all rows had been told to this one

    std::optional<double> value(const AttentionMetric& metric) const;  // of attention_metrics()
    std::uint64_t rows() const { return rows_; }
    std::uint64_t not_finite() const { return not_finite_; }
    const std::optional<Pair>& strongest() const { return strongest_; }

private:
    std::vector<Share> sums_;  // one per metric
    std::uint64_t rows_ = 0, not_finite_ = 0;
    std::optional<Pair> strongest_;
};

// What a head has that pays the same to all the keys it sees: what its figures are to be compared with.
HeadMetrics uniform_metrics(const Sequence& sequence, const model::Mask& mask);

// A sink that gathers HeadMetrics of every head of some layers, heads at once: each has its own sums, so that the
// result is the same in whatever order they are told.
class MetricsSink : public trace::Sink {
public:
    // Keeps what it needs of the specification; the ids of the sequence must outlive it.
    MetricsSink(const model::ModelSpec& spec, Sequence sequence, const std::set<std::uint32_t>& layers);

    bool wants_attention_at_once(std::uint32_t layer) override { return masks_.count(layer) != 0; }
    void attention_at_once(const trace::AttentionRows& rows) override;

    // By layer: one entry per head; those of which no row was told have rows() 0.
    const std::map<std::uint32_t, std::vector<HeadMetrics>>& layers() const { return layers_; }

private:
    Sequence sequence_;
    std::map<std::uint32_t, model::Mask> masks_;
    std::map<std::uint32_t, std::vector<HeadMetrics>> layers_;
};

}  // namespace attnx::analysis

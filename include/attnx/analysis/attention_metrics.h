// analysis: numbers of attention maps, gathered row by row while a forward pass runs; the maps themselves are not kept.
// Definitions: docs/formulas.md, "Attention"; A[i][j] is what query i pays to key j.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "attnx/model/spec.h"
#include "attnx/trace/sink.h"

namespace attnx::analysis {

struct Pair {
    std::uint32_t query = 0, key = 0;
    float weight = 0;
};

// Of one head over all queries told so far. Sums are kept in double.
class HeadMetrics {
public:
    // One row: weights of keys [0, key_count); `visible` is the number of keys not masked for this query.
    void add(std::uint32_t query, std::span<const float> row, std::uint32_t visible);

    std::uint64_t rows() const { return rows_; }
    double entropy() const;  // mean over rows of -sum A ln A, in nats
    double relative_entropy()
        const;  // mean of entropy / ln(visible) over rows that see at least 2 keys; 0 without such rows
    double first_token() const;                               // mean of A[i][0] over i >= 1
    double previous_token() const;                            // mean of A[i][i-1] over i >= 1
    double self() const;                                      // mean of A[i][i]
    double distance() const;                                  // sum A[i][j] |i-j| / sum A[i][j]
    double missing() const;                                   // mean of 1 - sum of the row: what learned sinks take
    std::uint64_t not_finite() const { return not_finite_; }  // weights that are NaN or infinite; left out of all sums
    // The largest weight on another token than the query itself and the first; nothing when there is none.
    std::optional<Pair> strongest() const { return strongest_; }

    void merge(const HeadMetrics& other);  // as if all rows had been told to this one

private:
    std::uint64_t rows_ = 0, later_rows_ = 0, wide_rows_ = 0, not_finite_ = 0;
    double entropy_ = 0, relative_entropy_ = 0, first_ = 0, previous_ = 0, self_ = 0, moment_ = 0, mass_ = 0;
    std::optional<Pair> strongest_;
};

// A sink that gathers HeadMetrics of every head of some layers. `tokens` is the length of the whole sequence, which
// tells how many keys a query of a model that is not causal sees. The spec must outlive the sink.
class MetricsSink : public trace::Sink {
public:
    MetricsSink(const model::ModelSpec& spec, std::uint32_t tokens, std::set<std::uint32_t> layers)
        : spec_(spec), tokens_(tokens), wanted_(std::move(layers)) {}

    bool wants_attention(std::uint32_t layer) override { return wanted_.count(layer) != 0; }
    void attention(const trace::AttentionRows& rows) override;

    // By layer: one entry per head.
    const std::map<std::uint32_t, std::vector<HeadMetrics>>& layers() const { return layers_; }

private:
    const model::ModelSpec& spec_;
    std::uint32_t tokens_;
    std::set<std::uint32_t> wanted_;
    std::map<std::uint32_t, std::vector<HeadMetrics>> layers_;
};

}  // namespace attnx::analysis

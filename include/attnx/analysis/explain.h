// analysis: one query's weights worked out step by step, in double:
//   dot = q.k, scaled = scale * dot, capped = softcap * tanh(scaled / softcap), then + bias, exponent = e^(that -
//   most), sum over the keys (and the sink), weight = exponent / sum.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attnx/trace/sink.h"

namespace attnx::analysis {

using Numbers = std::vector<double>;

// What takes part: a query and the keys it sees.
struct WeightProblem {
    Numbers query = {};
    std::vector<Numbers> keys = {};
    std::uint32_t first_key = 0;  // position of the first of them
    double scale = 1;
    std::optional<double> softcap = {};
    Numbers biases = {};               // one per key; empty: none
    std::optional<double> sink = {};   // a logit that takes a share of the sum and gives none
    std::vector<Numbers> values = {};  // one per key; empty: not known
};

struct ExplainedKey {
    std::uint32_t key = 0;  // position
    double norm = 0, dot = 0, scaled = 0, capped = 0, bias = 0, exponent = 0, weight = 0;
    std::optional<double> value_norm = {}, moved_norm = {};
};

struct SinkShare {
    double logit = 0, exponent = 0, weight = 0;
};

struct Explanation {
    double query_norm = 0;
    std::vector<ExplainedKey> keys = {};
    double most = 0;  // the largest capped + bias, the sink's logit among them
    std::optional<SinkShare> sink = {};
    double sum = 0;                          // of exponents
    Numbers output = {};                     // sum of weights times values; empty without values
    std::optional<double> output_norm = {};  // of the output, or of what W_O makes of it
};

// Throws bad_value when there are no keys, or keys, biases and values do not go together.
Explanation explain(const WeightProblem& problem);

struct Product {
    std::uint32_t dimension = 0;
    double q = 0, k = 0, product = 0;
};
// The parts of q.k, the largest magnitude first; of equal ones the earlier.
std::vector<Product> products_of(std::span<const double> query, std::span<const double> key);

// A sink that gathers the problem of one query of one head, and explains it. Keys outside [first_key, end_key) are
// masked. Positions are those of one pass that was fed everything.
class ExplainSink final : public trace::Sink {
public:
    struct Place {
        std::uint32_t layer = 0, head = 0, query = 0, first_key = 0, end_key = 0;
    };
    explicit ExplainSink(Place place) : place_(place) {}

    bool wants_vectors(std::uint32_t layer) override { return layer == place_.layer; }
    void vectors(const trace::HeadVectors& vectors) override;
    bool wants_scoring(std::uint32_t layer) override { return layer == place_.layer; }
    void scoring(const trace::Scoring& scoring) override;

    // Once told.
    const WeightProblem& problem() const { return problem_; }
    const Explanation& explanation() const { return explanation_; }
    std::uint32_t heads() const { return heads_; }
    std::uint32_t kv_heads() const { return kv_heads_; }
    bool gated() const { return gated_; }

private:
    void move(const trace::Scoring& scoring);

    Place place_;
    WeightProblem problem_;
    Explanation explanation_;
    double query_factor_ = 1;
    std::uint32_t heads_ = 0, kv_heads_ = 0;
    bool gated_ = false;
};

}  // namespace attnx::analysis

#include "attnx/analysis/explain.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "attnx/analysis/stream_states.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"

namespace attnx::analysis {
namespace {

void expect(bool fits, const char* what) {
    if (!fits) throw Error(ErrorCode::bad_value, what);
}

double dot_of(const Numbers& a, const Numbers& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

double norm_of(const Numbers& a) { return std::sqrt(dot_of(a, a)); }

Numbers numbers_of(std::span<const float> from) { return {from.begin(), from.end()}; }

void check(const WeightProblem& problem) {
    expect(!problem.keys.empty(), "there are no keys to attend to");
    for (const Numbers& key : problem.keys)
        expect(key.size() == problem.query.size(), "the query and each key must have equally many numbers");
    expect(problem.biases.empty() || problem.biases.size() == problem.keys.size(), "there must be one bias per key");
    expect(problem.values.empty() || problem.values.size() == problem.keys.size(), "there must be one value per key");
    for (const Numbers& value : problem.values)
        expect(value.size() == problem.values.front().size(), "values must have equally many numbers");
}

// Up to the logit, which stands in `exponent` until the largest is known.
ExplainedKey scored(const WeightProblem& problem, std::size_t index) {
    ExplainedKey key{.key = problem.first_key + static_cast<std::uint32_t>(index)};
    key.norm = norm_of(problem.keys[index]);
    key.dot = dot_of(problem.query, problem.keys[index]);
    key.scaled = problem.scale * key.dot;
    key.capped = problem.softcap ? *problem.softcap * std::tanh(key.scaled / *problem.softcap) : key.scaled;
    key.bias = problem.biases.empty() ? 0 : problem.biases[index];
    key.exponent = key.capped + key.bias;
    if (!problem.values.empty()) key.value_norm = norm_of(problem.values[index]);
    return key;
}

}  // namespace

Explanation explain(const WeightProblem& problem) {
    check(problem);
    Explanation all;
    all.query_norm = norm_of(problem.query);
    for (std::size_t i = 0; i < problem.keys.size(); ++i) all.keys.push_back(scored(problem, i));
    all.most = std::ranges::max_element(all.keys, {}, &ExplainedKey::exponent)->exponent;
    if (problem.sink) all.most = std::max(all.most, *problem.sink);
    for (ExplainedKey& key : all.keys) all.sum += key.exponent = std::exp(key.exponent - all.most);
    if (problem.sink) {
        all.sink = SinkShare{.logit = *problem.sink, .exponent = std::exp(*problem.sink - all.most)};
        all.sum += all.sink->exponent;
        all.sink->weight = all.sink->exponent / all.sum;
    }
    for (ExplainedKey& key : all.keys) key.weight = key.exponent / all.sum;
    if (problem.values.empty()) return all;
    all.output.resize(problem.values.front().size());
    for (std::size_t i = 0; i < problem.values.size(); ++i)
        for (std::size_t d = 0; d < all.output.size(); ++d) all.output[d] += all.keys[i].weight * problem.values[i][d];
    all.output_norm = norm_of(all.output);
    return all;
}

std::vector<Product> products_of(std::span<const double> query, std::span<const double> key) {
    std::vector<Product> products;
    for (std::uint32_t i = 0; i < query.size() && i < key.size(); ++i)
        products.push_back({i, query[i], key[i], query[i] * key[i]});
    std::ranges::stable_sort(products, std::ranges::greater{}, [](const Product& p) { return std::abs(p.product); });
    return products;
}

void ExplainSink::vectors(const trace::HeadVectors& vectors) {
    heads_ = vectors.queries.heads;
    kv_heads_ = vectors.keys.heads;
    const auto kv_head = trace::kv_head_of(place_.head, heads_, kv_heads_);
    query_factor_ = static_cast<double>(vectors.query_factor);
    problem_.query = numbers_of(vectors.queries.of(place_.query, place_.head));
    problem_.first_key = place_.first_key;
    for (std::uint32_t key = place_.first_key; key < place_.end_key; ++key) {
        problem_.keys.push_back(numbers_of(vectors.keys.of(key, kv_head)));
        problem_.values.push_back(numbers_of(vectors.values.of(key, kv_head)));
    }
}

void ExplainSink::scoring(const trace::Scoring& scoring) {
    if (scoring.rows_beside)
        throw Error(ErrorCode::unsupported,
                    fmt::format("layer {}: rows that each stand for several tokens share the softmax with the keys",
                                scoring.layer));
    problem_.scale = static_cast<double>(scoring.scale);
    if (query_factor_ != 1 && query_factor_ != 0)  // the same numbers, told as if they were scaled afterwards
        for (double& q : problem_.query) q /= query_factor_;
    if (scoring.softcap) problem_.softcap = static_cast<double>(*scoring.softcap);
    if (!scoring.sinks.empty()) problem_.sink = static_cast<double>(scoring.sinks[place_.head]);
    if (scoring.bias)
        for (std::uint32_t key = place_.first_key; key < place_.end_key; ++key)
            problem_.biases.push_back(static_cast<double>(scoring.bias(place_.head, place_.query, key)));
    gated_ = scoring.gated;
    explanation_ = explain(problem_);
    if (scoring.moved) move(scoring);
}

// What W_O makes of each value, and of all together.
void ExplainSink::move(const trace::Scoring& scoring) {
    const std::size_t width = scoring.width;
    const std::size_t count = problem_.values.size() + 1;
    std::vector<float> vectors, moved(product({count, width}, "what values become"));
    for (const Numbers& value : problem_.values)
        for (const double v : value) vectors.push_back(static_cast<float>(v));
    for (const double v : explanation_.output) vectors.push_back(static_cast<float>(v));
    scoring.moved(place_.head, vectors, moved);
    const std::span<const float> all(moved);
    for (std::size_t i = 0; i + 1 < count; ++i)
        explanation_.keys[i].moved_norm = length_of(all.subspan(i * width, width));
    explanation_.output_norm = length_of(all.subspan((count - 1) * width, width));
}

}  // namespace attnx::analysis

#include "attnx/analysis/stream_states.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "attnx/base/checked.h"

namespace attnx::analysis {
namespace {

bool is_number(float value) { return std::isfinite(value); }

double sum_of_squares(std::span<const float> values) {
    double squares = 0;
    for (const float value : values) squares += double{value} * value;
    return squares;
}

// Of so many |v|, which change their places.
double median_of(std::vector<float>& magnitudes) {
    if (magnitudes.empty()) return 0;
    const auto middle = magnitudes.begin() + static_cast<std::ptrdiff_t>(magnitudes.size() / 2);
    std::nth_element(magnitudes.begin(), middle, magnitudes.end());
    if (magnitudes.size() % 2 == 1) return double{*middle};
    return (double{*std::max_element(magnitudes.begin(), middle)} + double{*middle}) / 2;
}

std::vector<float> magnitudes_of(std::span<const float> values) {
    std::vector<float> magnitudes;
    magnitudes.reserve(values.size());
    for (const float value : values)
        if (!std::isnan(value)) magnitudes.push_back(std::abs(value));
    return magnitudes;
}

void append(VectorSizes& sizes, std::span<const float> values, std::uint32_t width) {
    for (std::size_t at = 0; at + width <= values.size(); at += width) {
        const std::span<const float> vector = values.subspan(at, width);
        sizes.norm.push_back(static_cast<float>(length_of(vector)));
        sizes.max.push_back(static_cast<float>(magnitude_of(vector)));
        sizes.median.push_back(static_cast<float>(median_magnitude(vector)));
        sizes.rms.push_back(static_cast<float>(root_mean_square(vector)));
    }
}

// `factor`: what the vectors carry already.
void append(HeadNorms& norms, const trace::TokenVectors& vectors, std::uint32_t tokens, double factor) {
    norms.heads.resize(vectors.heads);
    std::vector<double> mean(vectors.dim);
    for (std::uint32_t token = 0; token < tokens; ++token) {
        std::fill(mean.begin(), mean.end(), 0.0);
        for (std::uint32_t head = 0; head < vectors.heads; ++head) {
            const std::span<const float> vector = vectors.of(token, head);
            norms.heads[head].push_back(static_cast<float>(length_of(vector) / factor));
            for (std::size_t i = 0; i < vector.size(); ++i) mean[i] += double{vector[i]} / vectors.heads;
        }
        double squares = 0;
        for (const double value : mean) squares += value * value;
        norms.of_mean.push_back(static_cast<float>(std::sqrt(squares) / factor));
    }
}

}  // namespace

double length_of(std::span<const float> values) { return std::sqrt(sum_of_squares(values)); }

double magnitude_of(std::span<const float> values) {
    double most = 0;
    for (const float value : values) {
        if (std::isnan(value)) return std::numeric_limits<double>::quiet_NaN();
        most = std::max(most, double{std::abs(value)});
    }
    return most;
}

double median_magnitude(std::span<const float> values) {
    std::vector<float> magnitudes = magnitudes_of(values);
    if (magnitudes.size() != values.size()) return std::numeric_limits<double>::quiet_NaN();
    return median_of(magnitudes);
}

double root_mean_square(std::span<const float> values) {
    return values.empty() ? 0 : std::sqrt(sum_of_squares(values) / static_cast<double>(values.size()));
}

std::vector<float> HeadNorms::mean() const {
    std::vector<double> sum(of_mean.size());
    for (const std::vector<float>& head : heads)
        for (std::size_t token = 0; token < head.size(); ++token) sum[token] += double{head[token]};
    std::vector<float> mean(sum.size());
    std::transform(sum.begin(), sum.end(), mean.begin(),
                   [this](double s) { return static_cast<float>(s / static_cast<double>(heads.size())); });
    return mean;
}

// Four figures of each place in the stream, and a length of each query, key and value; a copy of what a block leaves
// while its median is looked for.
Need StateSink::need(const model::Graph& graph, const std::set<std::uint32_t>& layers, std::uint64_t tokens) {
    std::uint64_t floats = add_up(4, graph.width);
    for (const std::uint32_t layer : layers) {
        const model::AttentionPlan& plan = graph.layers.at(layer).attention;
        floats = add_up(floats, std::uint64_t{7} + plan.heads + 2 * std::uint64_t{plan.kv_heads});
    }
    return {"lengths of all tokens", times(times(floats, tokens), sizeof(float))};
}

Findings findings_of(const States& states) {
    Findings findings;
    for (const auto& [layer, count] : states.not_finite)
        findings.push_back(
            {FindingId::not_finite, fmt::format("layer {}: {} numbers of its output are not finite", layer, count)});
    return findings;
}

void StateSink::vectors(const trace::HeadVectors& vectors) {
    LayerNorms& layer = states_.layers[vectors.layer];
    append(layer.q, vectors.queries, vectors.tokens, double{vectors.query_factor});
    append(layer.k, vectors.keys, vectors.tokens, 1);
    append(layer.v, vectors.values, vectors.tokens, 1);
}

void StateSink::embedding(std::span<const float> values, std::uint32_t width) {
    append(states_.embedding, values, width);
}

void StateSink::block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t width) {
    find_massive(layer, values, width);
    append(states_.blocks[layer], values, width);
}

void StateSink::final_norm(std::span<const float> values, std::uint32_t width) {
    for (std::size_t at = 0; at + width <= values.size(); at += width)
        states_.final_norm.push_back(static_cast<float>(length_of(values.subspan(at, width))));
}

void StateSink::find_massive(std::uint32_t layer, std::span<const float> values, std::uint32_t width) {
    const auto first = static_cast<std::uint32_t>(states_.blocks[layer].norm.size());  // token of this feed
    std::vector<MassiveActivation> large;
    std::uint64_t odd = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!is_number(values[i])) ++odd;
        else if (double{std::abs(values[i])} > rule_.at_least)
            large.push_back({layer, first + static_cast<std::uint32_t>(i / width),
                             static_cast<std::uint32_t>(i % width), values[i], 0});
    }
    if (odd > 0) states_.not_finite[layer] += odd;
    if (large.empty()) return;  // the median is dear
    std::vector<float> magnitudes = magnitudes_of(values);
    const double median = median_of(magnitudes);
    for (MassiveActivation& one : large)
        one.times_median = median > 0 ? double{std::abs(one.value)} / median : std::numeric_limits<double>::infinity();
    std::erase_if(large, [&](const MassiveActivation& one) { return one.times_median < rule_.times_median; });
    const std::size_t kept = std::min(rule_.most_per_layer, large.size());
    std::partial_sort(
        large.begin(), large.begin() + static_cast<std::ptrdiff_t>(kept), large.end(),
        [](const MassiveActivation& a, const MassiveActivation& b) { return std::abs(a.value) > std::abs(b.value); });
    states_.massive.insert(states_.massive.end(), large.begin(), large.begin() + static_cast<std::ptrdiff_t>(kept));
}

}  // namespace attnx::analysis

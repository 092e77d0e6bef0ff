#include "output_head.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "ops/activation.h"
#include "ops/matmul.h"

namespace attnx::forward {

OutputHead::OutputHead(const model::Graph& graph, const Tensors& tensors, std::size_t vocabulary, NormRule rule)
    : graph_(graph), rule_(rule), norm_(tensors.optional_norm(graph.names.output, graph.width)) {
    normed_ = graph.output_norm && (norm_ || graph.unweighted_norms);
    if (graph.has_head)
        matrix_ = tensors.linear(tensors.has(Stem::output) ? Stem::output : Stem::token_embd, graph.width,
                                 vocabulary - std::min<std::size_t>(graph.first_logit, vocabulary));
    if (!graph.head_bias) matrix_.bias.clear();
}

Traced OutputHead::read(Traced stream) const {
    if (normed_) stream = normed(stream);
    scale_by(stream, graph_.output_scale);
    return stream;
}

Matrix OutputHead::logits(Matrix stream, Workers& workers) const {
    if (!scores()) return {};
    const Matrix in = read(std::move(stream));
    Matrix scores = applied(matrix_, in, workers);
    bend(scores);
    if (graph_.first_logit == 0) return scores;
    Matrix all(scores.rows, scores.columns + graph_.first_logit);
    for (std::size_t i = 0; i < scores.rows; ++i) {
        std::ranges::fill(all.part(i, 0, graph_.first_logit), -std::numeric_limits<float>::infinity());
        copy(scores.row(i), all.part(i, graph_.first_logit, scores.columns));
    }
    return all;
}

Attribution OutputHead::attribution(const Tape& tape, Tape::Node node, std::span<const float> row, std::uint32_t token,
                                    Workers& workers) const {
    if (token < graph_.first_logit || token - graph_.first_logit >= matrix_.weight.outputs)
        throw Error(ErrorCode::not_found, fmt::format("token id {} never comes next in this model", token));
    const std::size_t index = token - graph_.first_logit;
    const Weight weights = matrix_.weight.rows(index, 1);
    Matrix in(1, row.size()), score(1, 1), own(1, row.size());
    copy(row, in.values);
    multiply(weights, in.all(), score.all(), workers);
    weights.read(0, 1, own.row(0));
    const double scale = static_cast<double>(graph_.logit_scale),
                 of_product = scale * static_cast<double>(matrix_.scale);
    std::vector<double> gradient;
    double unrounded = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        gradient.push_back(of_product * static_cast<double>(own.values[i]));
        unrounded += gradient.back() * static_cast<double>(row[i]);
    }
    Attribution found = tape.parts(node, std::move(gradient), workers);
    const double made = of_product * static_cast<double>(score.values[0]);
    const double bias = matrix_.bias.empty() ? 0.0 : scale * static_cast<double>(matrix_.bias.at(index));
    found.other += bias;
    if (workers.numerics() != Numerics::floats) found.rounding += made - unrounded;
    found.logit = made + bias;
    return found;
}

void OutputHead::bend(Matrix& scores) const {
    scale_by(scores, graph_.logit_scale);
    if (graph_.logit_softcap) {
        for (float& v : scores.values) v = *graph_.logit_softcap * std::tanh(v * (1.0F / *graph_.logit_softcap));
    }
    if (graph_.logit_sigmoid) {
        const auto [most, shift, width] = *graph_.logit_sigmoid;
        for (float& v : scores.values) v = most * sigmoid(v * (1.0F / width) + shift / width);
    }
}

}  // namespace attnx::forward

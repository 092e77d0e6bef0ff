#include "output_head.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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
    if (graph.hyper) streams_.emplace(graph, tensors, StreamMixer::kHead);
}

Matrix OutputHead::normed(Matrix stream, Workers& workers) {
    if (streams_) stream = streams_->read(stream, workers);
    if (normed_) stream = normalized(rule_, norm_, stream);
    return stream;
}

Matrix OutputHead::logits(Matrix stream, Workers& workers) {
    if (!scores()) return {};
    stream = normed(std::move(stream), workers);
    scale_by(stream, graph_.output_scale);
    Matrix scores = applied(matrix_, stream, workers);
    bend(scores);
    if (graph_.first_logit == 0) return scores;
    Matrix all(scores.rows, scores.columns + graph_.first_logit);
    for (std::size_t i = 0; i < scores.rows; ++i) {
        std::ranges::fill(all.part(i, 0, graph_.first_logit), -std::numeric_limits<float>::infinity());
        copy(scores.row(i), all.part(i, graph_.first_logit, scores.columns));
    }
    return all;
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

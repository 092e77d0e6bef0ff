#include "compressor.h"

#include <algorithm>
#include <optional>

#include "../ops/matmul.h"
#include "../ops/softmax.h"
#include "heads.h"

namespace attnx::forward {

Compressor::Compressor(const MixerParts& parts, const Stems& stems, const model::CompressionPlan& plan, std::size_t dim)
    : rule_(parts.norm_rule()), ratio_(plan.ratio), dim_(dim), overlaps_(plan.overlaps) {
    const std::size_t outputs = overlaps_ ? product({2, dim}, "halves of what tokens offer") : dim;
    offer_ = parts.tensors.linear(stems.offers, parts.graph.width, outputs);
    score_ = parts.tensors.optional_linear(stems.scores, parts.graph.width, outputs);
    if (plan.places) places_ = parts.tensors.vector(stems.places, product({ratio_, outputs}, "places in a group"));
    norm_ = parts.tensors.norm(stems.norm, dim);
    if (ratio_ != 1) parts.tensors.require(stems.scores);
}

void Compressor::reset() {
    offers_ = scores_ = {};
    before_ = 0;
}

Matrix Compressor::scored(const Matrix& x, const Pass& pass) const {
    Matrix scores = score_ ? applied(score_, x, pass.workers) : Matrix(x.rows, offer_.weight.outputs);
    for (std::size_t t = 0; t < x.rows && !places_.empty(); ++t) {
        const std::size_t place = (pass.first_position + t) % ratio_;
        add(scores.row(t), std::span(places_).subspan(place * scores.columns, scores.columns));
    }
    return scores;
}

// The row of the tokens from `first` on, and of those before it, if there are any.
void Compressor::sum(std::size_t first, std::span<float> to, Simd simd) const {
    const std::size_t earlier = overlaps_ && first != 0 ? ratio_ : 0, half = overlaps_ ? dim_ : 0;
    std::vector<float> weights(earlier + ratio_);
    for (std::size_t i = 0; i < dim_; ++i) {
        const auto at = [&](const Matrix& m, std::size_t j) {
            return m.row(first - earlier + j)[j < earlier ? i : half + i];
        };
        for (std::size_t j = 0; j < weights.size(); ++j) weights[j] = at(scores_, j);
        softmax(weights, std::nullopt, Rest::in_turn, simd);
        for (std::size_t j = 0; j < weights.size(); ++j) to[i] += weights[j] * at(offers_, j);
    }
}

Matrix Compressor::run(const Matrix& x, const Pass& pass) {
    append_rows(offers_, applied(offer_, x, pass.workers));
    append_rows(scores_, scored(x, pass));
    Matrix rows((offers_.rows - before_) / ratio_, dim_);
    pass.workers.parallel(
        rows.rows, [&](std::size_t i, unsigned) { sum(before_ + i * ratio_, rows.row(i), pass.workers.simd()); });
    const std::size_t done = before_ + rows.rows * ratio_;
    before_ = overlaps_ ? std::min(done, ratio_) : 0;
    offers_ = rows_after(offers_, done - before_);
    scores_ = rows_after(scores_, done - before_);
    return normalized(rule_, norm_, rows);
}

}  // namespace attnx::forward

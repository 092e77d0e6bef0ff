#include "hyper.h"

#include "ops/activation.h"
#include "ops/matmul.h"

namespace attnx::forward {

StreamMixer::StreamMixer(const model::Graph& graph, const Tensors& tensors, const Stems& stems)
    : count_(graph.hyper->count),
      width_(graph.width),
      epsilon_(graph.hyper->epsilon),
      magnitude_(graph.hyper->magnitude),
      rule_{model::NormKind::rms, graph.norm_epsilon} {
    const std::size_t parts = stems.matrix == kHead.matrix ? 1 : 2;
    matrix_ = tensors.matrix(stems.matrix, product({count_, width_}, "residual streams"), parts * count_);
    base_ = tensors.vector(stems.base, parts * count_);
    scale_ = tensors.vector(stems.scale, parts);
}

Matrix StreamMixer::read(const Matrix& streams, Workers& workers) {
    const Matrix normed = normalized(rule_, {}, streams);
    Matrix mixes(streams.rows, matrix_.outputs);
    multiply(matrix_, normed.all(), mixes.all(), workers);
    Matrix in(streams.rows, width_);
    weights_ = Matrix(writes() ? streams.rows : 0, count_);
    for (std::size_t t = 0; t < streams.rows; ++t) {
        const std::span<float> mix = mixes.row(t), to = in.row(t);
        for (std::size_t s = 0; s < count_; ++s) {
            const float weight = sigmoid(mix[s] * scale_[0] + base_[s]) + epsilon_;
            const std::span<const float> from = streams.part(t, s * width_, width_);
            for (std::size_t i = 0; i < width_; ++i) to[i] += weight * from[i];
            if (!writes()) continue;
            const float back = sigmoid(mix[count_ + s] * scale_[1] + base_[count_ + s]);
            weights_.row(t)[s] = magnitude_ * back + epsilon_;
        }
    }
    return in;
}

void StreamMixer::write(Matrix& streams, const Matrix& branch) const {
    for (std::size_t t = 0; t < streams.rows; ++t) {
        for (std::size_t s = 0; s < count_; ++s) {
            const float weight = weights_.row(t)[s];
            const std::span<float> to = streams.part(t, s * width_, width_);
            const std::span<const float> from = branch.row(t);
            for (std::size_t i = 0; i < width_; ++i) to[i] += weight * from[i];
        }
    }
}

Matrix StreamMixer::spread(const Matrix& embedding, std::size_t count) {
    Matrix streams(embedding.rows, product({count, embedding.columns}, "residual streams"));
    for (std::size_t t = 0; t < embedding.rows; ++t)
        for (std::size_t s = 0; s < count; ++s)
            copy(embedding.row(t), streams.part(t, s * embedding.columns, embedding.columns));
    return streams;
}

}  // namespace attnx::forward

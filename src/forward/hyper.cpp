#include "hyper.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "ops/activation.h"
#include "ops/matmul.h"

namespace attnx::forward {

namespace {

constexpr std::uint32_t kMostIterations = 1000;  // what converges does so in tens

// comb: [from, to]. Divides what goes to each stream (or, by rows, what comes from each) by its sum.
void balance(std::span<float> comb, std::size_t count, bool rows, float epsilon) {
    const std::size_t line = rows ? count : 1, step = rows ? 1 : count;
    for (std::size_t i = 0; i < count; ++i) {
        float sum = epsilon;
        for (std::size_t j = 0; j < count; ++j) sum += comb[i * line + j * step];
        for (std::size_t j = 0; j < count; ++j) comb[i * line + j * step] *= 1.0F / sum;
    }
}

// row: streams side by side, before the branch; becomes what they are with it.
void recombine(std::span<const float> comb, std::span<const float> weights, std::span<const float> branch,
               std::span<float> row) {
    const std::vector<float> before(row.begin(), row.end());
    const std::size_t width = branch.size(), count = weights.size();
    for (std::size_t to = 0; to < count; ++to) {
        const std::span<float> stream = row.subspan(to * width, width);
        for (std::size_t i = 0; i < width; ++i) stream[i] = weights[to] * branch[i];
        for (std::size_t from = 0; from < count; ++from) {
            const float weight = comb[from * count + to];
            for (std::size_t i = 0; i < width; ++i) stream[i] += weight * before[from * width + i];
        }
    }
}

}  // namespace

StreamMixer::StreamMixer(const model::Graph& graph, const Tensors& tensors, const Stems& stems)
    : plan_(*graph.hyper),
      count_(plan_.count),
      width_(graph.width),
      writes_(stems.matrix != kHead.matrix),
      rule_{model::NormKind::rms, graph.norm_epsilon} {
    const bool mixes = writes_ && plan_.sinkhorn;
    if (mixes && (*plan_.sinkhorn == 0 || *plan_.sinkhorn > kMostIterations))
        throw Error(ErrorCode::bad_value, fmt::format("{} Sinkhorn iterations", *plan_.sinkhorn));
    const std::size_t parts = !writes_ ? 1 : mixes ? std::size_t{plan_.count} + 2 : 2;
    const std::size_t outputs = product({parts, count_}, "mixtures of residual streams");
    matrix_ = tensors.matrix(stems.matrix, product({count_, width_}, "residual streams"), outputs);
    base_ = tensors.vector(stems.base, outputs);
    scale_ = tensors.vector(stems.scale, std::min<std::size_t>(parts, 3));
}

// How the branch is added, and the streams are mixed, of one token.
void StreamMixer::weigh(std::span<const float> mix, std::size_t token) {
    for (std::size_t s = 0; s < count_; ++s) {
        const float back = sigmoid(mix[count_ + s] * scale_[1] + base_[count_ + s]);
        weights_.row(token)[s] = plan_.magnitude * back + plan_.write_epsilon;
    }
    if (combs_.rows != 0) copy(comb_of(mix), combs_.row(token));
}

std::vector<float> StreamMixer::comb_of(std::span<const float> mix) const {
    std::vector<float> comb(count_ * count_);
    for (std::size_t i = 0; i < comb.size(); ++i) comb[i] = mix[2 * count_ + i] * scale_[2] + base_[2 * count_ + i];
    for (std::size_t from = 0; from < count_; ++from) {
        const std::span<float> row = std::span(comb).subspan(from * count_, count_);
        const float most = *std::ranges::max_element(row);
        float sum = 0.0F;
        for (float& v : row) sum += v = std::exp(v - most);
        for (float& v : row) v = v * (1.0F / sum) + plan_.epsilon;
    }
    balance(comb, count_, false, plan_.epsilon);
    for (std::uint32_t i = 1; i < *plan_.sinkhorn; ++i) {
        balance(comb, count_, true, plan_.epsilon);
        balance(comb, count_, false, plan_.epsilon);
    }
    return comb;
}

Matrix StreamMixer::read(const Matrix& streams, Workers& workers) {
    const Matrix normed = normalized(rule_, {}, streams);
    Matrix mixes(streams.rows, matrix_.outputs);
    multiply(matrix_, normed.all(), mixes.all(), workers);
    Matrix in(streams.rows, width_);
    weights_ = Matrix(writes_ ? streams.rows : 0, count_);
    combs_ = Matrix(writes_ && plan_.sinkhorn ? streams.rows : 0, count_ * count_);
    for (std::size_t t = 0; t < streams.rows; ++t) {
        const std::span<const float> mix = mixes.row(t);
        const std::span<float> to = in.row(t);
        for (std::size_t s = 0; s < count_; ++s) {
            const float weight = sigmoid(mix[s] * scale_[0] + base_[s]) + plan_.epsilon;
            const std::span<const float> from = streams.part(t, s * width_, width_);
            for (std::size_t i = 0; i < width_; ++i) to[i] += weight * from[i];
        }
        if (writes_) weigh(mix, t);
    }
    return in;
}

void StreamMixer::write(Matrix& streams, const Matrix& branch) const {
    for (std::size_t t = 0; t < streams.rows; ++t) {
        const std::span<const float> from = branch.part(t, 0, width_);
        if (combs_.rows != 0) {
            recombine(combs_.row(t), weights_.row(t), from, streams.part(t, 0, count_ * width_));
            continue;
        }
        for (std::size_t s = 0; s < count_; ++s) {
            const float weight = weights_.row(t)[s];
            const std::span<float> to = streams.part(t, s * width_, width_);
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

Matrix StreamMixer::mean(const Matrix& streams, std::size_t count) {
    const std::size_t width = share(streams.columns, count, "residual streams");
    Matrix sum(streams.rows, width);
    for (std::size_t t = 0; t < streams.rows; ++t)
        for (std::size_t s = 0; s < count; ++s) add(sum.row(t), streams.part(t, s * width, width));
    scale_by(sum, 1.0F / static_cast<float>(count));
    return sum;
}

}  // namespace attnx::forward

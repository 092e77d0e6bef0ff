#include "residual_bank.h"

#include <optional>

#include "ops/softmax.h"

namespace attnx::forward {

float ResidualBank::score_of(std::span<const float> row, std::span<const float> score) const {
    std::vector<float> normed(row.begin(), row.end());
    normalize(rule_, {}, normed);
    multiply(normed, score);
    double sum = 0.0;
    for (const float v : normed) sum += static_cast<double>(v);
    return static_cast<float>(sum);
}

Matrix ResidualBank::mix(const Matrix& stream, std::span<const float> score, Workers& workers) const {
    if (banked_.empty()) return stream;
    Matrix mixed(stream.rows, stream.columns);
    workers.parallel(stream.rows, [&](std::size_t t, unsigned) {
        std::vector<float> weights;
        for (const Matrix& earlier : banked_) weights.push_back(score_of(earlier.row(t), score));
        weights.push_back(score_of(stream.row(t), score));
        softmax(weights, std::nullopt, Rest::in_turn, workers.simd());
        const std::span<float> to = mixed.row(t);
        for (std::size_t b = 0; b < weights.size(); ++b)
            add_scaled(to, b < banked_.size() ? banked_[b].row(t) : stream.row(t), weights[b]);
    });
    return mixed;
}

}  // namespace attnx::forward

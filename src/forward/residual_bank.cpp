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

Traced ResidualBank::mix(const Traced& stream, std::span<const float> score, Workers& workers) const {
    if (banked_.empty()) return stream;
    std::vector<const Traced*> all;
    for (const Traced& earlier : banked_) all.push_back(&earlier);
    all.push_back(&stream);
    Traced mixed(Matrix(stream.rows, stream.columns));
    Matrix weights(stream.rows, all.size());
    workers.parallel(stream.rows, [&](std::size_t t, unsigned) {
        const std::span<float> own = weights.row(t);
        for (std::size_t b = 0; b < all.size(); ++b) own[b] = score_of(all[b]->row(t), score);
        softmax(own, std::nullopt, Rest::in_turn, workers.simd());
        for (std::size_t b = 0; b < all.size(); ++b) add_scaled(mixed.row(t), all[b]->row(t), own[b]);
    });
    if (stream.tape == nullptr) return mixed;
    std::vector<Tape::Term> terms;
    for (std::size_t b = 0; b < all.size(); ++b) terms.push_back(all[b]->whole(weights.row(stream.tape->row())[b]));
    mixed.is_sum_of(stream.tape, std::move(terms));
    return mixed;
}

}  // namespace attnx::forward

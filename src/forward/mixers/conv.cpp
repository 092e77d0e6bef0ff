#include "conv.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::forward {

TimeConv::TimeConv(std::vector<float> weight, std::vector<float> bias, std::size_t channels)
    : weight_(std::move(weight)), bias_(std::move(bias)), channels_(channels), kernel_(channels == 0 ? 0 : weight_.size() / channels) {
    if (kernel_ == 0 || weight_.size() != kernel_ * channels || (!bias_.empty() && bias_.size() != channels)) {
        throw Error(ErrorCode::bad_dimensions, fmt::format("a convolution of {} weights and {} biases for {} channels", weight_.size(), bias_.size(), channels));
    }
}

// padded: kernel - 1 rows more than `rows`.
Matrix TimeConv::over(const Matrix& padded, std::size_t rows) const {
    Matrix y(rows, channels_);
    for (std::size_t t = 0; t < rows; ++t) {
        float* out = y.row(t);
        if (!bias_.empty()) std::ranges::copy(bias_, out);
        for (std::size_t k = 0; k < kernel_; ++k) {
            const float* in = padded.row(t + k);
            for (std::size_t c = 0; c < channels_; ++c) out[c] += weight_[c * kernel_ + k] * in[c];
        }
    }
    return y;
}

Matrix TimeConv::run(const Matrix& x) {
    Matrix padded(x.rows + kernel_ - 1, channels_);
    if (history_.rows != 0) std::ranges::copy(history_.values, padded.values.begin());
    std::ranges::copy(x.values, padded.row(kernel_ - 1));
    history_ = Matrix(kernel_ - 1, channels_);
    std::copy_n(padded.row(x.rows), history_.values.size(), history_.values.data());
    return over(padded, x.rows);
}

Matrix TimeConv::run_centred(const Matrix& x) const {
    Matrix padded(x.rows + kernel_ - 1, channels_);
    std::ranges::copy(x.values, padded.row((kernel_ - 1) / 2));
    return over(padded, x.rows);
}

}  // namespace attnx::forward

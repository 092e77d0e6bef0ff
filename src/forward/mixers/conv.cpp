#include "conv.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::forward {

TimeConv::TimeConv(std::vector<float> weight, std::vector<float> bias, std::size_t channels)
    : weight_(std::move(weight)),
      bias_(std::move(bias)),
      channels_(channels),
      kernel_(channels == 0 ? 0 : weight_.size() / channels) {
    if (kernel_ == 0 || weight_.size() != kernel_ * channels || (!bias_.empty() && bias_.size() != channels)) {
        throw Error(ErrorCode::bad_dimensions, fmt::format("a convolution of {} weights and {} biases for {} channels",
                                                           weight_.size(), bias_.size(), channels));
    }
}

TimeConv::TimeConv(const Tensors& tensors, Stem stem, std::size_t channels, bool heeds_bias, std::size_t step)
    : TimeConv(tensors.vector(stem, product({tensors.require(stem).ne[0], channels}, tensors.full(stem))),
               heeds_bias ? tensors.optional_vector(stem, channels, Suffix::bias) : std::vector<float>{}, channels) {
    step_ = step;
}

// As many rows more than x has as are looked back, with x from row `first` on.
Matrix TimeConv::padded(const Matrix& x, std::size_t first) const {
    if (x.columns != channels_) outside(0, x.columns, channels_, "channels of a convolution");
    Matrix wide(x.rows + back(), channels_);
    for (std::size_t t = 0; t < x.rows; ++t) copy(x.row(t), wide.row(first + t));
    return wide;
}

Matrix TimeConv::over(const Matrix& wide, std::size_t rows) const {
    Matrix y(rows, channels_);
    for (std::size_t t = 0; t < rows; ++t) {
        const std::span<float> out = y.row(t);
        if (!bias_.empty()) copy(bias_, out);
        for (std::size_t k = 0; k < kernel_; ++k) {
            const std::span<const float> in = wide.row(t + k * step_);
            for (std::size_t c = 0; c < channels_; ++c) out[c] += weight_[c * kernel_ + k] * in[c];
        }
    }
    return y;
}

Matrix TimeConv::run(const Matrix& x) {
    Matrix wide = padded(x, back());
    for (std::size_t t = 0; t < history_.rows; ++t) copy(history_.row(t), wide.row(t));
    history_ = Matrix(back(), channels_);
    for (std::size_t t = 0; t < history_.rows; ++t) copy(wide.row(x.rows + t), history_.row(t));
    return over(wide, x.rows);
}

Matrix TimeConv::run_centred(const Matrix& x) const { return over(padded(x, back() / 2), x.rows); }

}  // namespace attnx::forward

// A short convolution over time, one filter per channel.
#pragma once

#include <cstddef>
#include <vector>

#include "../kernel.h"
#include "../weights.h"

namespace attnx::forward {

class TimeConv {
public:
    TimeConv() = default;
    // Of the layer's tensor `stem`, [kernel, channels], and its bias, where there is one and it is heeded. Throws
    // missing_tensor, bad_dimensions.
    TimeConv(const Tensors& tensors, Stem stem, std::size_t channels, bool heeds_bias = true, std::size_t step = 1);
    TimeConv(std::vector<float> weight, std::vector<float> bias, std::size_t channels);

    // x: [tokens, channels]. y[t] = sum over k of w[k] * x[t - (kernel - 1 - k) * step] + bias, remembering as many
    // rows as the next call looks back.
    Matrix run(const Matrix& x);
    // Centred instead: x[t - (kernel - 1) / 2 + k]; remembers nothing.
    Matrix run_centred(const Matrix& x) const;
    void reset() { history_ = {}; }
    std::size_t channels() const { return channels_; }

private:
    std::size_t back() const { return (kernel_ - 1) * step_; }
    Matrix padded(const Matrix& x, std::size_t first) const;
    Matrix over(const Matrix& wide, std::size_t rows) const;

    std::vector<float> weight_, bias_;
    std::size_t channels_ = 0, kernel_ = 0, step_ = 1;
    Matrix history_;
};

}  // namespace attnx::forward

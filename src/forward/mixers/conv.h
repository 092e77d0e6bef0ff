// A short convolution over time, one filter per channel.
#pragma once

#include <cstddef>
#include <vector>

#include "../matrix.h"
#include "../weights.h"

namespace attnx::forward {

class TimeConv {
public:
    TimeConv() = default;
    // weight: [channels, kernel]; bias may be empty.
    TimeConv(std::vector<float> weight, std::vector<float> bias, std::size_t channels);

    // y[t] = sum over k of w[k] * x[t - kernel + 1 + k] + bias, remembering the last kernel - 1 rows for the next call.
    Matrix run(const Matrix& x);
    // Centred instead: x[t - (kernel - 1) / 2 + k]; remembers nothing.
    Matrix run_centred(const Matrix& x) const;
    void reset() { history_ = {}; }
    std::size_t channels() const { return channels_; }

private:
    Matrix over(const Matrix& padded, std::size_t rows) const;

    std::vector<float> weight_, bias_;
    std::size_t channels_ = 0, kernel_ = 0;
    Matrix history_;
};

}  // namespace attnx::forward

#include "softmax.h"

#include <algorithm>
#include <cmath>

#include "../kernel.h"

namespace attnx::forward {

void softmax(std::span<float> scores, std::optional<float> sink, Rest rest, Simd simd) {
    if (scores.empty()) return;
    float most = largest(scores, simd);
    if (sink) most = std::max(most, *sink);
    const double sum =
        exp_shifted(scores, most, rest, simd) + (sink ? static_cast<double>(std::exp(*sink - most)) : 0.0);
    const auto share = static_cast<float>(1.0 / sum);
    for (float& s : scores) s *= share;
}

}  // namespace attnx::forward

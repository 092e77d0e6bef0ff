#include "softmax.h"

#include <algorithm>
#include <cmath>

#include "exp.h"

namespace attnx::forward {

void softmax(std::span<float> scores, std::optional<float> sink) {
    if (scores.empty()) return;
    float most = largest(scores);
    if (sink) most = std::max(most, *sink);
    const double sum = exp_shifted(scores, most) + (sink ? std::exp(static_cast<double>(*sink - most)) : 0.0);
    const auto share = static_cast<float>(1.0 / sum);
    for (float& s : scores) s *= share;
}

}  // namespace attnx::forward

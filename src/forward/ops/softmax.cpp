#include "softmax.h"

#include <algorithm>
#include <cmath>

namespace attnx::forward {

void softmax(std::span<float> scores, std::optional<float> sink) {
    if (scores.empty()) return;
    float most = *std::max_element(scores.begin(), scores.end());
    if (sink) most = std::max(most, *sink);
    double sum = sink ? static_cast<double>(std::exp(*sink - most)) : 0.0;
    for (float& s : scores) {
        s = std::exp(s - most);
        sum += static_cast<double>(s);
    }
    const auto share = static_cast<float>(1.0 / sum);
    for (float& s : scores) s *= share;
}

}  // namespace attnx::forward

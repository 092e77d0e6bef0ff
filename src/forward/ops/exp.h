// exp over many numbers at once.
#pragma once

#include <span>

namespace attnx::forward {

// x[i] = exp(x[i] - shift), within 2 units in the last place; 0 below exp(-87). Returns the sum of the results.
double exp_shifted(std::span<float> x, float shift);

// The largest of x; x must not be empty.
float largest(std::span<const float> x);

// x[i] = x[i] / (1 + exp(-x[i])).
void silu_all(std::span<float> x);

}  // namespace attnx::forward

// Normalisation of rows.
#pragma once

#include <cstddef>
#include <span>

#include "../kernel.h"
#include "../weights.h"
#include "attnx/model/graph.h"

namespace attnx::forward {

struct NormRule {
    model::NormKind kind = model::NormKind::rms;
    float epsilon = 1e-5F;
    std::size_t groups = 1;  // equal slices of a row, each normalised by itself; weights are of the whole row
};

// In place. rms: x / sqrt(mean(x^2) + epsilon); layer: (x - mean) / sqrt(variance + epsilon). Then * weight + bias,
// where present. norm.weight is one row for all, or several, of which row `which` is taken. Throws bad_dimensions,
// naming the tensor, when x is not such a row.
void normalize(NormRule rule, const Norm& norm, std::span<float> x, std::size_t which = 0);

// What one group of a row is multiplied with, once its mean was taken off where the rule does that.
float factor_to_length(NormRule rule, std::span<const float> x);

// All rows, row i with row i modulo `whiches` of the norm's.
void normalize_all(NormRule rule, const Norm& norm, Strip<float> rows, std::size_t whiches = 1);
Matrix normalized(NormRule rule, const Norm& norm, const Matrix& x);

// x / sqrt(sum(x^2) + epsilon), in place.
void l2_normalize(std::span<float> x, float epsilon);

}  // namespace attnx::forward

// Values of a mixture of matrices (K2 Horizon): a router picks a few for each token; V = sum of w * silu(W x).
#pragma once

#include <cstddef>
#include <vector>

#include "../kernel.h"
#include "../weights.h"
#include "attnx/model/graph.h"
#include "mixer.h"

namespace attnx::forward {

class RoutedValues {
public:
    // Of `outputs` numbers for each token. Throws bad_value, bad_dimensions.
    RoutedValues(const MixerParts& parts, std::size_t outputs);
    Matrix run(const Matrix& x, Workers& workers) const;

private:
    model::ExpertPlan plan_;
    Linear router_;
    std::vector<float> choice_bias_;
    WeightStack values_;
};

}  // namespace attnx::forward

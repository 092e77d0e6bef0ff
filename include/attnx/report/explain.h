// report: one weight worked out.
#pragma once

#include "attnx/model/spec.h"
#include "attnx/study/one_layer.h"
#include "attnx/view/document.h"

namespace attnx::report {

view::Document explain(const view::ModelRef& model, const model::ModelSpec& spec, const study::Explained& why);

// By hand, without a model.
struct ByHand {
    analysis::WeightProblem problem;
    analysis::Explanation explanation;
    std::uint32_t key = 0;  // whose product is taken apart
};
view::Document explain(const ByHand& by_hand);

}  // namespace attnx::report

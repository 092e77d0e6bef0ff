// report: which heads matter.
#pragma once

#include <optional>
#include <string>

#include "attnx/study/ablate.h"
#include "attnx/view/document.h"

namespace attnx::report {

struct AblateView {
    bool by_mean = false;
    std::optional<study::Token> target = {};
    std::uint32_t position = 0;  // of the target
    std::function<std::string(std::uint32_t)> piece = {};
};

// JSON has every head, in order; people see those that matter most, and layers by heads, drawn.
view::Document ablate(const view::ModelRef& model, const study::Ablations& ablations, const AblateView& view);

}  // namespace attnx::report

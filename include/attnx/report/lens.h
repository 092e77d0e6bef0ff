// report: what a model would say after each layer, and who wrote it.
#pragma once

#include <functional>
#include <string>

#include "attnx/study/lens.h"
#include "attnx/view/document.h"

namespace attnx::report {

// JSON has all layers and positions; people see the position of the target, the parts of its logit that are largest,
// and layers by tokens, drawn. piece: what a token stands for.
view::Document lens(const view::ModelRef& model, const study::Lens& lens,
                    const std::function<std::string(std::uint32_t)>& piece);

}  // namespace attnx::report

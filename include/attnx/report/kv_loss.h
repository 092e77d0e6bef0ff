// report: what a smaller cache costs in quality.
#pragma once

#include "attnx/study/kv_loss.h"
#include "attnx/view/document.h"

namespace attnx::report {

view::Document kv_loss(const view::ModelRef& model, const study::KvLoss& loss);

}  // namespace attnx::report

// report: what heads do, on paper. Private to report.
#pragma once

#include "attnx/model/spec.h"
#include "attnx/study/roles.h"
#include "attnx/view/picture.h"

namespace attnx::report {

// Layers by heads, by their classes.
view::ClassMap class_map(const model::ModelSpec& spec, const study::Roles& roles);

}  // namespace attnx::report

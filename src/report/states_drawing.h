// report: lengths along the way as a matrix. Private to report.
#pragma once

#include "attnx/report/states.h"

namespace attnx::report {

// Layers by tokens; owns its numbers.
view::Matrix states_map(const study::MeasuredStates& measured, const StatesView& view);

}  // namespace attnx::report

// report: the keys that each query attends to most. Private to report.
#pragma once

#include <memory>
#include <vector>

#include "attnx/report/attend.h"

namespace attnx::report {

// For scripts the targets of each query, for people a line for each.
void add_top(std::vector<view::Block>& blocks, const model::ModelSpec& spec,
             const std::shared_ptr<const study::Attended>& attended, const DrawnMap& drawn, std::uint32_t count);

}  // namespace attnx::report

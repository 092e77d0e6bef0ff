// report: the memory and compute plans as JSON, so that `inspect --json | kv-cost` costs exactly what the file would.
// cli/model_json.cpp reads them back.
#pragma once

#include <string>
#include <vector>

#include "attnx/model/compute_plan.h"
#include "attnx/model/spec.h"
#include "attnx/view/document.h"

namespace attnx::report {

// Blocks for scripts only, under `path` ("memory_plan", "memory_plan_mtp").
std::vector<view::Block> plan_blocks(const model::MemoryPlan& plan, const std::string& path);

// The same for compute-cost, under `compute_plan`.
std::vector<view::Block> plan_blocks(const model::ComputePlan& plan);

}  // namespace attnx::report

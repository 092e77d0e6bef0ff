// The plan of a memory of n-grams, as keys give it (ple.*).
#pragma once

#include "attnx/model/mixer_plan.h"
#include "plan_keys.h"

namespace attnx::model {

// `which`: of several layers that have one, each with a part of the lists. What fills in for tokens is the caller's.
NgramPlan ngram_plan(PlanKeys& keys, std::size_t which);

}  // namespace attnx::model

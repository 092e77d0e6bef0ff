// study: how large things are along the way through a model.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "attnx/analysis/stream_states.h"
#include "attnx/base/findings.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/study/attend.h"
#include "attnx/study/prompt.h"
#include "attnx/study/run.h"

namespace attnx::study {

struct StatesQuestion {
    std::set<std::uint32_t> layers = {};  // measured; empty: all
    analysis::MassiveRule massive = {};
    Run run = {};
};

struct MeasuredStates {
    std::vector<Token> tokens = {};
    analysis::States states = {};
    std::string_view numerics = {};  // forward::kNumerics
    Findings findings = {};
};

// These sinks are told of the pass, too. Throws not_found for a layer that is not there, refused when it would take
// more than run.max_memory, and what running the model throws.
MeasuredStates states(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                      const StatesQuestion& question, const std::vector<trace::Sink*>& sinks = {});

}  // namespace attnx::study

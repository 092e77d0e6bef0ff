// study: how differently two models attend to the same tokens, and what they say next.
//
//   const study::Compared answer = study::compare({a, spec_a, prompt_a}, {b, spec_b, prompt_b}, {});
//   for (const study::HeadDistance& head : answer.heads) head.js;
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/study/attend.h"
#include "attnx/study/prompt.h"
#include "attnx/study/run.h"

namespace attnx::study {

struct Side {
    const gguf::File& file;
    const model::ModelSpec& spec;
    const Prompt& prompt;
};

struct HeadDistance {
    std::uint32_t layer = 0, head = 0;
    double js = 0;              // mean over queries of the Jensen-Shannon divergence, in nats
    double max_abs = 0;         // of a weight and the other's
    double same_strongest = 0;  // share of queries whose strongest key is the same
};

struct Compared {
    std::vector<Token> tokens;
    std::vector<HeadDistance> heads;      // by layer and head
    std::vector<std::uint32_t> left_out;  // layers of which one does not attend, or has other heads
    // Of what they say next, KL(a || b) in nats, after the last token and as a mean over tokens; share of tokens after
    // which the likeliest is the same. Nothing where one has no output head, or another vocabulary.
    std::optional<double> kl_last, kl_mean, top1_agreement;
    std::string_view numerics;  // forward::kNumerics
    Findings findings;          // about both models and their execution
};

// Runs both side by side, a layer each in turn: of one layer the first's map is kept (of all where no thread can be
// started). Throws refused where the tokens are not the same, and where both runs and what is kept would take more than
// run.max_memory; not_found where no layer of one can be compared with the other's; what running a model throws.
Compared compare(const Side& a, const Side& b, const Run& run, Onlooker* onlooker = nullptr);

}  // namespace attnx::study

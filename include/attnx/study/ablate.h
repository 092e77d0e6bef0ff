// study: which heads matter. Each is taken out by itself, and the rest of the model run again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "attnx/analysis/next_token.h"
#include "attnx/study/attend.h"

namespace attnx::study {

struct AblateQuestion {
    Heads heads = {};                            // taken out one by one; empty: all_heads
    bool by_mean = false;                        // replaced by the head's mean over the prompt instead of by 0
    std::optional<std::uint32_t> target = {};    // a token whose logit is looked at
    std::optional<std::uint32_t> position = {};  // after which it would come; nothing: the last
    Run run = {};
};

// All against the whole model. Natural logarithms.
struct HeadEffect {
    std::uint32_t layer = 0, head = 0;
    double kl_last = 0, kl_mean = 0;         // KL(whole ‖ without the head) after the last token; mean over all
    std::optional<double> loss_change = {};  // nothing: the prompt has one token
    std::optional<double> target_logit_change = {};  // nothing: there is no target
};

struct Ablations {
    std::vector<Token> tokens;
    std::optional<double> loss = {};   // mean of -log p of the prompt's own next tokens
    std::vector<analysis::Guess> top;  // after the last token
    std::optional<double> target_logit = {};
    std::vector<HeadEffect> heads;
    std::string_view numerics = {};  // forward::kNumerics
    Findings findings;
};

// `told` hears of so many heads done of so many, and may throw. Throws not_found for a head or position that is not
// there, unsupported for a model without an output head, refused beyond run.max_memory, and what running it throws.
// Memory: the stream before each layer, twice the logits of all tokens.
Ablations ablate(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                 const AblateQuestion& question, const std::function<void(std::size_t, std::size_t)>& told = {});

}  // namespace attnx::study

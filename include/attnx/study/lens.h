// study: what a model would say after each layer (logit lens), and who wrote what it says (direct logit attribution).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "attnx/analysis/next_token.h"
#include "attnx/forward/attribution.h"
#include "attnx/study/attend.h"

namespace attnx::study {

struct LensQuestion {
    std::set<std::uint32_t> layers = {};         // looked behind; empty: all
    std::optional<std::uint32_t> position = {};  // after which the target would come; nothing: the last
    std::optional<std::uint32_t> target = {};    // nothing: the most likely token there
    std::size_t top = 5;                         // tokens of each layer and position
    Run run = {};
};

// What would be said behind one layer, after each token of the prompt, the most likely first.
struct LensLayer {
    std::uint32_t layer = 0;
    std::vector<std::vector<analysis::Guess>> positions;
};

struct Lens {
    std::vector<Token> tokens;
    std::vector<LensLayer> layers;
    std::uint32_t position = 0, target = 0;
    forward::Attribution attribution;  // of the target's logit after the position
    bool capped = false;               // the model's logits are bent after that
    std::string_view numerics = {};    // forward::kNumerics
    Findings findings;
};

// `told` hears of so many layers done of so many, and may throw. Throws not_found for a layer, position or token that
// is not there, unsupported for a model without an output head, refused beyond run.max_memory, and what running it
// throws. Memory: logits of a few tokens at a time, what the last token's stream is a sum of, and the answer.
Lens lens(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt, const LensQuestion& question,
          const std::function<void(std::size_t, std::size_t)>& told = {});

}  // namespace attnx::study

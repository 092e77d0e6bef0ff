// study: random tokens that are repeated, which tell what heads do whatever a text is about.
#pragma once

#include <cstdint>
#include <vector>

#include "attnx/model/spec.h"
#include "attnx/study/prompt.h"

namespace attnx::study {

// [BOS] r1 … rn r1 … rn: BOS where the tokenizer begins a text with it, r different ordinary tokens.
struct Probe {
    std::uint64_t seed = 0;
    std::vector<std::uint32_t> ids;
};

// The tokens of a probe; the same from the same seed everywhere. Of the prompt only the vocabulary is looked at:
// without one, any id of the model is ordinary. Throws refused when there are too few ordinary tokens, or a probe is
// longer than the trained context.
std::vector<std::uint32_t> probe_ids(const Prompt& vocabulary, const model::ModelSpec& spec, std::uint32_t length,
                                     std::uint64_t seed);

}  // namespace attnx::study

// study: what a model says next.
#pragma once

#include <cstdint>
#include <functional>

#include "attnx/forward/session.h"
#include "attnx/study/prompt.h"

namespace attnx::study {

// Appends the likeliest token to the prompt's, `count` times or until it ends the answer, telling `each` after each;
// the session is new or was reset, and is left with all but the last of them. Throws refused for models that are not
// causal, unsupported for those without an output head, and what feeding a session throws.
void generate(forward::Session& session, Prompt& prompt, std::uint64_t count, const std::function<void()>& each = {});

}  // namespace attnx::study

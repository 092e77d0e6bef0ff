// study: how a model is run, whatever is asked of it.
#pragma once

#include <cstdint>

#include "attnx/base/budget.h"
#include "attnx/forward/numerics.h"

namespace attnx::forward {
struct SessionOptions;
}

namespace attnx::study {

struct Run {
    unsigned threads = 0;                   // 0: one per processor
    std::uint64_t max_memory = kMaxMemory;  // beyond the file's own pages, in bytes
    forward::Numerics numerics = forward::Numerics::llama_cpp;

    // For a session that is meant to reach so many tokens.
    forward::SessionOptions session(std::uint64_t tokens) const;
};

}  // namespace attnx::study

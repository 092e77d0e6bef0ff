#include "attnx/study/run.h"

#include "attnx/forward/session.h"

namespace attnx::study {

forward::SessionOptions Run::session(std::uint64_t tokens) const {
    forward::SessionOptions options;
    options.threads = threads;
    options.context = static_cast<std::uint32_t>(tokens);
    options.max_memory = max_memory;
    options.numerics = numerics;
    return options;
}

}  // namespace attnx::study

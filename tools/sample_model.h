// The sample model: small, llama-like, and honest about itself, since the roles of its heads are known by construction.
#pragma once

#include <string>

namespace attnx::tools {

// The bytes of a GGUF file of a few hundred KB; the same on every machine.
std::string sample_model();

}  // namespace attnx::tools

// cli: the file of a MODEL, whatever it is called. Private to cli.
#pragma once

#include <string>

#include "attnx/cli/command.h"
#include "attnx/gguf/file.h"

namespace attnx::cli {

// A path, or a name in a store of this machine (places/stores.h). Throws usage for standard input.
std::string model_path(const Environment& environment, const std::string& model);

// The same, and "-": a header on standard input, of which no more is read than that takes; for those who need no more.
gguf::File open_model(const Environment& environment, const std::string& model, gguf::OpenOptions options = {});

}  // namespace attnx::cli

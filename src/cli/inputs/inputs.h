// cli: what a command reads, so that its output is none of that. Private to cli.
#pragma once

#include <string>
#include <vector>

#include "attnx/gguf/file.h"
#include "token_source.h"

namespace attnx::cli {

// Every part of the model.
inline std::vector<std::string> paths_of(const gguf::File& file) {
    std::vector<std::string> paths;
    for (const gguf::Shard& shard : file.shards()) paths.push_back(shard.path);
    return paths;
}

// And the file with the text.
inline std::vector<std::string> inputs_of(const gguf::File& file, const TokenOptions& prompt) {
    std::vector<std::string> paths = paths_of(file);
    if (const auto text = prompt.file()) paths.push_back(*text);
    return paths;
}

}  // namespace attnx::cli

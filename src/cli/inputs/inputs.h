// cli: what a command reads, so that its output is none of that. Private to cli.
#pragma once

#include <string>
#include <vector>

#include "attnx/gguf/file.h"

namespace attnx::cli {

// Every part of the model.
inline std::vector<std::string> paths_of(const gguf::File& file) {
    std::vector<std::string> paths;
    for (const gguf::Shard& shard : file.shards()) paths.push_back(shard.path);
    return paths;
}

}  // namespace attnx::cli

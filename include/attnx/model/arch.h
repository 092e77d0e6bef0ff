// model: which architectures attnx knows by a row of its own.
#pragma once

#include <string_view>
#include <vector>

#include "attnx/model/spec.h"

namespace attnx::model {

struct KnownArchitecture {
    std::string_view name;   // as in general.architecture
    std::string_view title;  // "Gemma 3"
    RopeType rope = RopeType::none;
    std::string_view unsupported;  // why llama.cpp does not load it; empty when it does
};

// In the order of the registry: by lineage.
std::vector<KnownArchitecture> known_architectures();

// By its name or a fork's.
bool has_a_row(std::string_view name);

}  // namespace attnx::model

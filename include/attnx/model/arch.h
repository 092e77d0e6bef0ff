// model: which architectures attnx knows by a row of its own.
#pragma once

#include <span>
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

// What llama.cpp b12032 loads and has no row yet.
std::span<const std::string_view> awaited_architectures();
bool awaits_a_row(std::string_view name);

}  // namespace attnx::model

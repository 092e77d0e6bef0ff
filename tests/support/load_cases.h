// Single faults of golden models and llama.cpp b12032's verdict on each (../shared/golden-b12032/loads, or the reduced
// copies in tests/golden/loads).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attnx/analysis/loads.h"

namespace attnx::test {

struct LoadCase {
    std::string change;         // "drop blk.1.attn_q.weight", as printed
    std::string kind;           // drop, shape, extra, without_key
    std::optional<bool> loads;  // nothing: llama.cpp aborts
    std::string message;        // llama.cpp's, where it refuses
    std::string named;          // the tensor or key that the message names; empty: none
};

enum class LoadSet { reduced, all };  // tests/golden/loads, ../shared/golden-b12032

bool has_load_cases(LoadSet set);
std::vector<std::string> load_case_names(LoadSet set);  // one per architecture, sorted

// Builds each faulty file in memory, asks attnx and hands both answers over.
void for_each_load_case(LoadSet set, const std::string& name,
                        const std::function<void(const LoadCase&, const analysis::LoadVerdict&)>& compare);

}  // namespace attnx::test

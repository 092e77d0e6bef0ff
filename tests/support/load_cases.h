// Single faults of golden models and llama.cpp b12032's verdict on each (loads/NAME.json of tests/golden/README.md).
#pragma once

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

std::vector<std::string> load_case_names();  // one per architecture, sorted

// Builds each faulty file in memory, asks attnx and hands both answers over.
void for_each_load_case(const std::string& name,
                        const std::function<void(const LoadCase&, const analysis::LoadVerdict&)>& compare);

}  // namespace attnx::test

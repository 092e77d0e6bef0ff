// A specification against what llama.cpp makes of the same file.
#pragma once

#include <string>
#include <vector>

#include "attnx/model/spec.h"
#include "support/model_case.h"

namespace attnx::test {

struct Agreement {
    std::size_t agree = 0, all = 0;
    std::vector<std::string> differences;

    void add(const Agreement& other);
};

// One figure: hyper-parameters and every layer.
Agreement compare_geometry(const ModelCase& expected, const model::ModelSpec& spec);
// One figure per configuration.
Agreement compare_memory(const ModelCase& expected, const model::ModelSpec& spec);

}  // namespace attnx::test

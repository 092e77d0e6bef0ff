// cli: where a cost command gets its model from when MODEL is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attnx/cli/command.h"
#include "attnx/model/compute_plan.h"
#include "attnx/model/manual.h"
#include "attnx/model/spec.h"

namespace attnx::cli {

struct ModelSource {
    std::optional<view::ModelRef> model;  // nothing: geometry given by hand
    model::ModelSpec spec;
    model::ComputePlan compute;
    std::uint64_t weight_bytes = 0;  // of the tensors; 0 when unknown
};

// The options that name a model: MODEL, or the geometry. In order: MODEL; geometry options; the JSON of `attnx inspect`
// on a standard input that is not a terminal; ATTNX_MODEL; the only *.gguf in the current directory.
class ModelOptions {
public:
    void declare(Options& options);
    // Throws no_model, naming these ways, when none of them leads to a model.
    ModelSource load(const Environment& environment) const;

private:
    std::string path_;
    model::ManualGeometry geometry_;
    bool by_hand_ = false;
};

}  // namespace attnx::cli

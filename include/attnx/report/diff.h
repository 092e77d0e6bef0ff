// report: how two models differ.
#pragma once

#include <optional>
#include <vector>

#include "attnx/analysis/diff.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/study/compare.h"
#include "attnx/view/document.h"

namespace attnx::report {

// What was compared; nothing: not asked for.
struct Diff {
    const gguf::File& a;
    const gguf::File& b;
    const model::ModelSpec* spec_a = nullptr;  // both, for geometry
    const model::ModelSpec* spec_b = nullptr;
    std::optional<analysis::MetadataDifferences> metadata = {};
    std::optional<analysis::TensorDifferences> tensors = {};
    std::optional<std::vector<analysis::PairDistance>> numbers = {};  // of tensors->common
    std::optional<study::Compared> attention = {};
    double tolerance = 0;  // numbers, weights of attention and divergences up to it count as the same
};

struct DiffAnswer {
    view::Document document;
    bool same = true;  // in all that was compared
};
DiffAnswer diff(const Diff& compared);

}  // namespace attnx::report

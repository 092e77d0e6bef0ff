// Adapters of low rank that are part of the model (Granite Switch): each token uses one of them, found by a head that
// attends to the last token calling for one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "mixers/mixer.h"
#include "weights.h"

namespace attnx::forward {

class AdapterRouter {
public:
    explicit AdapterRouter(const model::AdapterPlan& plan);

    // The ids that are embedded in the place of these.
    std::vector<std::uint32_t> read_as(std::span<const std::uint32_t> tokens) const;
    // Which adapter each token uses; told as a head of the layer that the plan names.
    std::vector<std::uint32_t> choose(std::span<const std::uint32_t> tokens, Pass pass);
    void reset() { keys_ = values_ = {}; }

private:
    std::uint32_t called_by(std::uint32_t token) const;  // 0: none

    model::AdapterPlan plan_;
    model::AttentionPlan head_;
    Matrix keys_, values_;
};

// What the adapter of each token adds to a product: B (A x).
class SwitchedProduct {
public:
    SwitchedProduct() = default;
    // Of the layer's tensor `stem`. Empty where the model has no adapters.
    SwitchedProduct(const MixerParts& parts, Stem stem, std::size_t inputs, std::size_t outputs);

    explicit operator bool() const { return choices_ != nullptr; }

    // y += B (A x).
    void add_to(Matrix& y, const Matrix& x, Workers& workers) const;

private:
    WeightStack a_, b_;
    const std::vector<std::uint32_t>* choices_ = nullptr;
};

}  // namespace attnx::forward

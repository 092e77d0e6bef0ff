// Files with exactly the tensors that a test lists, and what llama.cpp's loader would stumble over first.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "attnx/model/tensor_plan.h"
#include "tiny.h"

namespace attnx::test {

using Shape = std::vector<std::uint64_t>;
using Tensors = std::vector<std::pair<std::string, Shape>>;

// The tensors whose name `keep` takes.
template <class Keep>
GgufBuilder with(GgufBuilder builder, const Tensors& tensors, const Keep& keep) {
    for (const auto& [name, shape] : tensors)
        if (keep(name)) builder.tensor(name, "f32", shape);
    return builder;
}

inline constexpr auto kAll = [](const std::string&) { return true; };

inline auto without(std::string dropped) {
    return [dropped = std::move(dropped)](const std::string& name) { return name != dropped; };
}

inline Tensors whole_model() {
    return {{"token_embd.weight", {128, 32}}, {"output_norm.weight", {128}}, {"output.weight", {128, 32}}};
}

inline void append(Tensors& all, const std::string& block, const Tensors& tensors) {
    for (const auto& [name, shape] : tensors) all.emplace_back(block + name, shape);
}

// The name of the tensor or key that it is about; empty when the file has all that it should.
inline std::string refused_for(const GgufBuilder& builder) {
    const model::TensorPlan plan = spec_of(builder).tensors;
    return plan.refusal ? plan.refusal->name : "";
}

}  // namespace attnx::test

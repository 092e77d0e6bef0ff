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

// The keys of one block: width 128, 4 heads of 32, 2 of them with keys and values, 32 tokens.
inline GgufBuilder one_block(const std::string& architecture) {
    auto builder = Tiny{architecture, {"block_count"}}.builder();
    builder.key(architecture + ".block_count", 1U).key(architecture + ".vocab_size", 32U);
    return builder;
}

// 4 experts of 64 and their router.
inline Tensors four_experts() {
    return {{"ffn_gate_inp.weight", {128, 4}},
            {"ffn_gate_exps.weight", {128, 64, 4}},
            {"ffn_down_exps.weight", {64, 128, 4}},
            {"ffn_up_exps.weight", {128, 64, 4}}};
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

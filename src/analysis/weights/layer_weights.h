// analysis: one layer's attention matrices as floats, whatever form the file keeps them in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/model/roles.h"
#include "attnx/model/spec.h"
#include "matrices.h"

namespace attnx::analysis {

// Heads one after the other: q [heads * dim_k, d], k [kv_heads * dim_k, d], v [kv_heads * dim_v, d], and W_O
// transposed, o [heads * dim_v, d], so that every product is of rows. Empty: the layer has no such matrix.
// Gains are folded already unless raw.
struct LayerWeights {
    std::uint32_t layer = 0, heads = 0, kv_heads = 0;
    std::uint32_t head_dim_k = 0, head_dim_v = 0;  // in the file
    std::uint32_t dim_k = 0, dim_v = 0;            // rows of a head here: fewer once narrow_heads has been
    std::string form;
    std::vector<std::string> notes;
    Rows q, k, v, o;
    std::vector<float> q_bias, k_bias, v_bias;  // empty, or as long as the matrix has rows

    std::uint32_t kv_of(std::uint32_t head) const {
        return static_cast<std::uint32_t>(std::uint64_t{head} * kv_heads / heads);
    }
};

// The tensors of a layer by role, weights and biases apart.
struct LayerTensors {
    std::uint32_t layer = 0;
    struct Entry {
        model::Role role;
        bool bias = false;
        const gguf::TensorInfo* info = nullptr;
    };
    std::vector<Entry> entries;  // in file order, only those that matter here

    const gguf::TensorInfo* weight(model::Role role) const;
    const gguf::TensorInfo* bias(model::Role role) const;
    bool has(model::Role role) const { return weight(role) != nullptr; }
    std::uint64_t bytes() const;
};

// Of every layer of the trunk.
std::vector<LayerTensors> attention_tensors(const gguf::File& file, std::uint32_t layer_count);

// The layer's matrices, or why they cannot be told apart.
std::variant<LayerWeights, std::string> load_layer(const gguf::File& file, const model::LayerSpec& spec,
                                                   const LayerTensors& tensors, bool raw);

// Only W_O, as in LayerWeights::o, of a layer that load_layer has read.
Rows load_output(const gguf::File& file, const LayerTensors& tensors, bool raw);

}  // namespace attnx::analysis

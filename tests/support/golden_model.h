// Models described by golden JSON files (tests/golden/README.md), as GGUF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/gguf_builder.h"

namespace attnx::test {

enum class Weights { zero, real };

// What architectures/NAME.json or variants/NAME.json describes, to be changed before it is built.
struct GoldenTensor {
    std::string name;
    std::vector<std::uint64_t> shape;  // in file order
    std::string type;
    float scale = 0.0F, bias = 0.0F;
};
struct GoldenParts {
    std::uint32_t version = 3;
    std::uint64_t weight_seed = 0;
    std::vector<std::pair<std::string, GgufValue>> metadata;
    std::vector<GoldenTensor> tensors;

    GgufBuilder build(Weights weights) const;
};
GoldenParts golden_parts(const std::filesystem::path& json);

// From architectures/NAME.json or variants/NAME.json. Weights follow the README's formula exactly.
GgufBuilder golden_model(const std::filesystem::path& json, Weights weights);
std::vector<std::byte> golden_model_bytes(const std::filesystem::path& json, Weights weights);

// From one case's `meta` object of kv-vectors.json, as JSON text: floats become float32, integers uint32, no tensors.
GgufBuilder kv_vector_model(std::string_view meta_json);

// Weight `index` of tensor `name`: bias + scale * u, u in [-1, 1) from a hash of name, seed and index.
float golden_weight(std::string_view name, std::uint64_t weight_seed, std::uint64_t index, float scale, float bias);

// Nearest half-precision float, ties to even.
std::uint16_t round_to_half(float value);

}  // namespace attnx::test

// Blocks of every tensor type, and the numbers that ggml reads from them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "attnx/gguf/tensor_type.h"
#include "support/base64.h"
#include "support/golden.h"
#include "support/read_json.h"

namespace attnx::test {

struct GoldenBlocks {
    std::string name;
    gguf::TensorType type{};
    std::size_t block_elements = 0, block_bytes = 0;
    std::vector<std::byte> blocks;
    std::vector<float> values;
};

inline std::vector<GoldenBlocks> golden_blocks() {
    std::vector<GoldenBlocks> all;
    for (const auto& path : golden_files("dequant")) {
        const auto json = read_json(path);
        GoldenBlocks golden;
        golden.name = json.at("type").get<std::string>();
        golden.type = static_cast<gguf::TensorType>(json.at("id").get<std::uint32_t>());
        golden.block_elements = json.at("block_size").get<std::size_t>();
        golden.block_bytes = json.at("type_size").get<std::size_t>();
        golden.blocks = from_base64(json.at("bytes").get<std::string>());
        golden.values = json.at("values").get<std::vector<float>>();
        all.push_back(std::move(golden));
    }
    std::sort(all.begin(), all.end(), [](const GoldenBlocks& a, const GoldenBlocks& b) { return a.type < b.type; });
    return all;
}

}  // namespace attnx::test

// A case of an architecture: a tiny model's keys and tensors, and what llama.cpp makes of them
// (tests/golden/README.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attnx/analysis/kv_cost.h"
#include "attnx/gguf/file.h"

namespace attnx::test {

struct ExpectedLayer {
    std::uint32_t head_count, head_count_kv, head_dim_k, head_dim_v, rope_dimensions;
    bool sliding, recurrent, has_kv;
};

struct ExpectedMemory {
    analysis::ContextParams params;
    std::uint64_t context_allocated = 0;
    std::optional<std::uint64_t> bytes;  // nothing: refused
    std::string text;                    // the row, for messages
};

struct ModelCase {
    std::string architecture;
    std::string source;  // where the expectations come from, for those not measured
    std::uint32_t layer_count = 0, layer_count_all = 0, context_length = 0, embedding_length = 0, window = 0;
    bool causal = true, mla = false;
    std::string rope_type, window_type;
    std::vector<ExpectedLayer> layers;
    std::vector<ExpectedMemory> memory;  // of draft contexts, too
    std::vector<std::string> findings;   // ids of the warnings and errors that this file deserves
};

ModelCase read_case(const std::filesystem::path& json);

// The file that a case describes; weights are zero.
class CaseFile {
public:
    explicit CaseFile(const std::filesystem::path& json);
    const gguf::File& file() const { return file_; }

private:
    std::vector<std::byte> bytes_;
    gguf::File file_;
};

}  // namespace attnx::test

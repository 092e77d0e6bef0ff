// Architectures that are known but not executed, and the mechanism that is missing.
#include "graph_families.h"

namespace attnx::model {

namespace {

constexpr std::string_view kNoAttention = "a purely recurrent model has no softmax attention";
constexpr std::string_view kSparseIndex = "sparse attention over keys chosen by an indexer";

constexpr GraphTraits kRows[] = {
    {.name = "mamba", .refusal = kNoAttention},
    {.name = "mamba2", .refusal = kNoAttention},
    {.name = "rwkv6", .refusal = kNoAttention},
    {.name = "rwkv6qwen2", .refusal = kNoAttention},
    {.name = "rwkv7", .refusal = kNoAttention},
    {.name = "arwkv7", .refusal = kNoAttention},
    {.name = "deepseek32", .refusal = kSparseIndex},
    {.name = "glm-dsa", .refusal = kSparseIndex},
    {.name = "deepseek4", .refusal = "attention over compressed keys chosen by an indexer"},
    {.name = "deepseek2-ocr", .refusal = "vision tokens"},
    {.name = "t5", .refusal = "cross-attention of a decoder to an encoder"},
    {.name = "wavtokenizer-dec", .refusal = "a convolutional decoder has no softmax attention"},
};

}  // namespace

std::span<const GraphTraits> graph_refused() { return kRows; }

}  // namespace attnx::model

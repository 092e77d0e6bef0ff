// analysis: what llama.cpp (build b12032) allocates for attention and recurrent state, to the byte. CPU
// backend. Formulas: docs/formulas.md. They follow llama-context.cpp:98-301, 3525-3600, llama-kv-cache*.cpp,
// llama-memory-recurrent.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/gguf/tensor_type.h"
#include "attnx/model/spec.h"

namespace attnx::analysis {

// llama.cpp's context parameters. Defaults are those of its command-line tools.
struct ContextParams {
    std::uint64_t context = 0;   // tokens; 0: as trained
    std::uint64_t parallel = 1;  // sequences, n_seq_max
    std::uint64_t batch = 2048;
    std::uint64_t ubatch = 512;
    gguf::TensorType type_k = gguf::TensorType::f16;
    gguf::TensorType type_v = gguf::TensorType::f16;
    bool flash_attention = true;  // auto allocates like on
    bool swa_full = false;
    bool unified = false;               // kv_unified
    std::uint64_t state_snapshots = 0;  // n_rs_seq
    bool mtp = false;                   // a next-token-prediction context
};

struct LayerCost {
    std::uint32_t layer = 0;
    std::uint64_t key_bytes = 0, value_bytes = 0, state_bytes = 0;
    std::uint64_t rotation_bytes = 0;  // matrices that rotate rows of quantised types

    std::uint64_t total() const { return key_bytes + value_bytes + state_bytes + rotation_bytes; }
};

struct CacheCost {
    model::CacheKind kind = model::CacheKind::full;
    std::string label;
    std::uint64_t layers = 0;  // that own memory in it
    std::uint64_t cells = 0;   // per stream; rows for states
    std::uint64_t streams = 0;
    std::uint64_t key_bytes = 0, value_bytes = 0, state_bytes = 0, rotation_bytes = 0;
};

struct KvCost {
    ContextParams params;                 // as asked
    std::uint64_t context_allocated = 0;  // llama.cpp's n_ctx
    std::uint64_t context_per_sequence = 0;
    std::uint64_t batch = 0, ubatch = 0;  // as clamped
    bool flash_attention = true;          // as used
    std::uint64_t total_bytes = 0;
    std::uint64_t naive_bytes = 0;  // see naive_bytes() below
    std::vector<CacheCost> caches;
    std::vector<LayerCost> layers;  // one per layer of the model
};

// Reads spec.memory (or memory_mtp), layers[].head_count and head_count_kv, and embedding_length; nothing
// else. Throws refused (llama.cpp would not create this context, and why) and overflow. Pure; microseconds.
KvCost kv_cost(const model::ModelSpec& spec, const ContextParams& params);

// What the usual calculators say: 2 (K and V) * layers * kv_heads * head_dim * context * 2 bytes, where
// layers counts all, kv_heads is the first layer's that has any, head_dim is embedding_length / head_count of
// that layer, and context is as asked (as trained when 0). 0 without attention. Throws overflow.
std::uint64_t naive_bytes(const model::ModelSpec& spec, std::uint64_t context);

// What each further token of context costs once every window is full: the slope of kv_cost, whose rows come in steps
// (256 cells, a row for every so many tokens in compressed caches). Not a number where llama.cpp would refuse contexts
// that long, or they overflow.
double further_token_bytes(const model::ModelSpec& spec, const ContextParams& params);

// The same in f16 and before any window is full: the sum over layers that own K/V; compressed rows by their ratio,
// rounded down. Throws overflow.
std::uint64_t kv_bytes_per_token_short(const model::ModelSpec& spec);

// Why a figure of kv_cost() is an estimate; nothing where it is what llama.cpp allocates.
std::optional<std::string> estimate_reason(const model::ModelSpec& spec);

// The largest context (a multiple of 256 per sequence, at most `limit`) whose cost is at most `budget_bytes`;
// nothing when not even the smallest fits. By search over kv_cost, which never falls as the context grows.
// Throws refused as kv_cost does.
std::optional<std::uint64_t> largest_context(const model::ModelSpec& spec, ContextParams params,
                                             std::uint64_t budget_bytes, std::uint64_t limit);

}  // namespace attnx::analysis

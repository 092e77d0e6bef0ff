// study: what a smaller cache costs in quality. The same text is read with keys and values kept in other types, as
// llama.cpp keeps them, and what is said and attended to is held against an f16 cache.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "attnx/analysis/eviction.h"
#include "attnx/gguf/tensor_type.h"
#include "attnx/study/attend.h"
#include "attnx/study/compare.h"

namespace attnx::study {

struct CachePair {
    gguf::TensorType keys = gguf::TensorType::f16, values = gguf::TensorType::f16;
};

struct KvLossQuestion {
    std::vector<CachePair> types = {};        // of tensor::cache_types(); one run each
    std::uint64_t context = 0;                // whose bytes are told, in tokens; 0: as trained
    bool flash_attention = true;              // in all runs, where llama.cpp can use it
    std::uint32_t sinks = 4;                  // first tokens kept by a cache that forgets
    std::vector<std::uint32_t> windows = {};  // last tokens kept; empty: a quarter and half of the text
    Run run = {};
};

// Against the reference, an f16 cache. Natural logarithms.
struct CacheLoss {
    CachePair types = {};
    std::uint64_t bytes = 0;                            // analysis::kv_cost
    double kl_mean = 0, kl_p99 = 0, kl_max = 0;         // KL(reference ‖ this) over tokens
    double top1_agreement = 0;                          // share of tokens after which the likeliest is the same
    std::optional<double> loss = {}, loss_change = {};  // nothing: the text has one token
    double attention_js_mean = 0;                       // Jensen-Shannon, mean over heads and queries
    HeadDistance worst = {};                            // of the heads
    bool at_noise_floor = false;                        // no further away than kNoise times two right computations
};

inline constexpr double kNoise = 1.5;

struct KvLoss {
    std::vector<Token> tokens;
    bool flash_attention = true;  // as used
    std::uint64_t reference_bytes = 0;
    std::optional<double> loss = {};      // of the reference: mean of -log p of the text's own next tokens
    std::optional<CacheLoss> noise = {};  // the reference's types, computed with the other flash attention; nothing:
                                          // there is but one way
    std::vector<CacheLoss> rows;          // by question.types
    std::vector<analysis::Eviction> eviction;
    std::uint32_t cached_layers = 0, layers = 0;  // that keep keys and values of their own; all
    std::string_view numerics = {};               // forward::kNumerics
    Findings findings;
};

// `told` hears of so many steps done of so many, and may throw. Throws refused for types that llama.cpp refuses, and
// beyond run.max_memory; unsupported for models that keep no keys and values, or also rows that attnx does not round,
// or say nothing; what running the model throws. Memory: maps of some layers at once, what the head reads of each run.
KvLoss kv_loss(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
               const KvLossQuestion& question, const std::function<void(std::size_t, std::size_t)>& told = {});

}  // namespace attnx::study

// What llama.cpp does with queries, keys and values between their projections and the products of attention, by the
// types of its cache (llama-graph.cpp, build_attn; ggml-cpu's set_rows, mul_mat and flash_attn_ext).
#pragma once

#include <cstddef>

#include "../kernel.h"
#include "attnx/base/integer_form.h"
#include "attnx/model/graph.h"
#include "mixer.h"

namespace attnx::forward {

// How weighted values are added up; with tiles, scores are also other sums.
enum class Flash : std::uint8_t { off, by_keys, by_tiles };

// Of one pass. Where nothing is cached: floats.
struct CacheArithmetic {
    gguf::TensorType key_type = gguf::TensorType::f32;
    IntegerForm keys;                   // how a query is rounded and multiplied with keys
    Rounding weights = Rounding::none;  // before they are multiplied with values; without flash attention
    Flash flash = Flash::off;
    kernel::SumsIn sums = kernel::SumsIn::floats;  // of values, key by key

    static CacheArithmetic of(const model::AttentionPlan& plan, const Workers& workers, std::size_t queries);
};

// Rotated as keys are before they are kept, and rounded as the arithmetic asks, unless that is to whole numbers.
void ready_queries(Matrix& queries, const model::AttentionPlan& plan, const Workers& workers);

// Appends rows as they can be read back.
void keep_keys(KeyValues& kept, Matrix keys, const model::AttentionPlan& plan, const Workers& workers);
void keep_values(KeyValues& kept, Matrix values, const model::AttentionPlan& plan, const Workers& workers);

// What attention made of values that are kept rotated.
void turn_back(Matrix& mixed, const model::AttentionPlan& plan, const Workers& workers);

}  // namespace attnx::forward

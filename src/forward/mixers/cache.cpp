#include "cache.h"

#include <utility>

#include "attnx/tensor/dequant.h"
#include "attnx/tensor/encode.h"
#include "attnx/tensor/integers.h"
#include "attnx/tensor/turn.h"
#include "heads.h"

namespace attnx::forward {

namespace {

using gguf::TensorType;

bool is_quantised(TensorType type) { return gguf::row(type).block_elements > 1; }

// As they are read. For flash attention llama.cpp makes halves of floats; where scores have a learned bias it uses
// none.
CacheTypes types_of(const model::AttentionPlan& plan, const Workers& workers) {
    if (!plan.cached) return default_cache(Numerics::floats);
    CacheTypes types = workers.cache();
    if (workers.numerics() == Numerics::floats || plan.relative_buckets != 0) types.flash_attention = false;
    if (types.flash_attention)
        for (TensorType* type : {&types.keys, &types.values})
            if (*type == TensorType::f32) *type = TensorType::f16;
    return types;
}

// Rows of a quantised type are rotated, by a matrix of `side` rows; 0: not in this model.
void rotate(Matrix& rows, TensorType type, std::uint32_t side) {
    if (!is_quantised(type) || side == 0) return;
    share(rows.columns, side, "a row that is rotated");
    for (std::size_t first = 0; first < rows.values.size(); first += side)
        tensor::hadamard(std::span<float>(rows.values).subspan(first, side));
}

// Rows as they are read back from `type`. Those of a quantised one go to `blocks` as they are stored.
void round_rows(Matrix& rows, TensorType type, Simd simd, std::vector<std::byte>& blocks) {
    if (!is_quantised(type)) return round_floats(tensor::integer_form(type).rounding, rows.values, simd);
    const std::size_t row_bytes = gguf::row_bytes(gguf::row(type), rows.columns).value_or(0), first = blocks.size();
    blocks.resize(first + product({rows.rows, row_bytes}, "a cache"));
    for (std::size_t t = 0; t < rows.rows; ++t) {
        const std::span<std::byte> stored = std::span(blocks).subspan(first + t * row_bytes, row_bytes);
        tensor::encode(type, rows.row(t), stored);
        tensor::dequantize(type, stored, rows.row(t), std::endian::native, simd);
    }
}

}  // namespace

CacheArithmetic CacheArithmetic::of(const model::AttentionPlan& plan, const Workers& workers, std::size_t queries) {
    CacheArithmetic how;
    if (workers.numerics() == Numerics::floats) return how;
    const CacheTypes types = types_of(plan, workers);
    how.key_type = types.keys;
    how.keys = tensor::integer_form(types.keys);
    how.weights = tensor::integer_form(types.values).rounding;
    if (!types.flash_attention) return how;
    const bool halves = types.keys == TensorType::f16 && types.values == TensorType::f16;
    how.flash = halves && queries >= kernel::kFlashTile ? Flash::by_tiles : Flash::by_keys;
    if (how.flash == Flash::by_tiles) how.keys = {};
    if (types.values == TensorType::f16) how.sums = kernel::SumsIn::halves;
    return how;
}

void ready_queries(Matrix& queries, const model::AttentionPlan& plan, const Workers& workers) {
    rotate(queries, types_of(plan, workers).keys, plan.key_rotation);
    round_floats(CacheArithmetic::of(plan, workers, queries.rows).keys.rounding, queries.values, workers.simd());
}

void keep_keys(KeyValues& kept, Matrix keys, const model::AttentionPlan& plan, const Workers& workers) {
    const TensorType type = types_of(plan, workers).keys;
    rotate(keys, type, plan.key_rotation);
    round_rows(keys, type, workers.simd(), kept.key_blocks);
    append_rows(kept.keys, keys);
}

void keep_values(KeyValues& kept, Matrix values, const model::AttentionPlan& plan, const Workers& workers) {
    const TensorType type = types_of(plan, workers).values;
    rotate(values, type, plan.value_rotation);
    std::vector<std::byte> blocks;
    round_rows(values, type, workers.simd(), blocks);
    append_rows(kept.values, values);
}

void turn_back(Matrix& mixed, const model::AttentionPlan& plan, const Workers& workers) {
    rotate(mixed, types_of(plan, workers).values, plan.value_rotation);
}

}  // namespace attnx::forward

#include "key_products.h"

namespace attnx::forward {

KeyProducts::KeyProducts(const model::AttentionPlan& plan, const CacheArithmetic& how, Strip<const float> keys,
                         std::span<const std::byte> blocks)
    : how_(&how), keys_(keys), blocks_(blocks), dim_(plan.dim_k) {
    if (!by_integers()) return;
    share(dim_, how.keys.section, "a head whose keys are quantised");
    head_bytes_ = gguf::row_bytes(gguf::row(how.key_type), dim_).value_or(0);
    row_bytes_ = product({head_bytes_, plan.kv_heads}, "a row of keys");
    if (blocks.size() != product({keys.rows, row_bytes_}, "keys")) outside(0, blocks.size(), keys.rows, "stored keys");
}

bool KeyProducts::by_integers() const { return is_to_integers(how_->keys.rounding); }

void KeyProducts::multiply(Strip<const float> queries, std::size_t kv_head, std::size_t first_key, Strip<float> scores,
                           KeyProductScratch& scratch, Simd simd) const {
    if (by_integers()) return multiply_integers(queries, kv_head, first_key, scores, scratch, simd);
    const Strip<const float> keys = keys_.columns_from(kv_head * dim_, dim_).rows_from(first_key, scores.columns);
    kernel::products_in_turn(queries, keys, scores, scratch.room, simd);
}

void KeyProducts::multiply_integers(Strip<const float> queries, std::size_t kv_head, std::size_t first_key,
                                    Strip<float> scores, KeyProductScratch& scratch, Simd simd) const {
    scratch.queries.resize(how_->keys, queries.rows, dim_, simd);
    for (std::size_t i = 0; i < queries.rows; ++i) scratch.queries.round(how_->keys, i, queries.row(i), simd);
    const IntegerRows keys = scratch.keys.read(how_->keys, {how_->key_type}, scores.columns, dim_, [&](std::size_t i) {
        return part(blocks_, (first_key + i) * row_bytes_ + kv_head * head_bytes_, head_bytes_, "stored keys");
    });
    integer_products(how_->keys, scratch.queries, keys, scores, scratch.keys.room, simd);
}

}  // namespace attnx::forward

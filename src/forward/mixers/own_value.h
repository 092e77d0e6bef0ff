// What a token's own value adds to attention and takes from it (Limite).
#pragma once

#include <cstddef>
#include <vector>

#include "../kernel.h"
#include "../weights.h"
#include "mixer.h"

namespace attnx::forward {

// Value embeddings: every token has an embedding of its values, which a gate per key head adds to V.
class ValueEmbedding {
public:
    explicit ValueEmbedding(const MixerParts& parts);
    // x: what V was projected from.
    void add_to(Matrix& values, const Matrix& x, const Pass& pass) const;

private:
    std::size_t kv_heads_;
    Linear gate_;   // empty: no such thing in this layer
    Weight table_;  // [vocabulary, values]
};

// Exclusive self-attention: each head's output loses alpha times its projection on the token's own value.
class OwnValueRemoved {
public:
    explicit OwnValueRemoved(const MixerParts& parts);
    // mixed: [tokens, heads * dim]; values: of the same tokens, [tokens, kv_heads * dim].
    void remove_from(Matrix& mixed, const Matrix& values) const;

private:
    std::size_t heads_, kv_heads_;
    float epsilon_;
    std::vector<float> alpha_;  // by head; empty: no such thing in this layer
};

}  // namespace attnx::forward

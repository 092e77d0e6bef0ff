// trace: what a forward pass tells while it runs, layer by layer; nothing is kept unless a listener keeps it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace attnx::trace {

// Rows of one head: what queries [first_query, first_query + query_count) attend to.
struct AttentionRows {
    std::uint32_t layer = 0;
    std::uint32_t head = 0;
    std::uint32_t first_query = 0;  // position in the sequence
    std::uint32_t query_count = 0;
    std::uint32_t key_count = 0;  // keys [0, key_count); those masked have weight exactly 0
    // [query_count, key_count], after softmax. Rows of models with learned sinks sum to less than 1. Valid during the
    // call.
    std::span<const float> weights;
    // Of rows that each stand for several tokens and share the softmax with the keys: [query_count, compressed_count].
    std::uint32_t compressed_count = 0;
    std::span<const float> compressed = {};

    std::span<const float> row(std::uint32_t query) const {
        return weights.subspan(static_cast<std::size_t>(query - first_query) * key_count, key_count);
    }
};

// Queries that a head is told of at once: as many as have their weights in a cache next to the processor, in dozens.
constexpr std::uint32_t queries_at_once(std::uint64_t keys) {
    constexpr std::uint64_t kFew = 24, kMost = 5 * kFew, kFloats = std::uint64_t{1} << 17;
    return static_cast<std::uint32_t>(
        std::clamp(kFloats / std::max<std::uint64_t>(keys, 1) / kFew * kFew, kFew, kMost));
}

// Vectors of some tokens, each of all heads side by side.
struct TokenVectors {
    std::span<const float> values;
    std::size_t stride = 0;  // from token to token
    std::uint32_t heads = 0, dim = 0;

    std::span<const float> of(std::uint32_t token, std::uint32_t head) const {
        return values.subspan(token * stride + std::size_t{head} * dim, dim);
    }
};

// Whose keys a query head reads: neighbours share one.
inline std::uint32_t kv_head_of(std::uint32_t head, std::uint32_t heads, std::uint32_t kv_heads) {
    return static_cast<std::uint32_t>(std::uint64_t{head} * kv_heads / heads);
}

// What goes into the attention of a layer, of the tokens fed: after norms and rotation, as it is cached. Latent
// attention that keeps keys and values compressed has them once, for all heads. Valid during the call.
struct HeadVectors {
    std::uint32_t layer = 0;
    std::uint32_t tokens = 0;
    TokenVectors queries, keys, values;
    float query_factor = 1.0F;  // that queries carry already: the scale of scores, in some models
};

// How the attention of a layer makes weights of its vectors, softmax(cap(scale * q.k) + bias), and what it does with
// what they pick. Valid during the call.
struct Scoring {
    std::uint32_t layer = 0;
    float scale = 1.0F;
    std::optional<float> softcap = {};  // cap(s) = softcap * tanh(s / softcap)
    std::span<const float> sinks = {};  // a logit of each head that takes part in the denominator only; empty: none
    // Minus infinity: an indexer left the key out. Nothing: there is no bias.
    std::function<float(std::uint32_t head, std::uint32_t query, std::uint32_t key)> bias = {};
    bool rows_beside = false;  // rows that each stand for several tokens take part, too
    std::uint32_t width = 0;   // of the stream
    // W_O of a head times vectors that are like its values: [count, dim] to [count, width]. Norms, gates and factors of
    // what all heads add together are not in it. Nothing: what becomes of a value depends on who reads it.
    std::function<void(std::uint32_t head, std::span<const float> vectors, std::span<float> out)> moved = {};
    bool gated = false;  // there is a gate that depends on the text
};

// Listens to a forward pass. But for attention_at_once, calls come one at a time, from any thread of the session, in
// the order layer, then blocks of queries, then head. After a sink throws it is told nothing more, beside heads at once
// that other threads are about to tell; the exception ends the pass and reaches the caller.
class Sink {
public:
    virtual ~Sink() = default;

    virtual bool wants_attention(std::uint32_t /*layer*/) { return false; }
    virtual void attention(const AttentionRows& /*rows*/) {}

    // The same rows, for those to whom heads are independent: called from several threads at once for different heads
    // of a layer, in no order; of one head still in the order of its queries. Nobody waits for a turn.
    virtual bool wants_attention_at_once(std::uint32_t /*layer*/) { return false; }
    virtual void attention_at_once(const AttentionRows& /*rows*/) {}

    // Before the attention of the layer.
    virtual bool wants_vectors(std::uint32_t /*layer*/) { return false; }
    virtual void vectors(const HeadVectors& /*vectors*/) {}

    // After the vectors, before the attention.
    virtual bool wants_scoring(std::uint32_t /*layer*/) { return false; }
    virtual void scoring(const Scoring& /*scoring*/) {}

    // What the first block reads: [tokens, width] of the tokens fed.
    virtual bool wants_embedding() { return false; }
    virtual void embedding(std::span<const float> /*values*/, std::uint32_t /*width*/) {}

    virtual bool wants_block_output(std::uint32_t /*layer*/) { return false; }
    // The residual stream after block `layer`: [tokens, width] of the tokens fed.
    virtual void block_output(std::uint32_t /*layer*/, std::span<const float> /*values*/, std::uint32_t /*width*/) {}

    // The residual stream as the output head reads it, before its norm, when all blocks were run.
    virtual bool wants_head_input() { return false; }
    virtual void head_input(std::span<const float> /*values*/, std::uint32_t /*width*/) {}

    // The same, as if block `layer` were the last.
    virtual bool wants_head_input_after(std::uint32_t /*layer*/) { return false; }
    virtual void head_input_after(std::uint32_t /*layer*/, std::span<const float> /*values*/, std::uint32_t /*width*/) {
    }

    // The residual stream after the norm behind the last block, in models that have one, when all blocks were run.
    virtual bool wants_final_norm() { return false; }
    virtual void final_norm(std::span<const float> /*values*/, std::uint32_t /*width*/) {}
};

}  // namespace attnx::trace

// model: what mixes tokens in a layer, as the forward layer executes it: attention in its forms, what chooses among
// keys, and mixers with a state. Part of a Graph.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attnx/model/spec.h"

namespace attnx::model {

enum class NormKind : std::uint8_t { rms, layer };

// Query scale that grows with the position: log(floor((position + offset) / floor) + 1) * scale + 1, or, as a power,
// ((position + offset) / floor + 1)^scale.
struct Temperature {
    float scale = 0.0F;
    std::uint32_t floor = 0;
    float offset = 0.0F;
    bool only_without_rope = false;
    bool power = false;
};

enum class QkNorm : std::uint8_t {
    before_rope,             // with the file's weights, if it has any
    before_rope_unweighted,  // RMS without weights (Limite)
    after_rope,
    after_rope_unweighted,  // RMS without weights, in layers with rope (Llama 4)
    after_rope_q_weighted,  // and K without weights (Talkie)
};

// softplus_2: log2(1 + 2^x).
enum class OutputGate : std::uint8_t { sigmoid, softplus, softplus_2 };

enum class Gating : std::uint8_t { softmax, sigmoid, softmax_of_chosen, sqrt_softplus };

struct ExpertPlan {
    std::uint32_t count = 0, used = 0, groups = 0, groups_used = 0;
    Gating gating = Gating::softmax;
    bool normalize = true;  // the weights of the chosen experts sum to 1
    float scale = 1.0F;
    bool weight_input = false;       // the expert's input is weighted instead of its output; chosen by logits (Llama 4)
    bool choose_by_logits = false;   // biases are added to logits, not to their probabilities (Kolibri)
    bool route_block_input = false;  // the router sees the input of the block (SmallThinker)
    std::uint32_t per_chunk = 0;     // this many experts share one chunk expert (GroveMoE)
    float chunk_scale = 0.0F;
};

struct AttentionPlan {
    std::uint32_t heads = 0, kv_heads = 0, dim_k = 0, dim_v = 0;
    bool causal = true;
    WindowSpec window;
    float score_scale = 1.0F;    // weights = softmax(cap(scale * q.k) + bias)
    bool scale_queries = false;  // multiplies q, before the product with keys: the same but for rounding
    bool cached = true;          // llama.cpp keeps keys in a cache, whose padding decides how sums are rounded
    std::uint32_t key_rotation = 0, value_rotation = 0;  // CachePlan's
    std::optional<float> softcap;                        // cap(s) = softcap * tanh(s / softcap)
    float max_alibi_bias = 0.0F;                         // 0: no ALiBi
    std::uint32_t relative_buckets = 0;                  // T5's relative bias; 0: none
    std::optional<RopePlan> rope;                        // nothing: queries and keys are not rotated
    QkNorm qk_norm = QkNorm::before_rope;
    std::uint32_t qk_norm_parts = 1;  // of a head, each normalised by itself
    bool qk_norm_by_head = false;     // weights of a whole row are of its heads, each normalised by itself
    NormKind qk_norm_kind = NormKind::rms;
    float qk_norm_epsilon = 0.0F;
    bool k_norm_alone = true;  // keys are normalised even where queries have no norm
    bool unweighted_v_norm = false;
    bool unweighted_head_norm = false;  // of each head's output, before the gate (Muse Spark)
    float own_value_epsilon = 0.0F;     // of the norm of a token's own value (Limite)
    ExpertPlan value_experts;           // of which values are made, in layers that have them (K2 Horizon)
    std::optional<float> clamp;         // q, k, v to [-clamp, clamp]
    std::optional<Temperature> temperature;
    OutputGate gate = OutputGate::sigmoid;
    bool qkv_bias = true;     // the architecture heeds the biases of q, k, v
    bool thirds = false;      // q, k, v begin at thirds of attn_qkv, whatever their sizes
    bool output_bias = true;  // … and of attn_output
    float output_scale = 1.0F;
    std::optional<std::uint32_t> kv_of_layer;  // has no keys of its own
    bool value_is_key = false;                 // without attn_v, V is K before its norm
    std::uint32_t sparse_blocks = 0;           // attends to this many blocks of …
    std::uint32_t sparse_block_tokens = 0;     // … this size, chosen per query; 0: to all
};

// Of the keys it could see, a query attends to the `chosen` best by an indexer's score (DeepSeek-V3.2): the sum over
// its heads of w * relu(q.k), with one key for all of them. Layers without an indexer of their own follow the last
// choice.
struct IndexerPlan {
    std::uint32_t heads = 0, dim = 0, chosen = 0;
    std::optional<RopePlan> rope;  // of a head's first dimensions, or its last
    bool rotates_last = false;
    float norm_epsilon = 1e-6F;              // of the layer norm of keys
    bool own = true;                         // false: follows the last choice
    std::optional<std::uint32_t> pool = {};  // so many consecutive keys are scored, and chosen, as one; nothing: each
                                             // by itself. Those after the last whole pool are always attended to
};

// An indexer of compressed rows may first choose blocks of them, by their best row; those after it choose within these
// blocks only. The block with the newest row is always one of them.
struct CandidatePlan {
    std::uint32_t block = 0, count = 0;  // rows of a block, blocks that are chosen
    bool source = false;                 // chooses the blocks, for the layers after it
};

// Rows that each stand for `ratio` consecutive tokens: sums weighted by a softmax, per dimension (DeepSeek-V4).
struct CompressionPlan {
    std::uint32_t ratio = 0;
    bool overlaps = false;               // each also draws on the tokens of the row before
    bool places = false;                 // their weights depend on the place in the group, too
    bool own = true;                     // false: reads those of the last layer before it that has some
    std::optional<IndexerPlan> indexer;  // chooses among them; nothing: all are attended to
    std::optional<CandidatePlan> candidates;
};

// One row per token serves all heads as key and value, within a window; beside them stand rows for several tokens. What
// heads read is rotated back, and leaves through matrices of groups of heads (DeepSeek-V4).
struct SharedLatentPlan {
    std::uint32_t rope_dim = 0, output_groups = 0;
    bool query_norm = true;  // of each head, without weights
    std::optional<CompressionPlan> compressed;
};

// Embeddings of n-grams: a token and those before it are hashed to rows of a table.
struct NgramPlan {
    std::uint32_t size = 0, heads = 0, width = 0;  // tokens of the longest; rows for each length; of a row
    std::vector<std::uint64_t> multipliers;        // by how many tokens before
    std::vector<std::uint64_t> buckets, offsets;   // by length from two on, and head
    std::vector<std::uint64_t> token_map;          // ids are mapped first; empty: they are not
    std::uint64_t filler = 0;                      // in the place of tokens that are not there
    std::optional<std::uint64_t> stop;             // after it, those before it count as not there
};

// Multi-head latent attention (arXiv 2405.04434): K and V are compressed to `rank`; `rope_dim` of K is shared by all
// heads.
struct LatentPlan {
    std::uint32_t rank = 0, nope_dim = 0, rope_dim = 0, dim_v = 0;
};

// Sizes of a state-space or linear-attention mixer.
struct StatePlan {
    std::uint32_t inner = 0, state = 0, heads = 0, groups = 0, kernel = 0;
    std::uint32_t head_dim = 0;       // Kimi delta attention
    bool interleaved_groups = false;  // value head h uses key head h / (heads / groups), else h % groups
    bool norm_dt_b_c = false;
    // Kimi delta attention. decay = bound * sigmoid(rate * (f x + bias)), bound below 0; without, rate * softplus(f x +
    // bias).
    std::optional<float> decay_bound;
    float decay_sign = 1.0F;  // of the stored rate under a bound
    float qk_epsilon = 0.0F;  // of the norm of queries and keys, if not the model's
    bool silu_gate = true;    // delta net: the output's gate is silu(z), else sigmoid(z)
};

}  // namespace attnx::model

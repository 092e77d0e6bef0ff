// model: how a model computes, layer by layer: what the forward layer executes. What the specification says
// (mechanisms, heads, masks, caps, scales, rotations) is taken from it; the rest from the architecture's row
// (ComputeTraits), keys and tensor shapes.
//
// What a file may or may not contain (biases, norms, a fused projection, an own output matrix, sinks, gates, experts)
// is not here: the forward layer looks for the tensor.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/model/spec.h"
#include "attnx/model/stem.h"

namespace attnx::gguf {
class File;
}

namespace attnx::model {

enum class NormKind : std::uint8_t { rms, layer };

// The order of a block. x: its input, m: the token mixer, f: the feed-forward network, n: norms (where the file has
// them).
enum class BlockPlan : std::uint8_t {
    sequential,  // h = x + n m n x;  y = h + n f n h
    parallel,    // y = x + m n x + f n x
    post_norm,   // h = n(x + m x);   y = n(h + f h)
    single,      // y = x + (m or f) n x
};

// Which tensor is which norm; unknown: there is no such norm.
struct NormNames {
    Stem before_mixer = Stem::attn_norm;
    Stem before_mixer_alone = Stem::unknown;       // the mixer's own, when before_mixer serves the feed-forward network
    Stem after_mixer = Stem::post_attention_norm;  // before the residual is added (post_norm: after it)
    Stem after_mixer_2 = Stem::unknown;  // post_norm: a second one, after the input was added again (JinaBERT)
    Stem before_ffn = Stem::ffn_norm;
    Stem after_ffn = Stem::post_ffw_norm;
    Stem output = Stem::output_norm;
};

// How the norms after mixer and feed-forward network use their weights.
enum class AfterNorm : std::uint8_t {
    weighted,       // where the file has any; without, there is no norm
    unweighted,     // a norm without weights
    weights_first,  // the weights multiply what is normalised
};

// How a branch (what mixer or feed-forward network gave) joins the stream.
enum class JoinRule : std::uint8_t {
    sum,       // stream + branch, or as the block's own vectors say: residual.h
    averaged,  // the i-th of all branches: branch / sqrt(i) + stream * sqrt((i - 1) / i) (Beam)
    normed,    // residual_scale * normalised stream + branch (MiniMax-01)
};

enum class Activation : std::uint8_t { silu, gelu, gelu_erf, relu, relu_squared, xielu, swiglu_oai, situ };

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
    float score_scale = 1.0F;            // weights = softmax(cap(scale * q.k) + bias)
    bool scale_queries = false;          // multiplies q, before the product with keys: the same but for rounding
    bool cached = true;                  // llama.cpp keeps keys in a cache, whose padding decides how sums are rounded
    std::optional<float> softcap;        // cap(s) = softcap * tanh(s / softcap)
    float max_alibi_bias = 0.0F;         // 0: no ALiBi
    std::uint32_t relative_buckets = 0;  // T5's relative bias; 0: none
    std::optional<RopePlan> rope;        // nothing: queries and keys are not rotated
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
    float norm_epsilon = 1e-6F;         // of the layer norm of keys
    bool own = true;                    // false: follows the last choice
    std::optional<std::uint32_t> pool;  // so many consecutive keys are scored, and chosen, as one; nothing: each by
                                        // itself. Those after the last whole pool are always attended to
};

// Multi-head latent attention (arXiv 2405.04434): K and V are compressed to `rank`; `rope_dim` of K is shared by all
// heads.
struct LatentPlan {
    std::uint32_t rank = 0, nope_dim = 0, rope_dim = 0, dim_v = 0;
    std::optional<IndexerPlan> indexer;
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

// What becomes of a dense network beside the experts.
enum class FfnMix : std::uint8_t {
    one,        // dense, or experts plus the shared expert
    beside,     // dense on the mixer's output, experts on the block's input (Arctic)
    averaged,   // (dense + experts) / sqrt 2 (Grok)
    halved,     // (experts + shared expert) / 2 (Cohere2 MoE)
    two_norms,  // dense and experts with norms of their own (Gemma 4)
};

struct FfnPlan {
    Activation activation = Activation::silu;
    FfnMix mix = FfnMix::one;
    bool biases = true;                       // the architecture heeds the biases
    bool silu_for_missing_shared = false;     // llama.cpp adds silu(x) where Step 3.5's shared expert is missing
    bool silu_for_experts = false;            // llama.cpp has silu(x) where Refact's experts would be
    float clamp = 0.0F, expert_clamp = 0.0F;  // of gate and up (Step 3.5); 0: none
    bool clamp_before_activation = false;     // the gate itself is limited, not what it is activated to (Maple)
    std::array<float, 2> situ = {};           // beta, and that of the linear half
    float latent_norm_epsilon = 1e-5F;        // of the norm of a latent that experts work in …
    float expert_norm_epsilon = 1e-5F;        // … and of that of what each of them gives
    std::array<float, 4> xielu = {};          // alpha_n, alpha_p, beta, epsilon
    ExpertPlan experts;
    float sparsity_deviations = 0.0F;  // gate minus mean plus so many deviations, then relu (Gemma 3n)
};

struct LayerPlan {
    LayerKind kind = LayerKind::attention;
    AttentionPlan attention;
    LatentPlan latent;
    StatePlan state;
    FfnPlan ffn;
    bool has_ffn = true;
    std::uint32_t weights_of = 0;  // the layer whose tensors it uses (Nanbeige loops)
    bool norm_after = false;       // the output norm is applied after this layer, too
};

// Gemma 3n and 4: a small embedding per layer and token.
struct PerLayerInput {
    std::uint32_t width = 0;
};

// Gemma 3n: the residual stream has `copies`, predicted and corrected around each block (arXiv 2301.13310).
struct AltUp {
    std::uint32_t copies = 4, active = 0;
};

// What becomes of the streams behind the last block.
enum class StreamEnd : std::uint8_t { mixed, averaged };

// Hyper-connections: the residual stream is `count` streams, which each branch reads a mixture of and is added to.
struct HyperConnections {
    std::uint32_t count = 0;
    float epsilon = 0.0F;        // added to each weight of a mixture
    float magnitude = 1.0F;      // most that a branch is added with …
    float write_epsilon = 0.0F;  // … and what is added to that
    // Streams are mixed with each other, by weights that so many Sinkhorn iterations make doubly stochastic (mHC, arXiv
    // 2512.24880); nothing: each stays as it is.
    std::optional<std::uint32_t> sinkhorn;
    StreamEnd end = StreamEnd::mixed;
};

// Two stacks of blocks run in cycles: `high` times (`low` times the low stack, then the high one) (HRM).
struct Cycles {
    std::uint32_t stack_layers = 0, high = 0, low = 0;
};

// Layers that read mixtures of earlier layers' inputs (MUDD, arXiv 2502.12170); by layer, empty: the layer has none.
struct Taps {
    std::vector<std::vector<std::uint32_t>> of_layer;
};

struct Graph {
    std::uint32_t width = 0;
    std::uint32_t vocabulary = 0;
    BlockPlan plan = BlockPlan::sequential;
    NormKind norm = NormKind::rms;
    float norm_epsilon = 1e-5F;
    std::uint32_t norm_groups = 1;            // slices of the stream that are normalised each by itself (K2 Horizon)
    std::optional<float> after_norm_epsilon;  // of the norms after mixer and feed-forward network, if another
    AfterNorm after_mixer = AfterNorm::weighted, after_ffn = AfterNorm::weighted;
    JoinRule join = JoinRule::sum;
    bool unweighted_norms = false;  // norms are applied even without weights (OLMo, Talkie)
    NormNames names;
    Stack stack = Stack::trunk;  // whose blocks the layers are
    Stem attention_output = Stem::attn_output;
    bool token_types = true;     // token_types, where present, are added to the embedding
    bool embedding_norm = true;  // token_embd_norm, where present, is applied to the embedding
    bool unweighted_embedding_norm = false;
    bool skip_from_embedding = false;  // + embedding * layer_output_scale after each block (Talkie)
    float embedding_scale = 1.0F;
    float residual_scale = 1.0F;  // of what is added to the stream
    float output_scale = 1.0F;    // of the output norm's result (MiniCPM3)
    float logit_scale = 1.0F;
    std::optional<float> logit_softcap;
    std::optional<std::array<float, 3>> logit_sigmoid;  // a, b, c: a * sigmoid((logit + b) / c)
    std::uint32_t first_logit = 0;                      // tokens before it are never predicted
    bool has_head = true;                               // encoders have none
    bool output_norm = true;                            // false: what the layers give is normalised already
    bool head_bias = true;                              // the architecture heeds output.bias
    std::optional<PerLayerInput> per_layer_input;
    std::optional<AltUp> altup;
    std::optional<HyperConnections> hyper;  // of sequential blocks
    std::uint32_t bank_every = 0;  // layers after which the stream is banked and starts anew (Kimi K3); 0: never
    std::optional<Cycles> cycles;
    std::optional<Taps> taps;
    std::vector<LayerPlan> layers;  // of the trunk, in the order of execution
    Findings findings;              // what is odd about how llama.cpp executes the model
};

// Throws unsupported, naming the mechanism, when the model cannot be executed; missing_key, bad_value, wrong_type.
Graph build_graph(const gguf::File& file, const ModelSpec& spec);

// Architectures that can be executed, sorted; for documentation and tests.
std::vector<std::string_view> executable_architectures();

}  // namespace attnx::model

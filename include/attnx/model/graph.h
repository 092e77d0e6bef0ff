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
#include "attnx/model/mixer_plan.h"
#include "attnx/model/spec.h"
#include "attnx/model/stem.h"

namespace attnx::gguf {
class File;
}

namespace attnx::model {

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
    std::optional<IndexerPlan> indexer;  // of keys
    std::optional<SharedLatentPlan> shared;
    std::optional<NgramPlan> ngrams;  // added to the stream before the layer
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

// What becomes of the streams behind the last block. lagging: every branch reads with the weights made one branch
// before it (at first the first stream), and so is what comes out.
enum class StreamEnd : std::uint8_t { mixed, averaged, lagging };

// Hyper-connections: the residual stream is `count` streams, which each branch reads a mixture of and is added to.
struct HyperConnections {
    std::uint32_t count = 0;
    float epsilon = 0.0F;        // added to each weight of a mixture
    float magnitude = 1.0F;      // most that a branch is added with …
    float write_epsilon = 0.0F;  // … and what is added to that
    // Streams are mixed with each other, by weights that so many Sinkhorn iterations make doubly stochastic (mHC, arXiv
    // 2512.24880); nothing: each stays as it is.
    std::optional<std::uint32_t> sinkhorn = {};
    // Every element of a stream is weighted by itself, by products of so low a rank (Qwen 4); nothing: streams are.
    std::optional<std::uint32_t> low_rank = {};
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

// Matrices that are added to the model's own, chosen for each token by the last of those before it that calls for one
// (Granite Switch). Choice 0 is in force where none was called for.
struct AdapterPlan {
    std::uint32_t count = 0, rank = 0;   // choices, with the first; of the added matrices
    std::uint32_t layer = 0;             // as which the head is told that finds the token that called
    float gain = 0.0F;                   // of its keys
    std::vector<std::uint32_t> calls;    // token ids, of choices 1, 2 …
    std::vector<std::uint32_t> read_as;  // what is embedded in their place
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
    std::optional<AdapterPlan> adapters;
    std::vector<LayerPlan> layers;  // of the trunk, in the order of execution
    Findings findings;              // what is odd about how llama.cpp executes the model
};

// Throws unsupported, naming the mechanism, when the model cannot be executed; missing_key, bad_value, wrong_type.
Graph build_graph(const gguf::File& file, const ModelSpec& spec);

// Architectures that can be executed, sorted; for documentation and tests.
std::vector<std::string_view> executable_architectures();

}  // namespace attnx::model

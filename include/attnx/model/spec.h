// model: what a model is, layer by layer, from keys, tensor names and shapes alone; never from weights.
//
// There is no model-wide head count or window: totals are sums over layers. Numbers equal llama.cpp's
// hyper-parameters (build b12032). Where a fact came from is logged in `provenance`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/base/refusal.h"
#include "attnx/model/tensor_plan.h"

namespace attnx::model {

struct ArchTraits;

enum class RopeType : std::uint8_t { none, norm, neox, mrope, imrope, vision };
enum class WindowType : std::uint8_t { none, standard, chunked, symmetric };

// What mixes tokens in a layer. Names are stable: `kind` in JSON. mechanism.h calls them as people do.
enum class LayerKind : std::uint8_t {
    attention,   // softmax attention over keys and values (MHA, GQA, MQA)
    mla,         // multi-head latent attention
    compressed,  // over a window and, beside it, over rows that each stand for many tokens (DeepSeek-V4)
    mamba,
    mamba2,
    rwkv,
    delta,      // gated delta net
    kda,        // Kimi delta attention
    lightning,  // linear attention with a fixed decay per head
    short_conv,
    attention_and_mamba2,  // both, in parallel (Falcon-H1)
    feed_forward,          // no token mixing (Nemotron-H)
    convolution,           // WavTokenizer
    linear,                // one matrix in the place of attention: no token mixing (Deci)
    empty,                 // neither token mixing nor a feed-forward network (Deci)
};
inline constexpr LayerKind kLastLayerKind = LayerKind::empty;

// How wide the projections of an attention layer are, where they are not heads times head dimension.
enum class ProjectionShape : std::uint8_t {
    standard,          // Q [heads * head_dim_k], K [kv_heads * head_dim_k], V [kv_heads * head_dim_v], O [heads *
                       // head_dim_v]
    gated_query,       // Q is twice as wide: query and output gate
    fused_multi_head,  // one fused matrix of 3 * embedding, whatever the KV heads say
    square,            // Q, K, V and O are embedding * embedding, whatever the head keys say
    latent,            // low-rank (MLA): LatentSpec
    shared_latent,     // DeepSeek-V4: one K head that is also V, low-rank Q and O
};
std::string_view to_string(ProjectionShape);
std::string_view to_string(RopeType);
std::string_view to_string(WindowType);
std::string_view to_string(LayerKind);

// Rotary embedding of one layer, in the terms of ggml's rope: theta_i = position * base^(-2i/dimensions) / factor_i,
// scaled as YaRN does (arXiv 2309.00071): interpolated by `scale`, extrapolated where `extrapolation` says,
// lengths by `magnitude`.
struct RopePlan {
    RopeType type = RopeType::norm;
    std::uint32_t dimensions = 0;
    float base = 10000.0F;
    float scale = 1.0F;
    float extrapolation = 0.0F;
    float magnitude = 1.0F;
    float beta_fast = 32.0F, beta_slow = 1.0F;
    std::uint32_t original_context = 0;
    std::array<std::uint32_t, 4> sections = {};
    bool file_factors = true;  // divides by rope_freqs or the long/short factors of the file

    bool operator==(const RopePlan&) const = default;
};

struct LayerSpec {
    std::uint32_t index = 0;
    LayerKind kind = LayerKind::attention;
    ProjectionShape projections = ProjectionShape::standard;
    // As llama.cpp's hyper-parameters hold them, also in layers that do not use them.
    std::uint32_t head_count = 0;
    std::uint32_t head_count_kv = 0;
    std::uint32_t head_dim_k = 0;  // elements; of the window variant where `sliding`
    std::uint32_t head_dim_v = 0;
    std::uint32_t rope_dimensions = 0;
    bool sliding = false;
    bool recurrent = false;
    bool has_kv = true;                           // false: keeps no K/V of its own
    std::optional<std::uint32_t> compress_ratio;  // LayerKind::compressed: tokens to a row
    bool indexer = false;                         // attends only to keys (or rows) that an indexer chooses
    bool next_token_prediction = false;           // an MTP/nextn block after the trunk
    bool router = false;                          // keys by which tokens choose an adapter; no block of weights
    std::optional<std::uint32_t> kv_shared_with;
    // How scores are made, in layers that attend (visible.h).
    float score_scale = 0;             // of q.k, before softcap, biases and softmax
    std::optional<RopePlan> rotation;  // of queries and keys; nothing: they are not rotated
    // Feed-forward, from the tensors where there are any, otherwise from the keys.
    std::uint64_t feed_forward_length = 0;  // of the dense network; 0 when there is none
    std::uint32_t expert_count = 0;         // 0: dense
    std::uint32_t expert_used_count = 0;
    std::uint64_t expert_feed_forward_length = 0;
    std::uint64_t shared_expert_feed_forward_length = 0;

    bool operator==(const LayerSpec&) const = default;
};

// ---- What a context allocates (docs/formulas.md) ----

enum class CacheKind : std::uint8_t { full, sliding, recurrent, indexer, compressed };
std::string_view to_string(CacheKind);

// How many cells a cache has per stream, as a function of the context.
enum class CellRule : std::uint8_t {
    context,     // n_ctx_seq
    window,      // PAD(min(n_ctx_seq, window * (unified ? n_seq : 1) + ubatch), 256), or n_ctx_seq with swa-full
    compressed,  // PAD(max(1, ceil(n_ctx_seq / ratio)), 256)
    fixed,       // state independent of the context: one row per sequence and snapshot
};

std::string_view to_string(CellRule);

// What one layer keeps in one cache, per cell, in elements.
struct CacheLayer {
    std::uint32_t layer = 0;
    std::uint64_t key_elements = 0;
    std::uint64_t value_elements = 0;                // 0: no V is stored
    std::uint64_t value_elements_without_flash = 0;  // without flash attention V rows are as wide as the widest layer's
    // CellRule::fixed: float32 elements per sequence, up to three tensors (R, S and P), each padded to 32 bytes.
    std::uint64_t state_r_elements = 0;
    std::uint64_t state_s_elements = 0;
    std::uint64_t state_p_elements = 0;
};

struct CachePlan {
    CacheKind kind = CacheKind::full;
    std::string label;  // "compressed (CSA, ratio 4)"
    CellRule cells = CellRule::context;
    std::uint32_t ratio = 1;              // of CellRule::compressed; not 0
    std::uint32_t window = 0;             // of CellRule::window
    bool window_ignores_unified = false;  // DeepSeek-V4: per-sequence streams always
    bool stream_per_sequence = false;     // one stream per sequence even when unified
    // Sides of the float32 matrices that each layer keeps to rotate rows of a quantised type; 0: none.
    std::uint32_t key_rotation = 0, value_rotation = 0;
    bool always_rotated = false;     // K, whatever its type
    std::vector<CacheLayer> layers;  // ascending; CellRule::fixed states are kept (1 + n_rs_seq) times
};

// Plain data: together with LayerSpec::head_count and head_count_kv and ModelSpec::embedding_length (for the
// naive figure) it is all that analysis::kv_cost reads, so it can travel as JSON (model/spec_fields.h).
struct MemoryPlan {
    std::vector<CachePlan> caches;  // without those that would hold no layer
    std::uint32_t trained_context = 0;
    bool causal = true;                // as the key says: n_batch is clamped to the context
    bool same_types = false;           // MLA, DeepSeek-V4: K and V cache types must be equal
    bool flash_attention_off = false;  // the architecture forbids it (Grok)
    bool state_snapshots = false;      // n_rs_seq is honoured
    // Head dims that a quantised cache type must divide, per trunk layer, when flash attention is on.
    std::vector<std::uint32_t> head_dims_k, head_dims_v;
    // Why llama.cpp would not create any context for this model, though it loads it (ModelSpec::key_refusals).
    std::vector<std::string> refusals;
};

// ---- Provenance ----

enum class Source : std::uint8_t { key, tensor, architecture, assumed, derived };
std::string_view to_string(Source);

struct Fact {
    std::string field;  // "head_count_kv", "sliding_window/size"
    std::string value;
    Source source = Source::key;
    std::string detail;  // key name, tensor name, architecture row and reason
};

// unknown: an architecture without a row, so keys and tensors only, and said so. by_hand: model/manual.h.
enum class Support : std::uint8_t { known, unknown, by_hand };
std::string_view to_string(Support);

struct WindowSpec {
    WindowType type = WindowType::none;
    std::uint32_t size = 0;
};

struct RopeSpec {
    RopeType type = RopeType::none;
    std::uint32_t dimension_count = 0;
    std::optional<float> freq_base, freq_base_sliding;  // of full layers, and of sliding ones if there are any
    std::string scaling_type;                           // "none", "linear", "yarn", "longrope"; as the key says
    std::optional<float> scaling_factor;
    std::optional<std::uint32_t> original_context_length;
    std::vector<std::uint32_t> sections;  // multi-section rope
};

// Low-rank attention projections (MLA). Ranks and dimensions are 0 where the file does not tell.
struct LatentSpec {
    std::uint32_t query_rank = 0;  // 0: Q is projected directly
    std::uint32_t key_value_rank = 0;
    std::uint32_t head_dim_k = 0;  // of a head after decompression
    std::uint32_t head_dim_v = 0;
};

// As the keys say, whatever the tensors; LayerSpec has what a layer holds.
struct ExpertCounts {
    std::uint32_t count = 0, groups = 0, groups_used = 0;
    std::uint32_t shared = 0;         // that every token passes, beside those chosen
    std::vector<std::uint32_t> used;  // by layer; empty: no key says
};

struct ModelSpec {
    std::string architecture;
    const ArchTraits* row = nullptr;  // of the registry, or given to build_spec; nullptr: none
    std::string title;                // "Gemma 3"; empty when unknown
    std::optional<std::string> name;  // general.name
    std::string fork_of;  // llama.cpp's name of the architecture where the file has a fork's; otherwise empty
    Support support = Support::unknown;
    std::uint32_t layer_count = 0;      // trunk
    std::uint32_t layer_count_all = 0;  // with next-token-prediction layers
    std::uint32_t block_count = 0;      // blocks of weights; fewer than layers when they run several times (Nanbeige)
    std::uint32_t context_length = 0;
    std::uint32_t embedding_length = 0;
    std::uint32_t vocabulary_size = 0;
    std::uint64_t parameter_count = 0;        // counted from the tensor table; 0 without tensors
    std::uint64_t tower_parameter_count = 0;  // of them, of encoders of images and sound beside the language model
    std::optional<std::uint64_t>
        active_parameter_count;                // of them those that a token of text passes; none without tensors
    bool causal = true;                        // as the model is run; MemoryPlan has what its key says
    bool mla = false;                          // the cache holds one compressed row per token and no V
    std::optional<LatentSpec> latent;          // low-rank projections, compressed cache or not
    std::optional<LatentSpec> latent_sliding;  // of layers that slide, where theirs are others (dots3.note)
    bool window_looks_back = false;            // layers that slide are causal, whatever the others are (LFM3)
    bool sinks = false;
    std::optional<float> attention_softcap, final_softcap;
    ExpertCounts experts;
    WindowSpec window;
    RopeSpec rope;
    std::vector<LayerSpec> layers;  // layer_count_all of them
    MemoryPlan memory;
    std::optional<MemoryPlan> memory_mtp;  // of a next-token-prediction context
    std::vector<Refusal> key_refusals;     // keys for which llama.cpp does not load the model; in the order read
    TensorPlan tensors;
    std::optional<std::string> estimate;  // why memory is one, where a specification came as JSON that says so
    std::vector<Fact> provenance;
    Findings findings;
};

}  // namespace attnx::model

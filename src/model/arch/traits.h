// One row per architecture: the constants its files do not carry, which keys it heeds, and how it computes
// (llama.cpp build b12032, models/*.cpp and llama-model.cpp: load_hparams, create_memory, llama_model_rope_type).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "attnx/model/hparams.h"
#include "attnx/model/spec.h"
#include "compute_traits.h"
#include "draft.h"
#include "keys.h"

namespace attnx::model {

class TensorList;

// When an architecture uses a sliding window at all.
enum class WindowWhen : std::uint8_t {
    never,
    always,
    key_positive,      // attention.sliding_window present and > 0
    key_not_zero,      // unless the key is present and 0 (Llama 4)
    layer_count,       // only models of exactly `layer_count` layers (EXAONE 4); the size is read in any case
    read_and_dropped,  // the key is read and then switched off (Phi-3)
};

// How attention.sliding_window_pattern is read.
enum class PatternKey : std::uint8_t {
    period,      // a scalar replaces the period, an array is one flag per layer
    flags,       // required: an array of one flag per layer
    if_present,  // as `period`, but without the key every layer counts as full (architectures without a row)
    by_refine,   // the row's refine() sets the layers
};

// The rope of sliding layers. Their own base is rope.freq_base_swa.
enum class SlidingRope : std::uint8_t {
    fresh,           // own base, 10000 without the key; not scaled linearly
    own,             // own base, the model's without the key; scaled as the model's
    own_unscaled,    // the same, but not scaled in any way
    own_base,        // own base, the model's without the key; not scaled linearly
    model,           // as full layers, whatever the key says
    model_unscaled,  // the model's base, whatever the key says; not scaled in any way
};

// Whether a token attends to later ones as well.
enum class Causal : std::uint8_t {
    by_key,     // attention.causal, by default not
    never,      // it always does, and so say llama.cpp's hyper-parameters
    never_run,  // llama.cpp keeps what the key says, but runs such models without a mask (llama-context.cpp,
                // encode)
};

struct WindowTraits {
    WindowWhen when = WindowWhen::never;
    WindowType type = WindowType::standard;
    std::uint32_t default_size = 0;  // 0: `always` requires the key
    std::uint32_t forced_size = 0;   // 0: as the key says
    PatternKey pattern = PatternKey::period;
    std::uint32_t period = 0;  // one layer in so many is full
    bool first_full = false;   // the first of each group, not the last
    SlidingRope rope = SlidingRope::fresh;
    std::uint32_t layer_count = 0;
};

// Which layers carry a recurrent state.
enum class RecurrentWhen : std::uint8_t {
    never,
    all,
    without_kv_heads,          // head_count_kv 0
    without_kv_heads_and_ffn,  // Nemotron-H: layers with a feed-forward network have no memory at all
    interval,                  // attention.recurrent_layers, otherwise all but every full_attention_interval-th
    beside_attention,          // every layer has both (Falcon-H1)
    by_tensors,                // blocks with state-space tensors (architectures without a row)
};

struct RecurrentTraits {
    RecurrentWhen when = RecurrentWhen::never;
    LayerKind kind = LayerKind::mamba;
    std::uint32_t interval = 4;  // where no key says
};

// What a context allocates, besides what follows from windows and recurrent layers.
enum class MemoryClass : std::uint8_t {
    standard,
    none,               // encoders and diffusion models: no cache
    sparse_latent,      // DSA: K-only cache and an indexer's
    sparse,             // MSA (MiniMax-M3): K and V, and an indexer's K and V
    compressed,         // DeepSeek-V4
    compressed_shared,  // DeepSeek-V4.1: some layers read the compressed rows of others
    borrowed,           // a drafter on its target's cache (Gemma 4 assistant)
};

constexpr bool is_compressed(MemoryClass memory) {
    return memory == MemoryClass::compressed || memory == MemoryClass::compressed_shared;
}

// Which contexts keep K and V of next-token-prediction layers. As a rule only a draft context of their own does, which
// keeps nothing else.
struct NextnTraits {
    bool in_main = false;       // the main context does, too
    bool apart = true;          // false: a draft context allocates what the main one does
    bool needs_tensor = false;  // there are no such layers unless nextn.eh_proj is among the tensors
};

struct ArchTraits {
    std::string_view name = {};
    std::string_view title = {};
    std::string_view fork_name = {};         // what a fork's files call it; llama.cpp does not know the name
    void (*tensors)(TensorList&) = nullptr;  // src/model/tensors
    RopeType rope = RopeType::norm;
    bool sectioned = false;  // multi-section rope when rope.dimension_sections[0] and [1] are > 0
    KeySet needs = {};       // keys without which llama.cpp refuses to load
    KeySet reads = {};       // keys it reads when present
    WindowTraits window = {};
    RecurrentTraits recurrent = {};
    MemoryClass memory = MemoryClass::standard;
    NextnTraits nextn = {};
    bool rotates_index_keys = false;  // a matrix beside each layer of the indexer's cache, whatever the cache type
    ProjectionShape projections = ProjectionShape::standard;
    Causal causal = Causal::by_key;
    bool rope_spans_head = false;  // llama.cpp refuses rope.dimension_count other than the head dimension
    bool no_flash_attention = false;
    bool rotated_weights = false;       // llama.cpp turns weights that are stored in a rotated basis
    bool state_snapshots = false;       // partial rollback of states (n_rs_seq)
    bool convolutional = false;         // blocks are convolutions; attention, if any, is elsewhere
    bool may_lack_attention = false;    // layers without heads, and with one matrix where there are no KV heads
    bool one_expert_is_none = false;    // an expert_count of 1 stands for a dense network
    bool dense_beside_experts = false;  // layers with experts also have the dense network
    float attention_scale = 0;          // of the scores; 0: 1 / sqrt(head dimension), or as the key says
    float attention_softcap = 0;        // default of attn_logit_softcapping; 0: none
    float final_softcap = 0;            // default of final_logit_softcapping; 0: none
    void (*refine)(Draft&, Hparams&) = nullptr;  // true oddities, after everything else has been read
    std::string_view embedding_key = "embedding_length";
    std::string_view key_prefix = {};  // of the keys, instead of the name; the first that has a block_count
    std::string_view other_key_prefix = {};
    std::string_view needs_target = {};  // a drafter: what it lacks without its target's context
    std::string_view unsupported = {};   // why llama.cpp does not load it
    ComputeTraits compute = {};          // how it computes, or why it is not executed
};

// nullptr when there is no row. Only build.cpp and graph.cpp ask.
const ArchTraits* find_arch(std::string_view name);
// For names without a row: keys and tensors only.
const ArchTraits& generic_arch();

// The families, in the order of the registry.
std::span<const std::span<const ArchTraits>> all_families();

}  // namespace attnx::model

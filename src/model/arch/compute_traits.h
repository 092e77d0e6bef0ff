// How an architecture computes: the constants its files do not carry. A row names only what differs from
// Llama. Facts: llama.cpp b10256, src/models/<architecture>.cpp, unless a row says otherwise.
#pragma once

#include <optional>
#include <string_view>

#include "attnx/model/graph.h"

namespace attnx::model {

// Which layers rotate queries and keys.
enum class RopeLayers : std::uint8_t {
    all,
    none,
    sliding,                   // only sliding layers
    sliding_if_any,            // all, when the model has no window
    sliding_or_leading_dense,  // sliding layers and those before the first mixture of experts
    not_every_fourth,          // not layers 3, 7, 11 …
    not_every_fourth_or_last,  // the same; without a window, all but the last (Llama 4)
    not_first_of_four,         // not layers 0, 4, 8 …; all, when the model has no window
};

// The scale of scores, where no key or constant gives it.
enum class ScaleRule : std::uint8_t { inv_sqrt_head, inv_head, inv_sqrt_rope, yarn_squared };
// What the key of YaRN's log multiplier means, in architectures that read it.
enum class YarnLog : std::uint8_t {
    plain,             // the multiplier, which lengths are divided by
    tenths,            // a tenth of the multiplier
    tenths_cancelled,  // the same, and lengths are multiplied by it as well, so that only scores feel it
};
enum class GatingRule : std::uint8_t { softmax, sigmoid, softmax_of_chosen, key, key_or_sigmoid, key_or_softmax };
enum class NormalizeRule : std::uint8_t { always, never, key, key_or_always };

struct ExpertTraits {
    GatingRule gating = GatingRule::softmax;
    NormalizeRule normalize = NormalizeRule::always;
    bool scale_key = false;  // heeds expert_weights_scale
    bool weight_input = false;
    bool route_block_input = false;
};

// Rules that recur in rows.
inline constexpr ExpertTraits kByKeys{GatingRule::key, NormalizeRule::key, true};
inline constexpr ExpertTraits kByKeysOrSigmoid{GatingRule::key_or_sigmoid, NormalizeRule::key, true};
inline constexpr ExpertTraits kByKeysOrSoftmax{GatingRule::key_or_softmax, NormalizeRule::key, true};

class PlanKeys;

struct ComputeTraits {
    std::string_view refusal = {};  // the mechanism that is not executed; empty: it is executed
    BlockPlan plan = BlockPlan::sequential;
    NormKind norm = NormKind::rms;
    bool unweighted_norms = false;
    NormNames names = {};
    ScaleRule scale = ScaleRule::inv_sqrt_head;
    bool scale_queries = false;  // before the product with keys
    RopeLayers rope_layers = RopeLayers::all;
    bool sliding_rope_factors = true;  // sliding layers heed the file's factors, too
    bool rope_over_head = false;       // the whole head is rotated, whatever the key says
    bool rope_half = false;            // the first half of a head is rotated, unscaled; the rest by places in pictures
    bool plain_rope = false;           // base 10000, unscaled, no factors, whatever the keys say
    std::optional<RopeType> plain_rope_as = {};  // … and of this type, whatever llama.cpp's table of types says
    RopeType index_rope = RopeType::neox;        // of an indexer's heads
    YarnLog yarn_log = YarnLog::plain;
    float yarn_beta_fast = 32.0F;  // where no key says
    QkNorm qk_norm = QkNorm::before_rope;
    bool clamp_key = false;  // heeds attention.clamp_kqv
    float max_alibi_bias = 0.0F;
    bool alibi_key = false;  // heeds attention.max_alibi_bias
    bool qkv_bias = true;    // heeds the biases of q, k and v
    bool attention_output_bias = true;
    OutputGate gate = OutputGate::sigmoid;
    Activation activation = Activation::silu;
    FfnMix mix = FfnMix::one;
    bool ffn_biases = true;
    ExpertTraits experts = {};
    bool has_head = true;
    bool head_bias = true;  // heeds output.bias
    // What no field says; at most 20 lines.
    void (*refine)(Graph&, PlanKeys&, const ModelSpec&) = nullptr;
};

}  // namespace attnx::model

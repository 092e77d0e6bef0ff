// Llama and what is Llama but for a constant or two.
//
// Llama 4: three of four layers attend within chunks of 8192 tokens, whatever attention.sliding_window says,
// unless it says 0 (models/llama4.cpp:8-26). Llama, its embedding variant and Deci refuse a
// rope.dimension_count other than the head dimension (llama-model.cpp:1204). Nanbeige runs its blocks
// num_loops times, each pass with a cache of its own (models/nanbeige.cpp).
#include <fmt/format.h>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

template <class T>
void repeat(std::vector<T>& values, std::uint32_t times) {
    const std::vector<T> once = values;
    for (std::uint32_t i = 1; i < times; ++i) values.insert(values.end(), once.begin(), once.end());
}

void loop_layers(Draft& draft, Hparams& hparams) {
    constexpr std::uint64_t kMaxLayers = 512;
    const std::uint32_t loops = hparams.u32("num_loops").value_or(1);
    if (loops == 1) return;
    if (loops == 0 || std::uint64_t{loops} * draft.layer_count_all > kMaxLayers) {
        hparams.refuse(
            fmt::format("num_loops is {}: llama.cpp takes 1 to {} layers in all", loops, kMaxLayers));
        return;
    }
    hparams.fact_from_key("layer_count", fmt::format("{} blocks x {} loops", draft.layer_count_all, loops),
                          "num_loops");
    draft.layer_count_all *= loops;
    repeat(draft.head_count, loops);
    repeat(draft.head_count_kv, loops);
    repeat(draft.feed_forward, loops);
    repeat(draft.sliding, loops);
    repeat(draft.recurrent, loops);
    repeat(draft.indexer_full, loops);
}

void check_temperature(Draft& draft, Hparams& hparams) {
    if (hparams.f32("attention.temperature_scale").value_or(0) != 0 &&
        draft.rope.original_context_length.value_or(draft.context) == 0)
        hparams.refuse("attention.temperature_scale needs an original context length");
}

constexpr ArchTraits kRows[] = {
    {.name = "llama", .title = "Llama", .rope = RopeType::norm, .needs = rms, .rope_spans_head = true},
    {.name = "llama4",
     .title = "Llama 4",
     .rope = RopeType::norm,
     .needs = rms | KeySet{expert_feed_forward_length, interleave_moe_layer_step},
     .window = {.when = WindowWhen::key_not_zero,
                .type = WindowType::chunked,
                .forced_size = 8192,
                .period = 4,
                .base = SlidingBase::same}},
    {.name = "llama-embed",
     .title = "Llama Embedding",
     .rope = RopeType::norm,
     .needs = rms,
     .rope_spans_head = true},
    {.name = "deci",
     .title = "DeciLM / Nemotron NAS",
     .rope = RopeType::norm,
     .needs = rms,
     .rope_spans_head = true},
    {.name = "mistral3",
     .title = "Mistral 3",
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {temperature_scale, yarn_beta_fast, yarn_beta_slow, yarn_log_multiplier},
     .refine = check_temperature},
    {.name = "smollm3", .title = "SmolLM3", .rope = RopeType::norm, .needs = rms},
    {.name = "arcee", .title = "Arcee AFM", .rope = RopeType::norm, .needs = rms},
    {.name = "maincoder", .title = "Maincoder", .rope = RopeType::norm, .needs = rms},
    {.name = "nanbeige",
     .title = "Nanbeige",
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {num_loops, skip_loop_final_norm},
     .refine = loop_layers},
    {.name = "apertus",
     .title = "Apertus",
     .rope = RopeType::neox,
     .needs = rms | KeySet{xielu_alpha_n, xielu_alpha_p, xielu_beta, xielu_eps}},
    {.name = "chameleon", .title = "Chameleon", .rope = RopeType::norm, .needs = rms, .reads = {swin_norm}},
    {.name = "pangu-embedded", .title = "Pangu Embedded", .rope = RopeType::neox, .needs = rms},
};

}  // namespace

std::span<const ArchTraits> llama_family() { return kRows; }

}  // namespace attnx::model

// Decoders in which attention.sliding_window_pattern says of every layer whether it slides (llama.cpp b12032,
// models/<name>.cpp). Most rotate only where they slide; Flint and Granite SWA say by layer which rotate. Muse Glimmer
// and Limite fall back on a period of 4.
#include "rope_pattern.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kExpert = {expert_feed_forward_length};

WindowTraits constexpr by_array(SlidingRope rope) {
    return {.when = WindowWhen::always, .pattern = PatternKey::flags, .rope = rope};
}

// A file that llama.cpp refuses unless some layer slides, by a window of some size.
void need_window(const Draft& draft, Hparams& hparams) {
    constexpr std::string_view kWindow = "attention.sliding_window", kPattern = "attention.sliding_window_pattern";
    if (draft.window.size == 0) hparams.refuse("attention.sliding_window is 0", hparams.key(kWindow));
    const auto flags = hparams.array_length(kPattern);
    if (flags && *flags != draft.layer_count_all)
        hparams.refuse(
            fmt::format("{} has {} values for {} layers", hparams.key(kPattern), *flags, draft.layer_count_all),
            hparams.key(kPattern));
}

void kolibri1(Draft& draft, Hparams& hparams) {
    if (draft.window.size == 0) hparams.refuse("attention.sliding_window is 0");
    if (draft.shared_experts != 1)
        hparams.refuse(fmt::format("expert_shared_count is {}, not 1", draft.shared_experts));
    if (draft.shared_feed_forward == 0) hparams.refuse("expert_shared_feed_forward_length is 0");
}

void maion_coder(Draft& draft, Hparams& hparams) {
    need_window(draft, hparams);
    const auto positive = [&](std::string_view suffix, std::uint32_t value) {
        if (value == 0) hparams.refuse(fmt::format("{} is 0", suffix), hparams.key(suffix));
    };
    positive("interleave_moe_layer_step", draft.expert_layer_step);
    positive("moe_latent_size", hparams.u32("moe_latent_size").value_or(1));
    positive("expert_count", draft.expert_count);
}

void beam(Draft& draft, Hparams& hparams) {
    need_window(draft, hparams);
    if (draft.leading_dense > draft.trunk_layers())
        hparams.refuse(
            fmt::format("leading_dense_block_count is {} of {} layers", draft.leading_dense, draft.trunk_layers()),
            hparams.key("leading_dense_block_count"));
    if (hparams.f32("attention.temperature_scale") == 0.0F) hparams.refuse("attention.temperature_scale is 0");
    if (hparams.u32("attention.temperature_length") == 0U) hparams.refuse("attention.temperature_length is 0");
}

void flint(Draft& draft, Hparams& hparams) { rotate_by_flags(Need::required, draft, hparams); }

// The rows of a token's value embedding, and taps on earlier layers.
void limite(Draft&, Hparams& hparams) {
    if (hparams.u32("mudd.tap_count").value_or(0) == 0) return;
    hparams.u32("mudd.feed_forward_length", Need::required);
    hparams.require("mudd.tap_indices");
}

constexpr ArchTraits kWindowedRows[] = {
    {.name = "kolibri1",
     .title = "Kolibri 1",
     .tensors = kolibri1_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert |
              KeySet{expert_shared_count, expert_shared_feed_forward_length, expert_weights_norm, expert_gating_func},
     .window = by_array(SlidingRope::model),
     .refine = kolibri1,
     .compute = {.refusal = "experts chosen by biased logits", .rope_layers = RopeLayers::sliding}},
    {.name = "maion-coder",
     .title = "Maion Coder",
     .tensors = maion_coder_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert | KeySet{interleave_moe_layer_step, moe_latent_size},
     .window = by_array(SlidingRope::model),
     .refine = maion_coder,
     .compute = {.refusal = "experts in a latent space", .rope_layers = RopeLayers::sliding}},
    {.name = "maple",
     .title = "Maple",
     .tensors = maple_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert | KeySet{swiglu_clamp_exp},
     .window = by_array(SlidingRope::own),
     .compute = {.refusal = "clamped experts", .rope_layers = RopeLayers::sliding}},
    {.name = "muse-glimmer",
     .title = "Muse Glimmer",
     .tensors = muse_glimmer_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale},
     .reads = {final_logit_softcapping},
     .window = {.when = WindowWhen::always, .period = 4, .rope = SlidingRope::own_base},
     .compute = {.refusal = "post-norms with an epsilon of their own", .rope_layers = RopeLayers::sliding}},
    {.name = "muse-spark",
     .title = "Muse Spark",
     .tensors = muse_spark_tensors,
     .rope = RopeType::norm,
     .needs = rms | expert_scoring |
              KeySet{post_norm_epsilon, rope_freq_base_swa, final_logit_softcapping, logit_scale, moe_latent_size},
     .reads = kExpert,
     .window = by_array(SlidingRope::fresh),
     .compute = {.refusal = "weighted residuals", .rope_layers = RopeLayers::sliding}},
    {.name = "beam",
     .title = "Beam",
     .tensors = beam_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert | KeySet{leading_dense_block_count, expert_weights_scale, expert_weights_norm},
     .reads = {expert_gating_func, final_logit_softcapping, temperature_scale, temperature_length},
     .window = by_array(SlidingRope::own),
     .refine = beam,
     .compute = {.refusal = "averaged residuals", .rope_layers = RopeLayers::sliding}},
    {.name = "flint",
     .title = "Flint",
     .tensors = flint_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert |
              KeySet{leading_dense_block_count, expert_shared_count, expert_weights_norm, expert_gating_func,
                     expert_shared_feed_forward_length, rope_pattern},
     .reads = {expert_weights_scale},
     .window = by_array(SlidingRope::model),
     .refine = flint,
     .compute = {.experts = kByKeys}},
    {.name = "spark2_5",
     .title = "Spark 2.5",
     .tensors = spark2_5_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .window = by_array(SlidingRope::own),
     .compute = {.activation = Activation::gelu}},
    {.name = "limite",
     .title = "Limite",
     .tensors = limite_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{attention_scale},
     .reads = {xsa_epsilon, mudd_tap_count},
     .window = {.when = WindowWhen::always, .period = 4, .rope = SlidingRope::model},
     .refine = limite,
     .compute = {.refusal = "value embeddings and taps on earlier layers", .rope_layers = RopeLayers::sliding}},
};

}  // namespace

std::span<const ArchTraits> windowed_family() { return kWindowedRows; }

}  // namespace attnx::model

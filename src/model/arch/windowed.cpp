// Decoders in which attention.sliding_window_pattern says of every layer whether it slides (llama.cpp b12032,
// models/<name>.cpp). Most rotate only where they slide; Flint and Granite SWA say by layer which rotate. Muse Glimmer
// and Limite fall back on a period of 4.
#include "attnx/base/error.h"
#include "plan_keys.h"
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

void choose_by_logits(Graph& graph, PlanKeys&, const ModelSpec&) {
    for (auto& layer : graph.layers) layer.ffn.experts.choose_by_logits = true;
}

void clamp_gates(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    const auto clamps = keys.require_f32_layers("swiglu_clamp_exp", spec.layer_count_all);
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        graph.layers[i].ffn.expert_clamp = clamps[i];
        graph.layers[i].ffn.clamp_before_activation = true;
    }
}

void muse_glimmer_graph(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.unweighted_embedding_norm = true;
    graph.after_norm_epsilon = 1e-8F;
    graph.logit_scale = keys.require_f32("logit_scale");
}

void muse_spark_graph(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.unweighted_embedding_norm = true;
    graph.after_mixer = AfterNorm::unweighted;
    graph.after_ffn = AfterNorm::weights_first;
    graph.after_norm_epsilon = keys.require_f32("post_norm_epsilon");
    graph.logit_scale = keys.require_f32("logit_scale");
    for (auto& layer : graph.layers) {
        layer.attention.unweighted_head_norm = true;
        layer.ffn.latent_norm_epsilon = graph.norm_epsilon;
        layer.ffn.expert_norm_epsilon = *graph.after_norm_epsilon;
    }
}

void beam_graph(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.join = JoinRule::averaged;
    const Temperature temperature{.scale = keys.f32_or("attention.temperature_scale", 0.1F),
                                  .floor = keys.u32("attention.temperature_length").value_or(2048),
                                  .offset = 1.0F,
                                  .only_without_rope = true,
                                  .power = true};
    for (auto& layer : graph.layers) layer.attention.temperature = temperature;
}

// Of each layer the layers whose inputs it reads; the first below 0: it reads none.
Taps taps_of(PlanKeys& keys, std::uint32_t layers) {
    const std::uint32_t count = keys.u32("mudd.tap_count").value_or(0);
    const auto all = keys.u32_array("mudd.tap_indices").value_or(std::vector<std::uint32_t>{});
    Taps taps{std::vector<std::vector<std::uint32_t>>(layers)};
    for (std::uint32_t i = 0; i < layers; ++i) {
        for (std::size_t j = std::size_t{i} * count; j < std::size_t{i + 1} * count && j < all.size(); ++j) {
            const bool none = static_cast<std::int32_t>(all[j]) < 0;
            if (none && j == std::size_t{i} * count) break;
            if (none || all[j] > i) throw Error(ErrorCode::bad_value, "a layer taps one that comes after it");
            taps.of_layer[i].push_back(all[j]);
        }
    }
    return taps;
}

void limite_graph(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    graph.unweighted_embedding_norm = true;
    for (auto& layer : graph.layers) layer.attention.own_value_epsilon = keys.f32_or("attention.xsa_epsilon", 0.0F);
    if (const auto cap = keys.f32_layers("final_logit_sigmoid_capping", 3); cap && (*cap)[0] != 0 && (*cap)[2] != 0)
        graph.logit_sigmoid = {(*cap)[0], (*cap)[1], (*cap)[2]};
    if (keys.u32("mudd.tap_count").value_or(0) > 0) graph.taps = taps_of(keys, spec.layer_count);
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
     .compute = {.rope_layers = RopeLayers::sliding,
                 .attention_output_bias = false,
                 .experts = {GatingRule::key, NormalizeRule::key},
                 .refine = choose_by_logits}},
    {.name = "maion-coder",
     .title = "Maion Coder",
     .tensors = maion_coder_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert | KeySet{interleave_moe_layer_step, moe_latent_size},
     .window = by_array(SlidingRope::model),
     .refine = maion_coder,
     .compute = {.rope_layers = RopeLayers::sliding, .attention_output_bias = false, .ffn_biases = false}},
    {.name = "maple",
     .title = "Maple",
     .tensors = maple_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert | KeySet{swiglu_clamp_exp},
     .window = by_array(SlidingRope::own),
     .compute = {.rope_layers = RopeLayers::sliding, .attention_output_bias = false, .refine = clamp_gates}},
    {.name = "muse-glimmer",
     .title = "Muse Glimmer",
     .tensors = muse_glimmer_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{logit_scale},
     .reads = {final_logit_softcapping},
     .window = {.when = WindowWhen::always, .period = 4, .rope = SlidingRope::own_base},
     .final_softcap = 30.0F,
     .compute = {.rope_layers = RopeLayers::sliding,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .refine = muse_glimmer_graph}},
    {.name = "muse-spark",
     .title = "Muse Spark",
     .tensors = muse_spark_tensors,
     .rope = RopeType::norm,
     .needs = rms | expert_scoring |
              KeySet{post_norm_epsilon, rope_freq_base_swa, final_logit_softcapping, logit_scale, moe_latent_size},
     .reads = kExpert,
     .window = by_array(SlidingRope::fresh),
     .compute = {.names = {.after_mixer = Stem::unknown},
                 .rope_layers = RopeLayers::sliding,
                 .attention_output_bias = false,
                 .experts = kByKeys,
                 .refine = muse_spark_graph}},
    {.name = "beam",
     .title = "Beam",
     .tensors = beam_tensors,
     .rope = RopeType::neox,
     .needs = rms | kExpert | KeySet{leading_dense_block_count, expert_weights_scale, expert_weights_norm},
     .reads = {expert_gating_func, final_logit_softcapping, temperature_scale, temperature_length},
     .window = by_array(SlidingRope::own),
     .refine = beam,
     .compute = {.rope_layers = RopeLayers::sliding,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .experts = kByKeysOrSigmoid,
                 .refine = beam_graph}},
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
     .compute = {.unweighted_norms = true,
                 .rope_layers = RopeLayers::sliding,
                 .qk_norm = QkNorm::before_rope_unweighted,
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .refine = limite_graph}},
};

}  // namespace

std::span<const ArchTraits> windowed_family() { return kWindowedRows; }

}  // namespace attnx::model

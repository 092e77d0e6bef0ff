// Llama and what is Llama but for a constant or two.
//
// Llama 4: three of four layers attend within chunks of 8192 tokens, whatever attention.sliding_window says,
// unless it says 0 (models/llama4.cpp:8-26). Llama, its embedding variant and Deci refuse a
// rope.dimension_count other than the head dimension (llama-model.cpp:1204). Nanbeige runs its blocks
// num_loops times, each pass with a cache of its own (models/nanbeige.cpp).
#include <fmt/format.h>

#include <algorithm>

#include "../census.h"
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
    const std::uint32_t loops = hparams.u32("num_loops").value_or(1);
    if (loops == 1) return;
    if (loops == 0 || std::uint64_t{loops} * draft.layer_count_all > kMaxLayers) {
        hparams.refuse(fmt::format("num_loops is {}: llama.cpp takes 1 to {} layers in all", loops, kMaxLayers));
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
    draft.own_keys_and_values();
}

void check_temperature(Draft& draft, Hparams& hparams) {
    if (hparams.f32("attention.temperature_scale").value_or(0) != 0 &&
        draft.rope.original_context_length.value_or(draft.context) == 0)
        hparams.refuse("attention.temperature_scale needs an original context length");
}

// Mistral: queries grow with the position once the original context is exceeded.
void temperature_by_original_context(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    const float scale = keys.f32_or("attention.temperature_scale", 0.0F);
    if (scale == 0.0F) return;
    const std::uint32_t floor = keys.u32("rope.scaling.original_context_length").value_or(spec.context_length);
    if (floor == 0) return;
    for (auto& layer : graph.layers) layer.attention.temperature = Temperature{scale, floor, 0.0F, false};
}

// Llama 4: where layers are chunked, the others, which have no rope, warm their queries.
void llama4(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    const bool large = keys.u32("expert_count").value_or(0) == 128;
    const bool chunked = spec.window.type != WindowType::none;
    for (auto& layer : graph.layers) {
        auto& attention = layer.attention;
        if (large) attention.qk_norm = QkNorm::before_rope;
        if (chunked) attention.temperature = Temperature{0.1F, 8192, 1.0F, true};
    }
}

void may_lack_feed_forward(Graph& graph, PlanKeys&, const ModelSpec& spec) {
    for (std::uint32_t i = 0; i < spec.layer_count; ++i)
        graph.layers[i].has_ffn = spec.layers[i].feed_forward_length != 0;
}

void xielu_constants(Graph& graph, PlanKeys& keys, const ModelSpec& spec) {
    constexpr std::string_view kNames[] = {"@xielu.alpha_n", "@xielu.alpha_p", "@xielu.beta", "@xielu.eps"};
    for (std::size_t k = 0; k < std::size(kNames); ++k) {
        const std::vector<float> values = keys.require_f32_layers(kNames[k], spec.layer_count_all);
        for (std::size_t i = 0; i < graph.layers.size(); ++i) graph.layers[i].ffn.xielu[k] = values[i];
    }
}

// The layers run several times over; between the rounds the output norm is applied unless the file says not
// to.
void loops(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const std::uint32_t physical = keys.require_u32("block_count");
    const bool skip = keys.boolean("skip_loop_final_norm").value_or(false);
    const std::uint32_t rounds = std::max(1U, keys.u32("num_loops").value_or(1));
    graph.layers.resize(physical, graph.layers.back());
    for (std::uint32_t round = 1; round < rounds; ++round) {
        for (std::uint32_t i = 0; i < physical; ++i) graph.layers.push_back(graph.layers[i]);
    }
    for (std::uint32_t round = 1; round < rounds; ++round)
        graph.layers[std::size_t{round} * physical - 1].norm_after = !skip;
}

// With swin_norm the norms stand after mixer and network instead of before; queries and keys have layer
// norms.
void chameleon(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    for (auto& layer : graph.layers) {
        layer.attention.qk_norm_kind = NormKind::layer;
        layer.attention.qk_norm_epsilon = 1e-5F;
    }
    if (!keys.boolean("swin_norm").value_or(false)) return;
    graph.names = {.before_mixer = Stem::unknown,
                   .after_mixer = Stem::attn_norm,
                   .before_ffn = Stem::unknown,
                   .after_ffn = Stem::ffn_norm};
}

constexpr ArchTraits kLlamaRows[] = {
    {.name = "llama",
     .title = "Llama",
     .tensors = llama_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .rope_spans_head = true,
     .rotated_weights = true},
    {.name = "llama4",
     .title = "Llama 4",
     .tensors = llama4_tensors,
     .rope = RopeType::norm,
     .needs = rms | KeySet{expert_feed_forward_length, interleave_moe_layer_step},
     .window = {.when = WindowWhen::key_not_zero,
                .type = WindowType::chunked,
                .forced_size = 8192,
                .period = 4,
                .rope = SlidingRope::own},
     .compute = {.rope_layers = RopeLayers::not_every_fourth_or_last,
                 .qk_norm = QkNorm::after_rope_unweighted,
                 .experts = {.gating = GatingRule::sigmoid, .normalize = NormalizeRule::never, .weight_input = true},
                 .refine = llama4}},
    {.name = "llama-embed",
     .title = "Llama Embedding",
     .tensors = llama_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .rope_spans_head = true,
     .compute = {.has_head = false}},
    {.name = "deci",
     .title = "DeciLM / Nemotron NAS",
     .tensors = deci_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .rope_spans_head = true,
     .may_lack_attention = true,
     .compute = {.refine = may_lack_feed_forward}},
    {.name = "mistral3",
     .title = "Mistral 3",
     .tensors = mistral3_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {temperature_scale, yarn_beta_fast, yarn_beta_slow, yarn_log_multiplier},
     .refine = check_temperature,
     .compute = {.refine = temperature_by_original_context}},
    {.name = "smollm3",
     .title = "SmolLM3",
     .tensors = smollm3_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .compute = {.rope_layers = RopeLayers::not_every_fourth}},
    {.name = "arcee",
     .title = "Arcee AFM",
     .tensors = arcee_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .compute = {.activation = Activation::relu_squared}},
    {.name = "maincoder",
     .title = "Maincoder",
     .tensors = maincoder_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .compute = {.qk_norm = QkNorm::after_rope}},
    {.name = "nanbeige",
     .title = "Nanbeige",
     .tensors = nanbeige_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {num_loops, skip_loop_final_norm},
     .refine = loop_layers,
     .compute = {.refine = loops}},
    {.name = "apertus",
     .title = "Apertus",
     .tensors = apertus_tensors,
     .rope = RopeType::neox,
     .needs = rms | KeySet{xielu_alpha_n, xielu_alpha_p, xielu_beta, xielu_eps},
     .compute = {.activation = Activation::xielu, .refine = xielu_constants}},
    {.name = "chameleon",
     .title = "Chameleon",
     .tensors = chameleon_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {swin_norm},
     .compute = {.attention_output_bias = false, .ffn_biases = false, .refine = chameleon}},
    {.name = "pangu-embedded",
     .title = "Pangu Embedded",
     .tensors = pangu_embedded_tensors,
     .rope = RopeType::neox,
     .needs = rms},
};

}  // namespace

std::span<const ArchTraits> llama_family() { return kLlamaRows; }

}  // namespace attnx::model

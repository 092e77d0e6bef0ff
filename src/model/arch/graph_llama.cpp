// Llama and those that differ from it in a detail: which layers rotate, what scales, what norms.
#include <algorithm>
#include <cstddef>

#include "graph_families.h"
#include "attnx/base/error.h"

namespace attnx::model {

namespace {

// Mistral: queries grow with the position once the original context is exceeded.
void temperature_by_original_context(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    const float scale = keys.f32_or("attention.temperature_scale", 0.0F);
    if (scale == 0.0F) return;
    const std::uint32_t floor = keys.u32("rope.scaling.original_context_length").value_or(spec.context_length);
    if (floor == 0) return;
    for (auto& layer : graph.layers) layer.attention.temperature = Temperature{scale, floor, 0.0F, false};
}

// Llama 4: chunked layers rotate and normalise; the others have no rope and warm their queries.
void llama4(Graph& graph, const GraphKeys& keys, const ModelSpec& spec) {
    const bool large = keys.u32("expert_count").value_or(0) == 128;
    const bool chunked = spec.window.type != WindowType::none;
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        auto& attention = graph.layers[i].attention;
        if (large) attention.qk_norm = QkNorm::before_rope;
        if (chunked) attention.temperature = Temperature{0.1F, 8192, 1.0F, true};
        else if (i + 1 < graph.layers.size()) attention.rope = graph.layers[0].attention.rope;
    }
}

// Only the 32-layer model rotates, the 40-layer one has ALiBi; others have neither in llama.cpp.
void baichuan(Graph& graph, const GraphKeys&, const ModelSpec& spec) {
    for (auto& layer : graph.layers) {
        if (spec.layer_count != 32) layer.attention.rope.reset();
        if (spec.layer_count == 40) layer.attention.max_alibi_bias = 8.0F;
    }
}

// Layers may lack attention, have one matrix in its place, or lack the feed-forward network.
void deci(Graph& graph, const GraphKeys&, const ModelSpec& spec) {
    for (std::uint32_t i = 0; i < spec.layer_count; ++i) {
        auto& layer = graph.layers[i];
        layer.has_mixer = spec.layers[i].head_count != 0;
        layer.mixer_is_linear = layer.has_mixer && spec.layers[i].head_count_kv == 0;
        layer.has_ffn = spec.layers[i].feed_forward_length != 0;
    }
}

void xielu_constants(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    for (std::uint32_t i = 0; i < graph.layers.size(); ++i) {
        auto& x = graph.layers[i].ffn.xielu;
        const char* names[] = {"xielu.alpha_n", "xielu.alpha_p", "xielu.beta", "xielu.eps"};
        for (std::size_t k = 0; k < x.size(); ++k) {
            const auto value = keys.of_layer(names[k], i);
            if (!value) throw Error(ErrorCode::missing_key, "the activation's constants are missing", {{}, {}, names[k]});
            x[k] = *value;
        }
    }
}

// The layers run several times over; between the rounds the output norm is applied unless the file says not to.
void loops(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const std::uint32_t physical = keys.require_u32("block_count");
    const bool skip = keys.boolean("skip_loop_final_norm").value_or(false);
    const std::uint32_t rounds = std::max(1U, keys.u32("num_loops").value_or(1));
    graph.layers.resize(physical, graph.layers.back());
    for (std::uint32_t round = 1; round < rounds; ++round) {
        for (std::uint32_t i = 0; i < physical; ++i) graph.layers.push_back(graph.layers[i]);
    }
    for (std::uint32_t round = 1; round < rounds; ++round) graph.layers[std::size_t{round} * physical - 1].norm_after = !skip;
}

// The embedding, normalised, is added again after each block, weighted per layer.
void talkie(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    graph.logit_scale = keys.require_f32("logit_scale");
    graph.skip_from_embedding = true;
    graph.unweighted_embedding_norm = true;
}

constexpr GraphTraits kRows[] = {
    {.name = "llama"},
    {.name = "llama-embed", .has_head = false},
    {.name = "mistral3", .yarn = YarnKeys::betas_and_log, .refine = temperature_by_original_context},
    {.name = "llama4", .rope_layers = RopeLayers::not_every_fourth, .sliding_rope = SlidingRope::own_base, .qk_norm = QkNorm::after_rope_unweighted,
     .experts = {.gating = GatingRule::sigmoid, .normalize = NormalizeRule::never, .weight_input = true}, .refine = llama4},
    {.name = "deci", .refine = deci},
    {.name = "arcee", .activation = Activation::relu_squared},
    {.name = "apertus", .activation = Activation::xielu, .refine = xielu_constants},
    {.name = "baichuan", .attention_output_bias = false, .refine = baichuan},
    {.name = "nanbeige", .refine = loops},
    {.name = "smollm3", .rope_layers = RopeLayers::not_every_fourth},
    {.name = "seed_oss", .names = {.after_mixer = "", .before_ffn = "post_attention_norm"}},
    {.name = "maincoder", .qk_norm = QkNorm::after_rope},
    {.name = "talkie", .unweighted_norms = true, .qk_norm = QkNorm::after_rope_q_weighted, .refine = talkie},
    {.name = "xverse"},
    {.name = "internlm2"},
};

}  // namespace

std::span<const GraphTraits> graph_llama() { return kRows; }

}  // namespace attnx::model

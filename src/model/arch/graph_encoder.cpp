// Encoders. BERT and its kin normalise after adding the residual.
#include "graph_families.h"

namespace attnx::model {

namespace {

constexpr NormNames kBertNorms{.before_mixer = "", .after_mixer = "attn_output_norm", .after_mixer_2 = "attn_norm_2", .before_ffn = "",
                               .after_ffn = "layer_output_norm", .output = ""};

// T5's encoder: a learned bias per distance, no scale, tensors below "enc.".
void t5_encoder(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    graph.tensor_prefix = "enc.";
    graph.attention_output_name = "attn_o";
    const bool gated = keys.has_tensor("enc.blk.0.ffn_gate.weight");
    for (auto& layer : graph.layers) {
        layer.attention.relative_buckets = keys.require_u32("attention.relative_buckets_count");
        layer.ffn.activation = gated ? Activation::gelu : Activation::relu;
    }
}

// The file may name the gate's activation; GELU otherwise.
void modern_bert(Graph& graph, const GraphKeys& keys, const ModelSpec&) {
    const auto name = keys.string("hidden_activation").value_or("geglu");
    for (auto& layer : graph.layers) {
        if (name == "silu" || name == "swish" || name == "swiglu") layer.ffn.activation = Activation::silu;
        if (name == "reglu") layer.ffn.activation = Activation::relu;
    }
}

constexpr GraphTraits kRows[] = {
    {.name = "bert", .plan = BlockPlan::post_norm, .norm = NormKind::layer, .names = kBertNorms, .rope_layers = RopeLayers::none,
     .activation = Activation::gelu, .has_head = false, .causal = false},
    {.name = "nomic-bert", .plan = BlockPlan::post_norm, .norm = NormKind::layer, .names = kBertNorms, .ffn_biases = false, .has_head = false, .causal = false},
    {.name = "nomic-bert-moe", .plan = BlockPlan::post_norm, .norm = NormKind::layer, .names = kBertNorms, .activation = Activation::gelu,
     .experts = {.normalize = NormalizeRule::never}, .has_head = false, .causal = false},
    {.name = "jina-bert-v2", .plan = BlockPlan::post_norm, .norm = NormKind::layer, .names = kBertNorms, .rope_layers = RopeLayers::none,
     .max_alibi_bias = 8.0F, .activation = Activation::gelu, .has_head = false, .causal = false},
    {.name = "jina-bert-v3", .plan = BlockPlan::post_norm, .norm = NormKind::layer, .names = kBertNorms, .activation = Activation::gelu,
     .has_head = false, .causal = false},
    {.name = "modern-bert", .norm = NormKind::layer, .sliding_rope = SlidingRope::fresh_base, .attention_output_bias = false,
     .activation = Activation::gelu, .ffn_biases = false, .has_head = false, .causal = false, .refine = modern_bert},
    {.name = "neo-bert", .names = {.output = "enc.output_norm"}, .attention_output_bias = false, .ffn_biases = false, .has_head = false, .causal = false},
    {.name = "eurobert", .attention_output_bias = false, .ffn_biases = false, .has_head = false, .causal = false},
    {.name = "t5encoder", .names = {.output = "enc.output_norm"}, .scale = ScaleRule::one, .rope_layers = RopeLayers::none,
     .has_head = false, .causal = false, .refine = t5_encoder},
};

}  // namespace

std::span<const GraphTraits> graph_encoder() { return kRows; }

}  // namespace attnx::model

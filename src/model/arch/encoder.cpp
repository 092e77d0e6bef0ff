// Encoders, which keep no cache; and T5, whose cache has block_count layers (the encoder's count, though the
// decoder uses it), allocated even for the encoder alone. Cross-attention is never cached. Encoders are
// executed without a mask whatever attention.causal says (llama-context.cpp, encode). ModernBERT's window is
// symmetric and its first layer of three is full; its QKV is three times the width. WavTokenizer's width is
// in features_length. BERT and its kin normalise after adding the residual.
#include <algorithm>
#include <string>

#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr NormNames kBertNorms{.before_mixer = Stem::unknown,
                               .after_mixer = Stem::attn_output_norm,
                               .after_mixer_2 = Stem::attn_norm_2,
                               .before_ffn = Stem::unknown,
                               .after_ffn = Stem::layer_output_norm,
                               .output = Stem::unknown};

// T5's encoder: a learned bias per distance, no scale, tensors below "enc.".
void t5_encoder(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    graph.stack = Stack::encoder;
    graph.attention_output = Stem::attn_o;
    const bool gated = keys.has_tensor(Stack::encoder, Stem::ffn_gate);
    for (auto& layer : graph.layers) {
        layer.attention.relative_buckets = keys.require_u32("attention.relative_buckets_count");
        layer.ffn.activation = gated ? Activation::gelu : Activation::relu;
    }
}

// The file may name the gate's activation; GELU by the error function otherwise.
void modern_bert(Graph& graph, PlanKeys& keys, const ModelSpec&) {
    const std::string name = keys.string("hidden_activation").value_or("gelu");
    const auto is = [&](std::initializer_list<std::string_view> names) {
        return std::ranges::find(names, name) != names.end();
    };
    for (auto& layer : graph.layers) {
        Activation& activation = layer.ffn.activation;
        if (is({"silu", "swish", "swiglu"})) activation = Activation::silu;
        else if (is({"relu", "reglu"})) activation = Activation::relu;
        else if (is({"geglu", "gelu_pytorch_tanh", "gelu_new", "gelu_fast", "gelu_accurate", "gelu_python_tanh"}))
            activation = Activation::gelu;
        else activation = Activation::gelu_erf;
    }
}

// Sizes of its two convolutional stacks, and of what it returns; embedding_length is that.
void require_stacks(Draft&, Hparams& hparams) {
    for (const std::string_view key : {"embedding_length", "posnet.embedding_length", "posnet.block_count",
                                       "convnext.embedding_length", "convnext.block_count"})
        hparams.u32(key, Need::required);
}

constexpr ArchTraits kEncoderRows[] = {
    {.name = "bert",
     .title = "BERT",
     .tensors = bert_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .memory = MemoryClass::none,
     .causal = Causal::never_run,
     .compute = {.plan = BlockPlan::post_norm,
                 .norm = NormKind::layer,
                 .names = kBertNorms,
                 .rope_layers = RopeLayers::none,
                 .activation = Activation::gelu,
                 .has_head = false}},
    {.name = "modern-bert",
     .title = "ModernBERT",
     .tensors = modern_bert_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .reads = {hidden_activation},
     .window = {.when = WindowWhen::key_positive, .type = WindowType::symmetric, .period = 3, .first_full = true},
     .memory = MemoryClass::none,
     .projections = ProjectionShape::fused_multi_head,
     .causal = Causal::never_run,
     .compute = {.norm = NormKind::layer,
                 .attention_output_bias = false,
                 .activation = Activation::gelu,
                 .ffn_biases = false,
                 .has_head = false,
                 .refine = modern_bert}},
    {.name = "nomic-bert",
     .title = "Nomic BERT",
     .tensors = nomic_bert_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .reads = {moe_every_n_layers},
     .memory = MemoryClass::none,
     .causal = Causal::never_run,
     .compute = {.plan = BlockPlan::post_norm,
                 .norm = NormKind::layer,
                 .names = kBertNorms,
                 .ffn_biases = false,
                 .has_head = false}},
    {.name = "nomic-bert-moe",
     .title = "Nomic BERT MoE",
     .tensors = nomic_bert_moe_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .reads = {moe_every_n_layers},
     .memory = MemoryClass::none,
     .causal = Causal::never_run,
     .compute = {.plan = BlockPlan::post_norm,
                 .norm = NormKind::layer,
                 .names = kBertNorms,
                 .activation = Activation::gelu,
                 .experts = {.normalize = NormalizeRule::never},
                 .has_head = false}},
    {.name = "neo-bert",
     .title = "NeoBERT",
     .tensors = neo_bert_tensors,
     .rope = RopeType::norm,
     .needs = rms,
     .memory = MemoryClass::none,
     .causal = Causal::never_run,
     .compute = {.names = {.output = Stem::enc_output_norm},
                 .attention_output_bias = false,
                 .ffn_biases = false,
                 .has_head = false}},
    {.name = "jina-bert-v2",
     .title = "Jina BERT v2",
     .tensors = jina_bert_v2_tensors,
     .rope = RopeType::none,
     .needs = norm,
     .memory = MemoryClass::none,
     .causal = Causal::never_run,
     .compute = {.plan = BlockPlan::post_norm,
                 .norm = NormKind::layer,
                 .names = kBertNorms,
                 .rope_layers = RopeLayers::none,
                 .max_alibi_bias = 8.0F,
                 .activation = Activation::gelu,
                 .has_head = false}},
    {.name = "jina-bert-v3",
     .title = "Jina BERT v3",
     .tensors = jina_bert_v3_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .memory = MemoryClass::none,
     .causal = Causal::never_run,
     .compute = {.plan = BlockPlan::post_norm,
                 .norm = NormKind::layer,
                 .names = kBertNorms,
                 .activation = Activation::gelu,
                 .has_head = false}},
    {.name = "eurobert",
     .title = "EuroBERT",
     .tensors = eurobert_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .memory = MemoryClass::none,
     .causal = Causal::never_run,
     .compute = {.attention_output_bias = false, .ffn_biases = false, .has_head = false}},
    {.name = "t5",
     .title = "T5",
     .tensors = t5_tensors,
     .rope = RopeType::none,
     .needs = rms | KeySet{relative_buckets_count},
     .reads = {decoder_start_token_id, decoder_block_count},
     .attention_scale = 1.0F,
     .compute = {.refusal = "cross-attention of a decoder to an encoder"}},
    {.name = "t5encoder",
     .title = "T5 encoder",
     .tensors = t5encoder_tensors,
     .rope = RopeType::none,
     .needs = rms | KeySet{relative_buckets_count},
     .causal = Causal::never_run,
     .attention_scale = 1.0F,
     .compute = {.names = {.output = Stem::enc_output_norm},
                 .rope_layers = RopeLayers::none,
                 .has_head = false,
                 .refine = t5_encoder}},
    {.name = "wavtokenizer-dec",
     .title = "WavTokenizer decoder",
     .tensors = wavtokenizer_tensors,
     .rope = RopeType::none,
     .needs = norm | KeySet{group_norm_epsilon, group_norm_groups},
     .memory = MemoryClass::none,
     .convolutional = true,
     .refine = require_stacks,
     .embedding_key = "features_length",
     .compute = {.refusal = "a convolutional decoder has no softmax attention"}},
};

}  // namespace

std::span<const ArchTraits> encoder_family() { return kEncoderRows; }

}  // namespace attnx::model

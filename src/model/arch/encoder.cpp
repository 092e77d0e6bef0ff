// Encoders, which keep no cache; and T5, whose cache has block_count layers (the encoder's count, though the
// decoder uses it), allocated even for the encoder alone. Cross-attention is never cached. Whether an encoder
// is causal is the file's word (attention.causal, true when absent). ModernBERT's window is symmetric and its
// first layer of three is full; its QKV is three times the width. WavTokenizer's width is in features_length.
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr ArchTraits kRows[] = {
    {.name = "bert", .title = "BERT", .rope = RopeType::neox, .needs = norm, .memory = MemoryClass::none},
    {.name = "modern-bert",
     .title = "ModernBERT",
     .rope = RopeType::neox,
     .needs = norm,
     .reads = {hidden_activation},
     .window =
         {.when = WindowWhen::key_positive, .type = WindowType::symmetric, .period = 3, .first_full = true},
     .memory = MemoryClass::none,
     .projections = ProjectionShape::fused_multi_head},
    {.name = "nomic-bert",
     .title = "Nomic BERT",
     .rope = RopeType::neox,
     .needs = norm,
     .reads = {moe_every_n_layers},
     .memory = MemoryClass::none},
    {.name = "nomic-bert-moe",
     .title = "Nomic BERT MoE",
     .rope = RopeType::neox,
     .needs = norm,
     .reads = {moe_every_n_layers},
     .memory = MemoryClass::none},
    {.name = "neo-bert",
     .title = "NeoBERT",
     .rope = RopeType::norm,
     .needs = rms,
     .memory = MemoryClass::none},
    {.name = "jina-bert-v2",
     .title = "Jina BERT v2",
     .rope = RopeType::none,
     .needs = norm,
     .memory = MemoryClass::none},
    {.name = "jina-bert-v3",
     .title = "Jina BERT v3",
     .rope = RopeType::neox,
     .needs = norm,
     .memory = MemoryClass::none},
    {.name = "eurobert",
     .title = "EuroBERT",
     .rope = RopeType::neox,
     .needs = rms,
     .memory = MemoryClass::none},
    {.name = "t5",
     .title = "T5",
     .rope = RopeType::none,
     .needs = rms | KeySet{relative_buckets_count},
     .reads = {decoder_start_token_id, decoder_block_count},
     .attention_scale = 1.0F},
    {.name = "t5encoder",
     .title = "T5 encoder",
     .rope = RopeType::none,
     .needs = rms | KeySet{relative_buckets_count},
     .attention_scale = 1.0F},
    {.name = "wavtokenizer-dec",
     .title = "WavTokenizer decoder",
     .rope = RopeType::none,
     .needs = norm | KeySet{group_norm_epsilon, group_norm_groups},
     .memory = MemoryClass::none,
     .convolutional = true,
     .embedding_key = "features_length"},
};

}  // namespace

std::span<const ArchTraits> encoder_family() { return kRows; }

}  // namespace attnx::model

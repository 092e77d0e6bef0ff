// Decoders of Llama's outline from other houses: rotary positions, RMS or layer norm, gated feed-forward.
//
// PLaMo 3 and Mellum slide only when attention.sliding_window is positive; Mellum then requires the pattern,
// a period or one flag per layer (models/plamo3.cpp:5-14, models/mellum.cpp:6-25). OpenELM has per-layer head
// counts. Refact adds ALiBi.
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr ArchTraits kRows[] = {
    {.name = "baichuan", .title = "Baichuan", .rope = RopeType::norm, .needs = rms},
    {.name = "xverse", .title = "XVERSE", .rope = RopeType::norm, .needs = rms},
    {.name = "internlm2", .title = "InternLM 2", .rope = RopeType::norm, .needs = rms},
    {.name = "orion", .title = "Orion", .rope = RopeType::neox, .needs = norm},
    {.name = "minicpm",
     .title = "MiniCPM",
     .rope = RopeType::norm,
     .needs = rms,
     .reads = {embedding_scale, residual_scale, logit_scale}},
    {.name = "seed_oss", .title = "Seed-OSS", .rope = RopeType::neox, .needs = rms},
    {.name = "talkie", .title = "Talkie", .rope = RopeType::neox, .needs = rms | KeySet{logit_scale}},
    {.name = "mellum",
     .title = "Mellum",
     .rope = RopeType::neox,
     .needs = rms | KeySet{expert_feed_forward_length},
     .window = {.when = WindowWhen::key_positive,
                .pattern = PatternKey::period_or_flags,
                .period = 4,
                .base = SlidingBase::same}},
    {.name = "bitnet", .title = "BitNet", .rope = RopeType::neox, .needs = rms},
    {.name = "plamo", .title = "PLaMo", .rope = RopeType::neox, .needs = rms},
    {.name = "plamo3",
     .title = "PLaMo 3",
     .rope = RopeType::neox,
     .needs = rms,
     .window = {.when = WindowWhen::key_positive, .period = 8}},
    {.name = "refact", .title = "Refact", .rope = RopeType::none, .needs = rms},
    {.name = "openelm", .title = "OpenELM", .rope = RopeType::neox, .needs = rms},
};

}  // namespace

std::span<const ArchTraits> llama_kin_family() { return kRows; }

}  // namespace attnx::model

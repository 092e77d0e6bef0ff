// AI2's OLMo. OLMo 3 files are olmo2 with a positive attention.sliding_window: three of four layers slide
// (models/olmo2.cpp:6-18).
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr ArchTraits kRows[] = {
    {.name = "olmo", .title = "OLMo", .rope = RopeType::norm, .needs = norm, .reads = {clamp_kqv}},
    {.name = "olmo2",
     .title = "OLMo 2 / 3",
     .rope = RopeType::neox,
     .needs = rms,
     .window = {.when = WindowWhen::key_positive, .period = 4, .base = SlidingBase::same}},
    {.name = "olmoe", .title = "OLMoE", .rope = RopeType::neox, .needs = rms},
};

}  // namespace

std::span<const ArchTraits> olmo_family() { return kRows; }

}  // namespace attnx::model

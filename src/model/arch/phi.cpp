// Phi. Phi-3 files carry attention.sliding_window, which llama.cpp reads and then switches off
// (models/phi3.cpp:13-24), so every layer is full and costs a full cache.
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;

constexpr ArchTraits kPhiRows[] = {
    {.name = "phi2",
     .title = "Phi-2",
     .tensors = phi2_tensors,
     .rope = RopeType::neox,
     .needs = norm,
     .compute =
         {.plan = BlockPlan::parallel, .norm = NormKind::layer, .scale_queries = true, .activation = Activation::gelu}},
    {.name = "phi3",
     .title = "Phi-3",
     .tensors = phi3_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .window = {.when = WindowWhen::read_and_dropped},
     .compute = {.scale_queries = true, .ffn_biases = false}},
    {.name = "phimoe",
     .title = "Phi-3.5 MoE",
     .tensors = phimoe_tensors,
     .rope = RopeType::neox,
     .needs = rms,
     .compute = {.scale_queries = true, .ffn_biases = false}},
};

}  // namespace

std::span<const ArchTraits> phi_family() { return kPhiRows; }

}  // namespace attnx::model

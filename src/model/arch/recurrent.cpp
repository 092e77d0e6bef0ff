// Models without attention: Mamba and RWKV. Their state does not grow with the context. RWKV shifts tokens
// twice per layer (time mix and channel mix), so the shift state is 2 x width; the Qwen conversions have no
// channel mix and say 1. Mamba does not read ssm.group_count.
#include "families.h"

namespace attnx::model {
namespace {

using namespace keys;
using enum Key;

constexpr KeySet kEpsilons = {norm_epsilon, rms_epsilon};
constexpr KeySet kRwkv6 = {wkv_head_size, time_mix_extra_dim, time_decay_extra_dim};
constexpr KeySet kRwkv6Optional = kEpsilons | KeySet{rescale_every_n_layers, token_shift_count};
constexpr KeySet kRwkv7 = {wkv_head_size, decay_lora_rank, iclr_lora_rank, value_residual_mix_lora_rank};
constexpr KeySet kRwkv7Optional = kEpsilons | KeySet{gate_lora_rank, token_shift_count};
constexpr RecurrentTraits kMamba = {RecurrentWhen::all, LayerKind::mamba};
constexpr RecurrentTraits kMamba2 = {RecurrentWhen::all, LayerKind::mamba2};
constexpr RecurrentTraits kWkv = {RecurrentWhen::all, LayerKind::rwkv};

constexpr std::string_view kNoAttention = "a purely recurrent model has no softmax attention";

constexpr ArchTraits kRecurrentRows[] = {
    {.name = "mamba",
     .title = "Mamba",
     .tensors = mamba_tensors,
     .rope = RopeType::none,
     .needs = rms | mamba,
     .reads = {ssm_dt_b_c_rms},
     .recurrent = kMamba,
     .compute = {.refusal = kNoAttention}},
    {.name = "mamba2",
     .title = "Mamba-2",
     .tensors = mamba2_tensors,
     .rope = RopeType::none,
     .needs = rms | mamba2,
     .recurrent = kMamba2,
     .compute = {.refusal = kNoAttention}},
    {.name = "rwkv6",
     .title = "RWKV-6",
     .tensors = rwkv6_tensors,
     .rope = RopeType::none,
     .needs = kRwkv6,
     .reads = kRwkv6Optional,
     .recurrent = kWkv,
     .compute = {.refusal = kNoAttention}},
    {.name = "rwkv6qwen2",
     .title = "QRWKV-6",
     .tensors = rwkv6qwen2_tensors,
     .rope = RopeType::none,
     .needs = kRwkv6,
     .reads = kRwkv6Optional,
     .recurrent = kWkv,
     .compute = {.refusal = kNoAttention}},
    {.name = "rwkv7",
     .title = "RWKV-7",
     .tensors = rwkv7_tensors,
     .rope = RopeType::none,
     .needs = kRwkv7,
     .reads = kRwkv7Optional,
     .recurrent = kWkv,
     .compute = {.refusal = kNoAttention}},
    {.name = "arwkv7",
     .title = "ARWKV-7",
     .tensors = arwkv7_tensors,
     .rope = RopeType::none,
     .needs = kRwkv7,
     .reads = kRwkv7Optional,
     .recurrent = kWkv,
     .compute = {.refusal = kNoAttention}},
};

}  // namespace

std::span<const ArchTraits> recurrent_family() { return kRecurrentRows; }

}  // namespace attnx::model

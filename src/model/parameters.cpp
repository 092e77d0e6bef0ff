#include "parameters.h"

#include <algorithm>

#include "attnx/base/checked.h"

namespace attnx::model {
namespace {

bool is_stack_of_experts(const TensorRole& role) {
    return role.role == Role::ffn_gate_experts || role.role == Role::ffn_up_experts ||
           role.role == Role::ffn_down_experts || role.role == Role::ffn_gate_up_experts;
}

}  // namespace

std::uint64_t used_part(const TensorRole& role, const LayerSpec& layer, std::uint64_t amount) {
    if (!is_stack_of_experts(role) && !role.expert) return amount;  // a stack holds all; old files have one each
    if (layer.expert_count == 0) return 0;
    __extension__ using Wide = unsigned __int128;
    const std::uint32_t used = std::min(layer.expert_used_count, layer.expert_count);
    return static_cast<std::uint64_t>(Wide{amount} * used / layer.expert_count);
}

std::uint64_t count_active(const ModelSpec& spec, std::span<const gguf::TensorInfo> tensors) {
    const bool has_trunk = std::ranges::any_of(
        tensors, [](const gguf::TensorInfo& info) { return role_of(info.name).stack == Stack::trunk; });
    std::uint64_t active = 0;
    for (const gguf::TensorInfo& info : tensors) {
        const TensorRole role = role_of(info.name);
        if (has_trunk && (role.stack == Stack::vision || role.stack == Stack::audio)) continue;
        std::uint64_t part = info.elements;
        if (role.layer && role.stack == Stack::trunk && *role.layer < spec.layers.size()) {
            const LayerSpec& layer = spec.layers[*role.layer];
            if (layer.next_token_prediction) continue;
            part = used_part(role, layer, part);
        }
        active = checked_add(active, part).value_or(UINT64_MAX);
    }
    return active;
}

std::uint32_t shared_experts(std::uint32_t key, std::span<const LayerSpec> layers) {
    if (key != 0) return key;
    return std::ranges::any_of(layers, [](const LayerSpec& l) { return l.shared_expert_feed_forward_length > 0; });
}

}  // namespace attnx::model

#include "census.h"

#include <algorithm>

#include "attnx/base/checked.h"
#include "attnx/model/roles.h"

namespace attnx::model {
namespace {

// Widths are read off the down projections, which are never fused: {feed_forward, embedding} and
// {feed_forward, embedding, experts}.
void count_feed_forward(BlockCensus& block, const TensorRole& role, const gguf::TensorInfo& info) {
    switch (role.role) {
        case Role::ffn_down:
            if (role.expert) {
                block.experts = std::max<std::uint64_t>(block.experts, std::uint64_t{*role.expert} + 1);
                block.expert_feed_forward = info.ne[0];
            } else {
                block.feed_forward = info.ne[0];
            }
            break;
        case Role::ffn_down_experts:
            if (role.stem != "ffn_down_exps") break;
            block.experts = info.ne[2];
            block.expert_feed_forward = info.ne[0];
            break;
        case Role::ffn_down_shared: block.shared_feed_forward = info.ne[0]; break;
        case Role::channel_mix:
            if (role.stem == "channel_mix_value") block.feed_forward = info.ne[0];
            break;
        default: break;
    }
}

void count_block(Census& census, const TensorRole& role, const gguf::TensorInfo& info) {
    const std::uint32_t index = *role.layer;
    census.highest_block = std::max(census.highest_block, index);
    if (index >= kMaxLayers) return;
    if (census.blocks.size() <= index) census.blocks.resize(std::size_t{index} + 1);
    BlockCensus& block = census.blocks[index];
    if (!block.present) ++census.blocks_present;
    block.present = true;
    block.recurrent |= role.group == RoleGroup::recurrent;
    block.value_projection |= role.role == Role::v || role.role == Role::qkv;
    block.next_token_projection |= role.stem == "nextn.eh_proj";
    census.sinks |= role.role == Role::sinks;
    if (role.suffix == "weight") count_feed_forward(block, role, info);
}

void count_global(Census& census, const TensorRole& role, const gguf::TensorInfo& info) {
    if (role.role == Role::output && role.suffix == "weight") census.output = true;
    if (role.role != Role::token_embedding || role.suffix != "weight") return;
    census.token_embedding = true;
    census.embedding_rows = info.ne[1];
}

}  // namespace

std::optional<std::uint32_t> Census::layer_count() const {
    if (blocks_present == 0) return std::nullopt;
    return static_cast<std::uint32_t>(blocks.size());
}

Census take_census(const gguf::File& file) {
    Census census;
    bool has_trunk = false;
    for (const gguf::TensorInfo& info : file.tensors()) {
        census.any = true;
        const auto sum = checked_add(census.parameters, info.elements);
        census.parameters_overflow |= !sum;
        census.parameters = sum.value_or(census.parameters);
        const TensorRole role = role_of(info.name);
        has_trunk |= role.stack == Stack::trunk || role.stack == Stack::encoder;
        if (!role.tower.empty()) {
            census.tower_parameters += sum ? info.elements : 0;
            continue;
        }
        // An encoder's blocks stand for the layers of models that have no plain ones.
        if (role.layer && (role.stack == Stack::trunk || role.stack == Stack::encoder)) count_block(census, role, info);
        else if (!role.layer) count_global(census, role, info);
    }
    if (has_trunk) return census;
    // So do a tower's, where there is nothing else.
    for (const gguf::TensorInfo& info : file.tensors())
        if (const TensorRole role = role_of(info.name); role.layer && !role.tower.empty())
            count_block(census, role, info);
    return census;
}

}  // namespace attnx::model

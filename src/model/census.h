// What the tensor table says about layers, counted once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attnx/gguf/file.h"

namespace attnx::model {

// LLAMA_MAX_LAYERS: llama.cpp takes no more, and neither does anything here allocate by a larger count.
inline constexpr std::uint32_t kMaxLayers = 512;

struct BlockCensus {
    bool present = false;
    bool recurrent = false;              // carries state-space, RWKV or convolution tensors
    bool next_token_projection = false;  // nextn.eh_proj
    bool value_projection = false;       // has V of its own, split or fused
    std::uint64_t feed_forward = 0;      // width of the dense network
    std::uint64_t experts = 0, expert_feed_forward = 0, shared_feed_forward = 0;
};

struct Census {
    std::vector<BlockCensus> blocks;   // by index, at most kMaxLayers
    std::uint32_t blocks_present = 0;  // distinct indices below kMaxLayers
    std::uint32_t highest_block = 0;   // with blocks_present > 0; may be anything a name can say
    std::uint64_t parameters = 0;
    std::uint64_t tower_parameters = 0;  // of them, of encoders of images and sound
    bool parameters_overflow = false;
    bool any = false;  // any tensor at all
    bool sinks = false;
    bool token_embedding = false, output = false;
    std::uint64_t embedding_rows = 0;  // vocabulary by the token embedding

    // Layers by tensors alone: nothing when there are no blocks.
    std::optional<std::uint32_t> layer_count() const;
};

Census take_census(const gguf::File& file);

}  // namespace attnx::model

// analysis: what llama-server (build b12032) may keep in main memory beside its caches: context checkpoints and the
// prompt cache.
//
// A checkpoint is a copy of those parts of one slot's memory that cannot be rolled back: the cells that its windows
// still see and its recurrent states, with llama.cpp's bookkeeping. Full caches are not in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "attnx/analysis/kv_cost.h"

namespace attnx::analysis {

// llama-server's own options. Defaults are its defaults.
struct ServerParams {
    std::uint64_t checkpoints = 32;                                            // of each slot, --ctx-checkpoints
    std::optional<std::uint64_t> prompt_cache_bytes = std::uint64_t{8} << 30;  // --cache-ram; nothing: no limit
};

// How llama-server starts when -np is left out: four slots in one unified cache.
ContextParams as_server(ContextParams params);

struct CheckpointPart {
    std::string_view kind;  // of cache: "sliding", "recurrent", "compressed"; and "bookkeeping"
    std::uint64_t bytes = 0;
};

// Upper bounds: how many checkpoints there are depends on the prompts.
struct HostMemory {
    std::uint64_t checkpoints = 0;       // of all slots; 0: none is made, because everything can be rolled back
    std::uint64_t checkpoint_bytes = 0;  // of one, after a prompt that fills the windows
    std::uint64_t checkpoints_bytes = 0;
    std::optional<std::uint64_t> prompt_cache_bytes;  // with the checkpoints of what lies in it; nothing: no limit
    // Of one prompt in it that fills a slot, its checkpoints apart; nothing where caches hold compressed rows.
    std::optional<std::uint64_t> prompt_state_bytes;
    std::vector<CheckpointPart> kinds;  // of one checkpoint
};

// Throws refused and overflow, as kv_cost does.
HostMemory host_memory(const model::ModelSpec& spec, const ContextParams& params, const ServerParams& server);

}  // namespace attnx::analysis

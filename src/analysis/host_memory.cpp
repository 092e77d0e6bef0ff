// Where the facts were read, llama.cpp b12032. Slots: tools/server/server.cpp:126-130. Defaults:
// common/common.h:641-644. When a checkpoint is made (the context is recurrent or has a window that is not kept whole):
// tools/server/ server-context.cpp. What is written into one, with LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY:
// src/llama-context.cpp:3470, src/llama-kv-cache.cpp:2068-2350, src/llama-memory-recurrent.cpp:783-980,
// src/llama-kv-cache-dsv4.cpp:253-284, 1113-1147, 1732-1768.
#include "attnx/analysis/host_memory.h"

#include <algorithm>

#include "bytes.h"
#include "kv_context.h"

namespace attnx::analysis {
namespace {

using model::CacheKind;
using model::CacheLayer;
using model::CachePlan;
using model::CellRule;

constexpr std::uint64_t kServerSlots = 4;

// Bookkeeping, in bytes.
constexpr std::uint64_t kEnvelope = 8;                      // magic, sequence
constexpr std::uint64_t kStream = 4, kCellCount = 4;        // once for a cache; for each of its streams
constexpr std::uint64_t kCell = 12, kCellOfSections = 24;   // position, sequences; and a place in a picture
constexpr std::uint64_t kTensors = 16, kTensor = 12;        // for a cache; type and row size of each tensor
constexpr std::uint64_t kStates = 20, kState = 12;          // of recurrent layers: for all; of each tensor
constexpr std::uint64_t kHistory = 8;                       // of an n-gram module's convolution: row size
constexpr std::uint64_t kCompressor = 24, kCompressed = 4;  // DeepSeek-V4: for each compressor; for each of its layers
constexpr std::uint64_t kCompressorTensor = 28, kCompressors = 3, kCompressorHead = 12;

struct Tally {
    HostMemory memory;
    std::uint64_t bookkeeping = kEnvelope;

    void keep(std::string_view kind, std::uint64_t bytes) {
        const auto known = std::ranges::find(memory.kinds, kind, &CheckpointPart::kind);
        if (known == memory.kinds.end()) memory.kinds.push_back({kind, bytes});
        else known->bytes = plus(known->bytes, bytes);
    }
    void note(std::uint64_t bytes) { bookkeeping = plus(bookkeeping, bytes); }
};

std::uint64_t row_of(gguf::TensorType type, std::uint64_t elements) {
    const auto bytes = gguf::row_bytes(gguf::row(type), elements);
    if (!bytes) bytes_overflow();
    return *bytes;
}

// The cells of one sequence that the next token could still see.
std::uint64_t cells_in_sight(const CachePlan& cache, const ContextSizes& sizes) {
    return cache.cells == CellRule::window ? std::min(cache.window, sizes.per_sequence) : sizes.per_sequence;
}

void add_cells(const model::ModelSpec& spec, const CachePlan& cache, const ContextSizes& sizes,
               const ContextParams& params, Tally& tally) {
    const std::uint64_t cells = cells_in_sight(cache, sizes);
    const std::uint64_t streams = cache.stream_per_sequence ? sizes.sequences : sizes.streams();
    const bool sections = spec.rope.type == model::RopeType::mrope || spec.rope.type == model::RopeType::imrope;
    tally.note(plus(kStream + kTensors, times(kCellCount, streams)));
    tally.note(times(cells, sections ? kCellOfSections : kCell));
    for (const CacheLayer& layer : cache.layers) {
        std::uint64_t row = row_of(params.type_k, layer.key_elements);
        tally.note(kTensor);
        if (layer.value_elements > 0) {
            row = plus(row, row_of(params.type_v, layer.value_elements));
            tally.note(kTensor);
        }
        tally.keep(to_string(cache.kind), times(row, cells));
    }
}

void add_states(const CachePlan& cache, Tally& tally) {
    const bool compressor = cache.kind == CacheKind::compressed;
    for (const CacheLayer& layer : cache.layers) {
        tally.keep(to_string(cache.kind), times(plus(layer.state_r_elements, layer.state_s_elements), sizeof(float)));
        if (layer.state_p_elements > 0) {
            tally.keep(to_string(cache.kind), times(layer.state_p_elements, sizeof(float)));
            tally.note(kHistory);
        }
        tally.note(compressor ? kCompressed + 2 * kCompressorTensor : 2 * kState);
    }
    if (!compressor) tally.note(kStates);
}

// Of a prompt that fills its slot: full caches as well, which a checkpoint leaves out. Nothing where rows are
// compressed.
std::optional<std::uint64_t> prompt_state_bytes(const model::ModelSpec& spec, const model::MemoryPlan& plan,
                                                const ContextSizes& sizes, const ContextParams& params) {
    Tally tally;
    for (const CachePlan& cache : plan.caches) {
        if (cache.cells == CellRule::compressed) return std::nullopt;
        if (cache.cells == CellRule::fixed) add_states(cache, tally);
        else add_cells(spec, cache, sizes, params, tally);
    }
    std::uint64_t bytes = tally.bookkeeping;
    for (const CheckpointPart& part : tally.memory.kinds) bytes = plus(bytes, part.bytes);
    return bytes;
}

}  // namespace

ContextParams as_server(ContextParams params) {
    params.parallel = kServerSlots;
    params.unified = true;
    return params;
}

HostMemory host_memory(const model::ModelSpec& spec, const ContextParams& params, const ServerParams& server) {
    const model::MemoryPlan& plan = plan_of(spec, params);
    const ContextSizes sizes = settle(plan, params);
    Tally tally;
    tally.memory.prompt_cache_bytes = server.prompt_cache_bytes;
    tally.memory.prompt_state_bytes = prompt_state_bytes(spec, plan, sizes, params);
    const bool stays = std::ranges::all_of(plan.caches, [&](const CachePlan& cache) {
        return cache.cells != CellRule::fixed && (cache.cells != CellRule::window || params.swa_full);
    });
    if (stays || server.checkpoints == 0) return tally.memory;
    bool compressors = false;
    for (const CachePlan& cache : plan.caches) {
        if (cache.cells == CellRule::window) add_cells(spec, cache, sizes, params, tally);
        if (cache.cells == CellRule::fixed) add_states(cache, tally);
        compressors |= cache.cells == CellRule::fixed && cache.kind == CacheKind::compressed;
    }
    if (compressors) tally.note(kCompressorHead + kCompressors * kCompressor);
    tally.keep("bookkeeping", tally.bookkeeping);
    for (const CheckpointPart& part : tally.memory.kinds)
        tally.memory.checkpoint_bytes = plus(tally.memory.checkpoint_bytes, part.bytes);
    tally.memory.checkpoints = times(server.checkpoints, sizes.sequences);
    tally.memory.checkpoints_bytes = times(tally.memory.checkpoints, tally.memory.checkpoint_bytes);
    return tally.memory;
}

}  // namespace attnx::analysis

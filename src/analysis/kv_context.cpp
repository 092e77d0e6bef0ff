#include "kv_context.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"

namespace attnx::analysis {
namespace {

constexpr std::uint32_t kMaxSequences = 256;  // LLAMA_MAX_SEQ

[[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorCode::refused, "llama.cpp refuses this context: " + reason);
}

std::uint32_t narrow(std::uint64_t value, std::string_view what) {
    if (value > std::numeric_limits<std::uint32_t>::max())
        refuse(fmt::format("{} {} does not fit in 32 bits", what, value));
    return static_cast<std::uint32_t>(value);
}

// With flash attention a quantised type's block must divide the head dimension of every trunk layer.
void check_heads(gguf::TensorType type, std::span<const std::uint32_t> dims, std::string_view which) {
    if (!is_quantised(type)) return;
    const gguf::TensorTypeRow& row = gguf::row(type);
    for (std::size_t layer = 0; layer < dims.size(); ++layer)
        if (dims[layer] % row.block_elements != 0)
            refuse(
                fmt::format("{} cache type {} comes in blocks of {}, which do not divide the head dimension "
                            "{} of layer {}",
                            which, row.name, row.block_elements, dims[layer], layer));
}

void check_types(const model::MemoryPlan& plan, const ContextParams& params, bool flash_attention) {
    const auto name = [](gguf::TensorType type) { return gguf::row(type).name; };
    if (plan.same_types && params.type_k != params.type_v)
        refuse(fmt::format("this model keeps one row for K and V, so the cache types {} and {} must be the same",
                           name(params.type_k), name(params.type_v)));
    if (is_quantised(params.type_v) && !flash_attention)
        refuse(plan.flash_attention_off
                   ? fmt::format("V cache type {} needs flash attention, which this architecture cannot use",
                                 name(params.type_v))
                   : fmt::format("V cache type {} needs flash attention", name(params.type_v)));
    if (!flash_attention) return;
    check_heads(params.type_k, plan.head_dims_k, "K");
    check_heads(params.type_v, plan.head_dims_v, "V");
}

std::uint32_t pad(std::uint64_t value) { return static_cast<std::uint32_t>(align_up(value, kPad)); }

}  // namespace

bool is_quantised(gguf::TensorType type) { return gguf::row(type).block_elements > 1; }

const model::MemoryPlan& plan_of(const model::ModelSpec& spec, const ContextParams& params) {
    if (!params.mtp) return spec.memory;
    if (!spec.memory_mtp) refuse("the model has no next-token-prediction layers");
    return *spec.memory_mtp;
}

ContextSizes settle(const model::MemoryPlan& plan, const ContextParams& params) {
    if (!plan.refusals.empty()) refuse(fmt::format("{}", fmt::join(plan.refusals, "; ")));
    if (params.batch == 0 && params.ubatch == 0) refuse("batch and ubatch cannot both be 0");
    if (params.context == 0 && plan.trained_context == 0) refuse("neither a context nor a trained context is given");

    ContextSizes sizes;
    sizes.flash_attention = params.flash_attention && !plan.flash_attention_off;
    check_types(plan, params, sizes.flash_attention);

    sizes.unified = params.unified;
    sizes.sequences = std::max(1U, narrow(params.parallel, "parallel"));
    if (sizes.sequences > kMaxSequences)
        refuse(fmt::format("{} sequences; at most {}", sizes.sequences, kMaxSequences));
    sizes.snapshots = plan.state_snapshots ? narrow(params.state_snapshots, "state_snapshots") : 0;

    const std::uint64_t asked = params.context == 0 ? plan.trained_context : params.context;
    if (asked > kMaxContext) refuse(fmt::format("a context of {} does not fit in 32 bits", asked));
    const std::uint32_t batch = narrow(params.batch, "batch");
    const std::uint32_t ubatch = narrow(params.ubatch, "ubatch");
    sizes.batch = plan.causal ? static_cast<std::uint32_t>(std::min<std::uint64_t>(asked, batch)) : batch;
    sizes.ubatch = std::min(sizes.batch, ubatch == 0 ? batch : ubatch);

    sizes.context = pad(asked);
    sizes.per_sequence = sizes.unified ? sizes.context : pad(sizes.context / sizes.sequences);
    if (sizes.unified) return sizes;
    const std::uint64_t whole = std::uint64_t{sizes.per_sequence} * sizes.sequences;
    if (whole > std::numeric_limits<std::uint32_t>::max())
        refuse(fmt::format("a context of {} does not fit in 32 bits", whole));
    sizes.context = static_cast<std::uint32_t>(whole);
    return sizes;
}

}  // namespace attnx::analysis

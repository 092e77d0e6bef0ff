#include "ngram_graph.h"

#include <algorithm>

#include "attnx/base/checked.h"

namespace attnx::model {
namespace {

// The so-manieth `count` numbers of a list, or as many as there are.
std::vector<std::uint64_t> share_of(const std::vector<std::uint64_t>& all, std::size_t which, std::uint64_t count) {
    const std::uint64_t first = std::min<std::uint64_t>(times(which, count), all.size());
    const std::uint64_t end = std::min<std::uint64_t>(add_up(first, count), all.size());
    return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

NgramPlan ngram_plan(PlanKeys& keys, std::size_t which) {
    NgramPlan plan;
    plan.size = keys.require_u32("ple.ngram_size");
    plan.heads = keys.require_u32("ple.heads_per_ngram");
    plan.width = keys.require_u32("embedding_length_per_layer_input");
    const std::uint64_t hashes = plan.size < 2 ? 0 : times(plan.size - 1, plan.heads);
    plan.multipliers = share_of(keys.integers("ple.layer_multipliers"), which, plan.size);
    plan.buckets = share_of(keys.integers("ple.head_vocab_sizes"), which, hashes);
    plan.offsets = share_of(keys.integers("ple.head_offsets"), which, hashes);
    return plan;
}

}  // namespace attnx::model

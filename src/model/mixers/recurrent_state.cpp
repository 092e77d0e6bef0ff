// Recurrent layers keep two float32 tensors of fixed size per sequence, R and S (llama-hparams.cpp, n_embd_r and
// n_embd_s): the last inputs of a convolution or token shift, and the state proper. Which formula holds follows from
// the sizes the file gives. A layer with an n-gram module keeps a third, the history of its convolution.
#include "attnx/base/error.h"
#include "mixer.h"

namespace attnx::model {
namespace {

struct StateSize {
    std::uint64_t shifted = 0;  // R
    std::uint64_t state = 0;    // S
};

// Factors are 32-bit, so two fit; a third is checked.
std::uint64_t product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t result = 0;
    if (__builtin_mul_overflow(a, b, &result))
        throw Error(ErrorCode::overflow, "the recurrent state does not fit in 64 bits");
    return result;
}

StateSize state_size(const Draft& draft) {
    const std::uint64_t width = draft.embedding;
    const std::uint64_t mamba_state = product(draft.ssm_state, draft.ssm_inner);
    if (draft.wkv_head != 0) return {product(draft.token_shift, width), product(width, draft.wkv_head)};
    if (draft.short_conv_cache != 0) return {product(width, draft.short_conv_cache - 1), mamba_state};
    if (draft.kda_head != 0) {
        const std::uint64_t heads = draft.head_count.empty() ? 0 : draft.head_count[0];
        const std::uint64_t inner = product(heads, draft.kda_head);
        const std::uint64_t taps = draft.ssm_conv > 0 ? draft.ssm_conv - 1 : 3;
        return {product(product(3, taps), inner), product(inner, draft.kda_head)};
    }
    if (draft.linear_head != 0) {
        const std::uint64_t heads = draft.head_count.empty() ? 0 : draft.head_count[0];
        return {0, product(product(draft.linear_head, draft.linear_head), heads)};
    }
    const std::uint64_t taps = draft.ssm_conv > 0 ? draft.ssm_conv - 1 : 0;
    const std::uint64_t groups = product(product(2, draft.ssm_groups), draft.ssm_state);
    if (groups > UINT64_MAX - draft.ssm_inner)
        throw Error(ErrorCode::overflow, "the recurrent state does not fit in 64 bits");
    return {product(taps, draft.ssm_inner + groups), mamba_state};
}

}  // namespace

CachePlan recurrent_cache(const Draft& draft, const LayerIndices& layers) {
    CachePlan cache;
    cache.kind = CacheKind::recurrent;
    cache.label = "recurrent state";
    cache.cells = CellRule::fixed;
    const StateSize size = state_size(draft);
    for (const std::uint32_t layer : layers) {
        CacheLayer kept;
        kept.layer = layer;
        kept.state_r_elements = size.shifted;
        kept.state_s_elements = size.state;
        if (layer < draft.ngram.size() && draft.ngram[layer]) kept.state_p_elements = draft.ngram_history;
        cache.layers.push_back(kept);
    }
    return cache;
}

}  // namespace attnx::model

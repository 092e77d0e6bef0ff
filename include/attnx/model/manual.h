// model: a specification from a few numbers given by hand, for costs without a file.
#pragma once

#include <cstdint>

#include "attnx/model/spec.h"

namespace attnx::model {

// 0: not given.
struct ManualGeometry {
    std::uint32_t layers = 0;
    std::uint32_t heads = 0;       // query heads; default: as many as KV heads
    std::uint32_t kv_heads = 0;    // default: as many as query heads; 1 with latent_rank
    std::uint32_t head_dim = 0;    // elements of a head's K; default: embedding / heads, or the latent row
    std::uint32_t head_dim_v = 0;  // default: head_dim, or latent_rank
    std::uint32_t window = 0;      // tokens that sliding layers see
    std::uint32_t window_period =
        0;  // the last layer of each group of so many sees everything; default: all layers slide
    bool window_first_full = false;     // the first layer of each group instead
    std::uint32_t latent_rank = 0;      // MLA: one row of latent_rank + rope_dimensions per token, and no V
    std::uint32_t rope_dimensions = 0;  // default: head_dim
    std::uint32_t embedding = 0;        // default: heads * head_dim
    std::uint32_t feed_forward = 0;
    std::uint32_t vocabulary = 0;
    std::uint32_t context = 0;  // as trained; needed only by those who ask for no context of their own
};

// Softmax attention in every layer, causal; Support::by_hand, every fact Source::assumed.
// Throws bad_geometry, naming what is missing or impossible.
ModelSpec build_spec(const ManualGeometry& geometry);

}  // namespace attnx::model

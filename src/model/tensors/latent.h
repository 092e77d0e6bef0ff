// Latent attention: Q, K and V pass through low-rank bottlenecks. The sizes as the keys say them.
#pragma once

#include "tensor_list.h"

namespace attnx::model {

struct LatentSizes {
    Dim query_rank, rank;  // of queries (0: projected directly), of keys and values
    Dim key, value;        // elements of a head once expanded
    Dim rotated, plain;    // parts of the key
};
LatentSizes latent_sizes(const TensorList& t);
// The same for architectures without keys for expanded heads.
LatentSizes plain_latent_sizes(const TensorList& t);

// attn_kv_a_mqa: what is cached of a token.
void latent_down(TensorList& t, const LatentSizes& sizes, Want want = Want::required);
// Keys and values of a head from what is cached: apart, or in one matrix.
void latent_up_apart(TensorList& t, const LatentSizes& sizes, Want want = Want::required);
bool latent_up(TensorList& t, const LatentSizes& sizes, Want want = Want::required);
void latent_output(TensorList& t, const LatentSizes& sizes, Want want = Want::required);
// All of it where queries have a bottleneck, too, and keys and values of a head come apart.
void latent_attention(TensorList& t, const LatentSizes& sizes, Want want);

// All of a model with latent attention over keys that an indexer chooses. indexers: what is asked of each layer's.
void sparse_latent_tensors(TensorList& t, Want indexers);

}  // namespace attnx::model

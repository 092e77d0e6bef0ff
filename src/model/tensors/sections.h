// Groups of tensors that many architectures ask for in the same order.
#pragma once

#include "tensor_list.h"

namespace attnx::model {

// The embedding [width, vocabulary].
void token_embedding(TensorList& t);
// output_norm.weight, and the output matrix or, where the file has none, the embedding in its place.
void output_or_tied(TensorList& t);
void output_norm_and_output(TensorList& t);
// The output matrix that may not be missing.
void own_output(TensorList& t);

// Queries, keys and values, fused in attn_qkv or apart; biases where the file has them. Sizes are outputs.
struct QkvSizes {
    Dim inputs, q, k, v;
};
QkvSizes qkv_sizes(const TensorList& t, std::uint32_t i);  // width; heads times head dimension of layer i
// llama.cpp's n_embd_gqa stands for keys and values: both of the values' size, of the first layer.
QkvSizes grouped_sizes(const TensorList& t, Dim q);
QkvSizes square_qkv_sizes(const TensorList& t);  // the same, with queries as wide as the stream
void qkv(TensorList& t, QkvSizes sizes, Want want = Want::required);
// attn_output [inputs, width], and its bias where the file has one.
void attention_output(TensorList& t, Dim inputs, bool may_have_bias = false);

// attn_norm, qkv, attn_output: how most blocks begin.
void normed_attention(TensorList& t, QkvSizes sizes, Want want = Want::required);
// Norms of each head's queries and keys, in this order or the other.
void qk_norms(TensorList& t, Dim size, Want want = Want::required);
void kq_norms(TensorList& t, Dim size, Want want = Want::required);

// Frequency factors of the whole model (rope_freqs, or rope_factors_long and _short where the scaling is longrope),
// asked for in every layer. Sets the place back to block i.
void rope_factors(TensorList& t, std::uint32_t i);
void rope_factors(TensorList& t, std::uint32_t i, Dim pairs);
void rope_freq_factors(TensorList& t, std::uint32_t i);
// The two of longrope, whatever the scaling; `pairs` of numbers are rotated.
void long_rope_factors(TensorList& t, std::uint32_t i, Dim pairs);

// gate, down, up of one dense network of `inner` numbers, in this order.
void gated_ffn(TensorList& t, Dim inner, Want want = Want::required);
void gated_ffn_biases(TensorList& t, Dim inner);  // where the file has them
void plain_ffn(TensorList& t, Dim inner);         // down and up, without a gate
// Experts as Llama has them, or its dense network where the model has none; `inner` numbers either way.
void dense_or_experts(TensorList& t, Dim inner);
// The router; gate, down, up of all experts, apart.
void router_and_experts(TensorList& t, Dim inner, Want want = Want::required);
void router(TensorList& t, Want want = Want::required);
void experts_apart(TensorList& t, Dim inner, Want want = Want::required);
void router_bias(TensorList& t, Want want = Want::required);  // added where experts are chosen
void refuse_unused_experts(TensorList& t);                    // of the first layer
// Of an expert where no key says so: the dense network divided among those used.
Dim expert_width_or_portion(const TensorList& t);
// Of architectures that llama.cpp does not load without experts.
void refuse_without_experts(TensorList& t);
// Gate and up of all experts: fused in ffn_gate_up_exps or apart.
void gate_up_experts(TensorList& t, Dim inputs, Dim inner, Dim experts, Want want = Want::required);
// The shared expert: gate, down, up; or gate, up, down.
void shared_expert(TensorList& t, Dim inner, Want want = Want::required);
void shared_expert_up_first(TensorList& t, Dim inner, Want want = Want::required);

// A file may hold the trunk, the next-token-prediction blocks or both: what is asked of either. llama.cpp counts the
// latter, but loads them only for a drafter. probe: the tensor of block 0 that a trunk has.
struct NextnWants {
    Want trunk, prediction;
};
NextnWants nextn_wants(const TensorList& t, Stem probe = Stem::attn_norm);
// What joins a block of next-token prediction to the model. own: the embedding, output matrix and norm that it may
// have.
void nextn_projections(TensorList& t, Want want, Want own);
inline void nextn_projections(TensorList& t, Want want) { nextn_projections(t, want, optionally(want)); }

}  // namespace attnx::model

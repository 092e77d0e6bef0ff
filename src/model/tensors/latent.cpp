#include "latent.h"

namespace attnx::model {

using enum Stem;

namespace {

LatentSizes sizes_of(const TensorList& t, Dim key, Dim value) {
    const Draft& draft = t.draft();
    return {draft.query_rank, draft.key_value_rank, key, value, t.rotated(), key - t.rotated()};
}

}  // namespace

LatentSizes latent_sizes(const TensorList& t) {
    const Draft& draft = t.draft();
    if (!draft.compressed_latent()) return plain_latent_sizes(t);
    return sizes_of(t, draft.head_k_mla, draft.head_v_mla);
}

LatentSizes plain_latent_sizes(const TensorList& t) { return sizes_of(t, t.head_k(), t.head_v()); }

void latent_down(TensorList& t, const LatentSizes& s, Want want) {
    t.want(want, attn_kv_a_mqa, {t.width(), s.rank + s.rotated});
}

void latent_up_apart(TensorList& t, const LatentSizes& s, Want want) {
    t.want(want, attn_k_b, {s.plain, s.rank, t.heads()});
    t.want(want, attn_v_b, {s.rank, s.value, t.heads()});
}

bool latent_up(TensorList& t, const LatentSizes& s, Want want) {
    return t.want(want, attn_kv_b, {s.rank, t.heads() * (s.plain + s.value)});
}

void latent_output(TensorList& t, const LatentSizes& s, Want want) {
    t.want(want, attn_output, {t.heads() * s.value, t.width()});
}

void latent_attention(TensorList& t, const LatentSizes& s, Want want) {
    t.want(want, attn_q_a_norm, {s.query_rank});
    t.want(want, attn_kv_a_norm, {s.rank});
    t.want(want, attn_q_a, {t.width(), s.query_rank});
    t.want(want, attn_q_b, {s.query_rank, t.heads() * s.key});
    latent_down(t, s, want);
    latent_up_apart(t, s, want);
    latent_output(t, s, want);
}

}  // namespace attnx::model

// The tensors of state-space mixers (Mamba), which hybrids share.
#pragma once

#include "tensor_list.h"

namespace attnx::model {

// Mamba: one decay per inner number and state. normed: step, B and C are normalised (Jamba).
void mamba_mixer(TensorList& t, bool normed = false);
// llama.cpp knows this mixer with an inner width of twice the model's only.
void refuse_other_expansion(TensorList& t);

// Mamba-2: one decay per head. What may be missing differs.
struct Mamba2Wants {
    Want all = Want::required;
    Want convolution_bias = Want::optional;
    Want norm = Want::required;
};
void mamba2_mixer(TensorList& t, Mamba2Wants wants = {});

}  // namespace attnx::model

// Parts of a DeepSeek-V4 block, which a drafter made of such blocks shares.
#pragma once

#include "tensor_list.h"

namespace attnx::model {

void stream_head(TensorList& t);  // joins the residual streams before the output
void shared_latent_attention(TensorList& t, Want want);
void stream_mixers(TensorList& t, Want want);
void stream_experts(TensorList& t, Want want);  // without the router

}  // namespace attnx::model

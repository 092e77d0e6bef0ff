// The tensors of each architecture; rows of src/model/arch name the list they use (`.tensors`).
#pragma once

namespace attnx::model {

class TensorList;

// llama.cpp
void llama_tensors(TensorList& t);
void gpt2_tensors(TensorList& t);

}  // namespace attnx::model

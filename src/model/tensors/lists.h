// The tensors of each architecture; rows of src/model/arch name the list they use (`.tensors`).
#pragma once

namespace attnx::model {

class TensorList;

// cohere.cpp

// deepseek.cpp

// diffusion.cpp

// drafter.cpp

// encoder.cpp

// exaone.cpp

// gemma.cpp

// glm.cpp

// gpt.cpp
void gpt2_tensors(TensorList& t);

// granite.cpp

// hybrid.cpp

// llama.cpp
void llama_tensors(TensorList& t);

// llama_kin.cpp

// moe_others.cpp

// olmo.cpp

// phi.cpp

// qwen.cpp

// recurrent.cpp

// vision_adjacent.cpp

}  // namespace attnx::model

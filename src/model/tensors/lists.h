// The tensors of each architecture; rows of src/model/arch name the list they use (`.tensors`).
#pragma once

namespace attnx::model {

class TensorList;

// cohere.cpp
void command_r_tensors(TensorList& t);
void cohere2_tensors(TensorList& t);
void cohere2moe_tensors(TensorList& t);

// deepseek.cpp

// diffusion.cpp
void dream_tensors(TensorList& t);
void llada_tensors(TensorList& t);
void llada_moe_tensors(TensorList& t);
void rnd1_tensors(TensorList& t);

// drafter.cpp

// encoder.cpp

// exaone.cpp
void exaone_tensors(TensorList& t);
void exaone4_tensors(TensorList& t);
void exaone_moe_tensors(TensorList& t);

// gemma.cpp, gemma_later.cpp
void gemma_tensors(TensorList& t);
void gemma2_tensors(TensorList& t);
void gemma3_tensors(TensorList& t);
void gemma3n_tensors(TensorList& t);
void gemma4_tensors(TensorList& t);
void gemma4_assistant_tensors(TensorList& t);
void gemma_embedding_tensors(TensorList& t);

// glm.cpp
void chatglm_tensors(TensorList& t);
void glm4_tensors(TensorList& t);
void glm4moe_tensors(TensorList& t);
void glm_dsa_tensors(TensorList& t);

// gpt.cpp
void gpt2_tensors(TensorList& t);

// granite.cpp
void granite_hybrid_tensors(TensorList& t);

// hybrid.cpp

// llama.cpp
void llama_tensors(TensorList& t);

// llama_kin.cpp

// moe_others.cpp

// olmo.cpp
void olmo_tensors(TensorList& t);
void olmo2_tensors(TensorList& t);
void olmoe_tensors(TensorList& t);

// phi.cpp
void phi2_tensors(TensorList& t);
void phi3_tensors(TensorList& t);
void phimoe_tensors(TensorList& t);

// qwen.cpp

// recurrent.cpp

// vision_adjacent.cpp

}  // namespace attnx::model

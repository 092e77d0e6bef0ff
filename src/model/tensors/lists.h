// The tensors of each architecture; rows of src/model/arch name the list they use (`.tensors`).
#pragma once

namespace attnx::model {

class TensorList;

// cohere.cpp
void command_r_tensors(TensorList& t);
void cohere2_tensors(TensorList& t);
void cohere2moe_tensors(TensorList& t);

// deepseek.cpp
void deepseek_tensors(TensorList& t);
void deepseek2_tensors(TensorList& t);
void deepseek2_ocr_tensors(TensorList& t);
void deepseek32_tensors(TensorList& t);
void minicpm3_tensors(TensorList& t);
void plm_tensors(TensorList& t);
void deepseek4_tensors(TensorList& t);

// diffusion.cpp
void dream_tensors(TensorList& t);
void llada_tensors(TensorList& t);
void llada_moe_tensors(TensorList& t);
void rnd1_tensors(TensorList& t);

// drafter.cpp
void eagle3_tensors(TensorList& t);
void dflash_tensors(TensorList& t);

// encoder.cpp
void bert_tensors(TensorList& t);
void jina_bert_v2_tensors(TensorList& t);
void jina_bert_v3_tensors(TensorList& t);
void nomic_bert_tensors(TensorList& t);
void nomic_bert_moe_tensors(TensorList& t);
void neo_bert_tensors(TensorList& t);
void eurobert_tensors(TensorList& t);
void modern_bert_tensors(TensorList& t);
void t5_tensors(TensorList& t);
void t5encoder_tensors(TensorList& t);
void wavtokenizer_tensors(TensorList& t);

// exaone.cpp
void exaone_tensors(TensorList& t);
void exaone4_tensors(TensorList& t);
void exaone_moe_tensors(TensorList& t);

// gemma.cpp, gemma_per_layer.cpp
void gemma_tensors(TensorList& t);
void gemma2_tensors(TensorList& t);
void gemma3_tensors(TensorList& t);
void gemma3n_tensors(TensorList& t);
void gemma4_tensors(TensorList& t);
void gemma4_assistant_tensors(TensorList& t);
void gemma_embedding_tensors(TensorList& t);
void gemma_embedding2_tensors(TensorList& t);

// glm.cpp
void chatglm_tensors(TensorList& t);
void glm4_tensors(TensorList& t);
void glm4moe_tensors(TensorList& t);
void glm_dsa_tensors(TensorList& t);

// gpt.cpp
void gpt2_tensors(TensorList& t);
void gptneox_tensors(TensorList& t);
void mpt_tensors(TensorList& t);
void bloom_tensors(TensorList& t);
void falcon_tensors(TensorList& t);
void starcoder2_tensors(TensorList& t);
void codeshell_tensors(TensorList& t);
void stablelm_tensors(TensorList& t);
void jais_tensors(TensorList& t);
void jais2_tensors(TensorList& t);
void nemotron_tensors(TensorList& t);
void dbrx_tensors(TensorList& t);
void grok_tensors(TensorList& t);

// granite.cpp
void granite_hybrid_tensors(TensorList& t);
void granite_swa_tensors(TensorList& t);
void granite_switch_tensors(TensorList& t);

// hybrid.cpp
void jamba_tensors(TensorList& t);
void falcon_h1_tensors(TensorList& t);
void plamo2_tensors(TensorList& t);
void nemotron_h_tensors(TensorList& t);
void lfm2_tensors(TensorList& t);
void lfm2moe_tensors(TensorList& t);
void lfm3_tensors(TensorList& t);
void minimax_01_tensors(TensorList& t);

// kimi_delta.cpp
void kimi_linear_tensors(TensorList& t);
void bailingmoe3_tensors(TensorList& t);
void kimi_k3_tensors(TensorList& t);
void glm5_next_tensors(TensorList& t);

// llama.cpp
void llama_tensors(TensorList& t);
void llama4_tensors(TensorList& t);
void deci_tensors(TensorList& t);
void mistral3_tensors(TensorList& t);
void smollm3_tensors(TensorList& t);
void arcee_tensors(TensorList& t);
void maincoder_tensors(TensorList& t);
void nanbeige_tensors(TensorList& t);
void apertus_tensors(TensorList& t);
void chameleon_tensors(TensorList& t);
void pangu_embedded_tensors(TensorList& t);

// llama_kin.cpp
void xverse_tensors(TensorList& t);
void orion_tensors(TensorList& t);
void seed_oss_tensors(TensorList& t);
void talkie_tensors(TensorList& t);
void mellum_tensors(TensorList& t);
void bitnet_tensors(TensorList& t);
void plamo_tensors(TensorList& t);
void plamo3_tensors(TensorList& t);
void openelm_tensors(TensorList& t);
void hrm_text_tensors(TensorList& t);
void pockettts_tensors(TensorList& t);
void sensenova_u1_tensors(TensorList& t);

// moe_others.cpp, moe_nextn.cpp
void arctic_tensors(TensorList& t);
void gpt_oss_tensors(TensorList& t);
void dots1_tensors(TensorList& t);
void minimax_m2_tensors(TensorList& t);
void minimax_m3_tensors(TensorList& t);
void afmoe_tensors(TensorList& t);
void laguna_tensors(TensorList& t);
void smallthinker_tensors(TensorList& t);
void k2_horizon_tensors(TensorList& t);
void step35_tensors(TensorList& t);
void mimo2_tensors(TensorList& t);
void hy_v3_tensors(TensorList& t);
void bailingmoe_tensors(TensorList& t);
void bailingmoe2_tensors(TensorList& t);

// olmo.cpp
void olmo_tensors(TensorList& t);
void olmo2_tensors(TensorList& t);
void olmoe_tensors(TensorList& t);

// phi.cpp
void phi2_tensors(TensorList& t);
void phi3_tensors(TensorList& t);
void phimoe_tensors(TensorList& t);

// qwen.cpp, qwen_next.cpp, qwen_streams.cpp
void qwen_tensors(TensorList& t);
void qwen2_tensors(TensorList& t);
void qwen2moe_tensors(TensorList& t);
void qwen3_tensors(TensorList& t);
void qwen3vl_tensors(TensorList& t);
void qwen3tts_tensors(TensorList& t);
void qwen3moe_tensors(TensorList& t);
void grovemoe_tensors(TensorList& t);
void qwen3next_tensors(TensorList& t);
void qwen35_tensors(TensorList& t);
void qwen35moe_tensors(TensorList& t);
void qwen4exp_tensors(TensorList& t);

// recurrent.cpp
void mamba_tensors(TensorList& t);
void mamba2_tensors(TensorList& t);
void rwkv6_tensors(TensorList& t);
void rwkv6qwen2_tensors(TensorList& t);
void rwkv7_tensors(TensorList& t);
void arwkv7_tensors(TensorList& t);

// vision_adjacent.cpp
void ernie4_5_tensors(TensorList& t);
void ernie4_5_moe_tensors(TensorList& t);
void hunyuan_moe_tensors(TensorList& t);
void hunyuan_tensors(TensorList& t);
void cogvlm_tensors(TensorList& t);

// decision_models.cpp
void clef_tensors(TensorList& t);
void vllm_decision2_tensors(TensorList& t);

// latent_indexed.cpp
void dots3note_tensors(TensorList& t);
void hy_v4_tensors(TensorList& t);
void mistral_large4_tensors(TensorList& t);
void deepseek41_tensors(TensorList& t);
void ngram_table_tensors(TensorList& t);  // the table of an n-gram module

// windowed.cpp
void kolibri1_tensors(TensorList& t);
void maion_coder_tensors(TensorList& t);
void maple_tensors(TensorList& t);
void muse_glimmer_tensors(TensorList& t);
void muse_spark_tensors(TensorList& t);
void beam_tensors(TensorList& t);
void flint_tensors(TensorList& t);
void spark2_5_tensors(TensorList& t);
void limite_tensors(TensorList& t);

}  // namespace attnx::model

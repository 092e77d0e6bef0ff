// Files that people reported, rebuilt: keys, names, shapes and types as in their reports, data a hole. What is right
// about each is in tests/regression.
#pragma once

#include "support/hollow_file.h"

namespace attnx::test {

// Keys of models alone.
HollowFile deepseek_v4_flash();
HollowFile glm_4_6();
HollowFile qwen3_5_4b_with_prediction();
HollowFile gemma3_270m();
HollowFile nemotron_ultra();
enum class MusePattern { left_out, as_key };
HollowFile muse_glimmer(MusePattern pattern);

enum class Parts { keys, all };
enum class KvHeads { right, zero };  // zero: a vendor's file whose key denies the attention that its tensors have
HollowFile nemotron3_nano(Parts parts, KvHeads heads = KvHeads::right);

// Whole models, two of them as llama.cpp and as Ollama write them.
HollowFile gpt_oss_20b();
HollowFile ollama_gpt_oss_20b();
HollowFile ollama_gemma3_12b();

// What is no language model.
HollowFile flux();
HollowFile pig_wan();
HollowFile importance_matrix();
HollowFile vision_projector();

// A Llama of four layers; none of them has a vocabulary.
HollowFile small_llama();
HollowFile small_llama_without_last_block();
HollowFile small_llama_of_a_fork();  // tensors of types 144 and 156
HollowFile mixtral_of_early_2024();  // a tensor for each expert
HollowFile first_part_of_three();    // without tensors

}  // namespace attnx::test

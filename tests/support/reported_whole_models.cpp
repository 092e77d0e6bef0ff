// Models with all their tensors, as converters of their time wrote them.
#include <fmt/format.h>

#include "support/reported_files.h"

namespace attnx::test {
namespace {

constexpr std::uint32_t kGptLayers = 24, kGptWidth = 2880, kGptVocabulary = 201088, kGptExperts = 32;

void add_blocks(HollowFile& file, std::string_view stack, std::uint32_t blocks, std::string_view name,
                std::string_view type, const std::vector<std::uint64_t>& shape) {
    for (std::uint32_t i = 0; i < blocks; ++i) file.tensor(fmt::format("{}blk.{}.{}", stack, i, name), type, shape);
}

void add_gpt_oss_keys(HollowFile& file, const std::string& name) {
    const auto key = [&](std::string_view suffix, GgufValue value) {
        file.key(fmt::format("{}.{}", name, suffix), std::move(value));
    };
    file.key("general.architecture", name);
    key("context_length", 131072u);
    key("embedding_length", kGptWidth);
    key("feed_forward_length", kGptWidth);
    key("block_count", kGptLayers);
    key("expert_count", kGptExperts);
    key("expert_used_count", 4u);
    key("attention.head_count", 64u);
    key("attention.head_count_kv", 8u);
    key("attention.key_length", 64u);
    key("attention.value_length", 64u);
    key("attention.layer_norm_rms_epsilon", 1e-5F);
    key("attention.sliding_window", 128u);
    key("rope.freq_base", 150000.0F);
    key("rope.scaling.factor", 32.0F);
    key("rope.scaling.original_context_length", 4096u);
}

void add_gpt_oss_embeddings(HollowFile& file) {
    file.tensor("token_embd.weight", "bf16", {kGptWidth, kGptVocabulary});
    file.tensor("output_norm.weight", "f32", {kGptWidth});
    file.tensor("output.weight", "bf16", {kGptWidth, kGptVocabulary});
}

}  // namespace

HollowFile gpt_oss_20b() {
    HollowFile file;
    add_gpt_oss_keys(file, "gpt-oss");
    file.key("gpt-oss.expert_feed_forward_length", kGptWidth);
    file.key("gpt-oss.rope.scaling.type", "yarn");
    add_gpt_oss_embeddings(file);
    const auto add = [&](std::string_view name, std::string_view type, const std::vector<std::uint64_t>& shape) {
        add_blocks(file, "", kGptLayers, name, type, shape);
    };
    add("attn_norm.weight", "f32", {kGptWidth});
    add("attn_sinks.weight", "f32", {64});
    add("attn_output.weight", "bf16", {4096, kGptWidth});
    add("post_attention_norm.weight", "f32", {kGptWidth});
    add("ffn_gate_inp.weight", "f32", {kGptWidth, kGptExperts});
    add("attn_q.weight", "bf16", {kGptWidth, 4096});
    add("attn_k.weight", "bf16", {kGptWidth, 512});
    add("attn_v.weight", "bf16", {kGptWidth, 512});
    add("ffn_gate_exps.weight", "mxfp4", {kGptWidth, kGptWidth, kGptExperts});
    add("ffn_up_exps.weight", "mxfp4", {kGptWidth, kGptWidth, kGptExperts});
    add("ffn_down_exps.weight", "mxfp4", {kGptWidth, kGptWidth, kGptExperts});
    return file;
}

HollowFile ollama_gpt_oss_20b() {
    HollowFile file;
    add_gpt_oss_keys(file, "gptoss");
    add_gpt_oss_embeddings(file);
    const auto add = [&](std::string_view name, std::string_view type, const std::vector<std::uint64_t>& shape) {
        add_blocks(file, "", kGptLayers, name, type, shape);
    };
    add("attn_norm.weight", "f32", {kGptWidth});
    add("attn_sinks", "f32", {64});
    add("attn_out.weight", "bf16", {4096, kGptWidth});
    add("ffn_norm.weight", "f32", {kGptWidth});
    add("ffn_gate_inp.weight", "f32", {kGptWidth, kGptExperts});
    add("attn_qkv.weight", "bf16", {kGptWidth, 5120});
    add("attn_qkv.bias", "f32", {5120});
    add("ffn_gate_up_exps.weight", "mxfp4", {kGptWidth, 2 * kGptWidth, kGptExperts});
    add("ffn_down_exps.weight", "mxfp4", {kGptWidth, kGptWidth, kGptExperts});
    return file;
}

HollowFile ollama_gemma3_12b() {
    constexpr std::uint32_t kLayers = 48, kWidth = 3840, kFeedForward = 15360;
    constexpr std::uint32_t kTowerLayers = 27, kTowerWidth = 1152, kTowerFeedForward = 4304;
    HollowFile file;
    const auto key = [&](std::string_view suffix, GgufValue value) {
        file.key(fmt::format("gemma3.{}", suffix), std::move(value));
    };
    file.key("general.architecture", "gemma3");  // without attention.layer_norm_rms_epsilon
    key("context_length", 131072u);
    key("embedding_length", kWidth);
    key("feed_forward_length", kFeedForward);
    key("block_count", kLayers);
    key("attention.head_count", 16u);
    key("attention.head_count_kv", 8u);
    key("attention.key_length", 256u);
    key("attention.value_length", 256u);
    key("attention.sliding_window", 1024u);
    key("rope.global.freq_base", 1e6F);
    key("rope.local.freq_base", 1e4F);
    key("vision.block_count", kTowerLayers);
    key("vision.embedding_length", kTowerWidth);
    key("vision.attention.head_count", 16u);
    key("vision.feed_forward_length", kTowerFeedForward);
    key("vision.image_size", 896u);
    key("vision.patch_size", 14u);
    key("vision.num_channels", 3u);
    key("vision.attention.layer_norm_epsilon", 1e-6F);
    key("mm.tokens_per_image", 256u);
    file.tensor("token_embd.weight", "q6_K", {kWidth, 262145});
    file.tensor("output_norm.weight", "f32", {kWidth});
    const auto add = [&](std::string_view name, std::string_view type, const std::vector<std::uint64_t>& shape) {
        add_blocks(file, "", kLayers, name, type, shape);
    };
    add("attn_norm.weight", "f32", {kWidth});
    add("attn_q.weight", "q4_K", {kWidth, 4096});
    add("attn_k.weight", "q4_K", {kWidth, 2048});
    add("attn_v.weight", "q6_K", {kWidth, 2048});
    add("attn_output.weight", "q4_K", {4096, kWidth});
    add("attn_q_norm.weight", "f32", {256});
    add("attn_k_norm.weight", "f32", {256});
    add("post_attention_norm.weight", "f32", {kWidth});
    add("ffn_norm.weight", "f32", {kWidth});
    add("post_ffw_norm.weight", "f32", {kWidth});
    add("ffn_gate.weight", "q4_K", {kWidth, kFeedForward});
    add("ffn_up.weight", "q4_K", {kWidth, kFeedForward});
    add("ffn_down.weight", "q6_K", {kFeedForward, kWidth});
    file.tensor("mm.mm_input_projection.weight", "f16", {kWidth, kTowerWidth});
    file.tensor("mm.mm_soft_emb_norm.weight", "f32", {kTowerWidth});
    file.tensor("v.patch_embedding.weight", "f16", {14, 14, 3, kTowerWidth});
    file.tensor("v.patch_embedding.bias", "f32", {kTowerWidth});
    file.tensor("v.position_embedding.weight", "f16", {kTowerWidth, 4096});
    const auto tower = [&](std::string_view name, std::string_view type, const std::vector<std::uint64_t>& shape) {
        add_blocks(file, "v.", kTowerLayers, name, type, shape);
    };
    for (const char* name : {"attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"})
        tower(name, "f16", {kTowerWidth, kTowerWidth});
    tower("mlp.fc1.weight", "f16", {kTowerWidth, kTowerFeedForward});
    tower("mlp.fc2.weight", "f16", {kTowerFeedForward, kTowerWidth});
    tower("layer_norm1.weight", "f32", {kTowerWidth});
    return file;
}

}  // namespace attnx::test

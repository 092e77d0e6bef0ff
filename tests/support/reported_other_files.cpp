// Files that hold no language model, and a small Llama in the forms it was met in.
#include <fmt/format.h>

#include "support/reported_files.h"

namespace attnx::test {
namespace {

constexpr std::uint32_t kSmallLayers = 4, kSmallWidth = 256, kSmallKv = 64, kSmallFeedForward = 512;

void add_small_keys(HollowFile& file) {
    file.key("general.architecture", "llama");
    file.key("llama.context_length", 8192u);
    file.key("llama.embedding_length", kSmallWidth);
    file.key("llama.feed_forward_length", kSmallFeedForward);
    file.key("llama.block_count", kSmallLayers);
    file.key("llama.attention.head_count", 8u);
    file.key("llama.attention.head_count_kv", 2u);
    file.key("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    file.key("llama.rope.dimension_count", 32u);
}

void add_small_embeddings(HollowFile& file) {
    file.tensor("token_embd.weight", "f16", {kSmallWidth, 1000});
    file.tensor("output_norm.weight", "f32", {kSmallWidth});
    file.tensor("output.weight", "f16", {kSmallWidth, 1000});
}

void add_small_attention(HollowFile& file, const std::string& block) {
    file.tensor(block + "attn_norm.weight", "f32", {kSmallWidth});
    file.tensor(block + "attn_q.weight", "f16", {kSmallWidth, kSmallWidth});
    file.tensor(block + "attn_k.weight", "f16", {kSmallWidth, kSmallKv});
    file.tensor(block + "attn_v.weight", "f16", {kSmallWidth, kSmallKv});
    file.tensor(block + "attn_output.weight", "f16", {kSmallWidth, kSmallWidth});
    file.tensor(block + "ffn_norm.weight", "f32", {kSmallWidth});
}

HollowFile small_llama_of(std::uint32_t blocks) {
    HollowFile file;
    add_small_keys(file);
    add_small_embeddings(file);
    for (std::uint32_t i = 0; i < blocks; ++i) {
        const std::string block = fmt::format("blk.{}.", i);
        add_small_attention(file, block);
        file.tensor(block + "ffn_gate.weight", "f16", {kSmallWidth, kSmallFeedForward});
        file.tensor(block + "ffn_up.weight", "f16", {kSmallWidth, kSmallFeedForward});
        file.tensor(block + "ffn_down.weight", "f16", {kSmallFeedForward, kSmallWidth});
    }
    return file;
}

}  // namespace

HollowFile flux() {
    HollowFile file;
    file.key("general.architecture", "flux").key("general.quantization_version", 2u).key("general.file_type", 2u);
    for (std::uint32_t i = 0; i < 19; ++i) {
        const std::string block = fmt::format("double_blocks.{}.", i);
        file.tensor(block + "img_attn.qkv.weight", "q4_0", {3072, 9216});
        file.tensor(block + "img_attn.proj.weight", "q4_0", {3072, 3072});
        file.tensor(block + "txt_attn.qkv.weight", "q4_0", {3072, 9216});
        file.tensor(block + "img_mlp.0.weight", "q4_0", {3072, 12288});
    }
    return file.tensor("img_in.weight", "bf16", {64, 3072});
}

HollowFile pig_wan() {
    HollowFile file;
    file.key("general.architecture", "pig").key("general.file_type", 15u);
    for (std::uint32_t i = 0; i < 40; ++i)
        for (const char* matrix : {"q", "k", "v", "o"})
            file.tensor(fmt::format("blocks.{}.self_attn.{}.weight", i, matrix), "q4_K", {5120, 5120});
    return file.tensor("patch_embedding.weight", "f16", {2, 2, 1, 184320});
}

HollowFile importance_matrix() {
    HollowFile file;
    file.key("general.type", "imatrix").key("imatrix.datasets", std::vector<std::string>{"calibration.txt"});
    file.key("imatrix.chunk_count", 128u).key("imatrix.chunk_size", 512u);
    for (std::uint32_t i = 0; i < 4; ++i) {
        file.tensor(fmt::format("blk.{}.attn_q.weight.in_sum2", i), "f32", {256, 1});
        file.tensor(fmt::format("blk.{}.attn_q.weight.counts", i), "f32", {1, 1});
    }
    return file;
}

HollowFile vision_projector() {
    HollowFile file;
    file.key("general.architecture", "clip").key("general.type", "mmproj").key("clip.has_vision_encoder", true);
    file.key("clip.projector_type", "qwen3vl_merger").key("clip.vision.block_count", 24u);
    file.key("clip.vision.embedding_length", 1024u).key("clip.vision.feed_forward_length", 4096u);
    file.key("clip.vision.attention.head_count", 16u).key("clip.vision.attention.layer_norm_epsilon", 1e-6F);
    file.key("clip.vision.image_size", 768u).key("clip.vision.patch_size", 16u);
    file.key("clip.vision.projection_dim", 2048u).key("clip.vision.spatial_merge_size", 2u).key("clip.use_gelu", true);
    file.tensor("v.patch_embd.weight", "f16", {16, 16, 3, 1024}).tensor("mm.0.weight", "f16", {4096, 4096});
    for (std::uint32_t i = 0; i < 24; ++i) {
        const std::string block = fmt::format("v.blk.{}.", i);
        file.tensor(block + "attn_qkv.weight", "f16", {1024, 3072});
        file.tensor(block + "attn_out.weight", "f16", {1024, 1024});
        file.tensor(block + "ffn_up.weight", "f16", {1024, 4096});
        file.tensor(block + "ffn_down.weight", "f16", {4096, 1024});
    }
    return file;
}

HollowFile small_llama() { return small_llama_of(kSmallLayers); }
HollowFile small_llama_without_last_block() { return small_llama_of(kSmallLayers - 1); }

HollowFile small_llama_of_a_fork() {
    // Rows of 256: a scale of 4 bytes and 136 of numbers; so many bytes each took in the file.
    constexpr std::uint64_t kRow144 = 140, kFeedForwardBytes156 = 53248;
    HollowFile file;
    add_small_keys(file);
    file.key("general.file_type", 148u);
    add_small_embeddings(file);
    for (std::uint32_t i = 0; i < kSmallLayers; ++i) {
        const std::string block = fmt::format("blk.{}.", i);
        file.tensor(block + "attn_norm.weight", "f32", {kSmallWidth});
        file.tensor(block + "attn_q.weight", 144u, kSmallWidth * kRow144, {kSmallWidth, kSmallWidth});
        file.tensor(block + "attn_k.weight", 144u, kSmallKv * kRow144, {kSmallWidth, kSmallKv});
        file.tensor(block + "attn_v.weight", 144u, kSmallKv * kRow144, {kSmallWidth, kSmallKv});
        file.tensor(block + "attn_output.weight", 144u, kSmallWidth * kRow144, {kSmallWidth, kSmallWidth});
        file.tensor(block + "ffn_norm.weight", "f32", {kSmallWidth});
        for (const char* name : {"ffn_gate.weight", "ffn_up.weight"})
            file.tensor(block + name, 156u, kFeedForwardBytes156, {kSmallWidth, kSmallFeedForward});
        file.tensor(block + "ffn_down.weight", 156u, kFeedForwardBytes156, {kSmallFeedForward, kSmallWidth});
    }
    return file;
}

HollowFile mixtral_of_early_2024() {
    constexpr std::uint32_t kExperts = 4;
    HollowFile file;
    add_small_keys(file);
    file.key("llama.expert_count", kExperts).key("llama.expert_used_count", 2u);
    add_small_embeddings(file);
    for (std::uint32_t i = 0; i < kSmallLayers; ++i) {
        const std::string block = fmt::format("blk.{}.", i);
        add_small_attention(file, block);
        for (std::uint32_t expert = 0; expert < kExperts; ++expert) {
            file.tensor(fmt::format("{}ffn_gate.{}.weight", block, expert), "q4_0", {kSmallWidth, kSmallFeedForward});
            file.tensor(fmt::format("{}ffn_up.{}.weight", block, expert), "q4_0", {kSmallWidth, kSmallFeedForward});
            file.tensor(fmt::format("{}ffn_down.{}.weight", block, expert), "q4_0", {kSmallFeedForward, kSmallWidth});
        }
        file.tensor(block + "ffn_gate_inp.weight", "f16", {kSmallWidth, kExperts});
    }
    return file;
}

HollowFile first_part_of_three() {
    HollowFile file;
    add_small_keys(file);
    file.key("split.no", std::uint16_t{0}).key("split.count", std::uint16_t{3}).key("split.tensors.count", 39);
    return file;
}

}  // namespace attnx::test

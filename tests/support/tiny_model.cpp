#include "support/tiny_model.h"

#include <fmt/format.h>

#include "support/gguf_builder.h"
#include "support/golden_model.h"

namespace attnx::test {

std::vector<std::byte> TinyModel::bytes() const {
    GgufBuilder b;
    const auto key = [&](std::string_view name, GgufValue value) {
        b.key(fmt::format("{}.{}", architecture, name), std::move(value));
    };
    b.key("general.architecture", architecture);
    key("vocab_size", vocabulary);
    key("context_length", context);
    key("embedding_length", width);
    key("block_count", layers);
    key("feed_forward_length", feed_forward);
    key("attention.head_count", claimed_heads.value_or(heads));
    key("attention.head_count_kv", claimed_kv_heads.value_or(kv_heads));
    key("attention.layer_norm_rms_epsilon", 1e-5F);
    for (const auto& [name, value] : extra_keys) key(name, value);
    for (const auto& [name, value] : whole_keys) b.key(name, value);
    const auto tensor = [&](const std::string& name, std::vector<std::uint64_t> shape, float scale, float bias) {
        if (name == absent) return;
        std::uint64_t count = 1;
        for (const auto n : shape) count *= n;
        std::vector<float> values(count);
        for (std::uint64_t i = 0; i < count; ++i) {
            values[i] = golden_weight(name, 7, i, scale, bias);
            if (change) values[i] = change(name, i, values[i]);
        }
        b.tensor(name, "f32", std::move(shape), fill_f32(std::move(values)));
    };
    const std::uint64_t dim = width / heads;
    tensor("token_embd.weight", {width, vocabulary}, 1.0F, 0.0F);
    tensor("output_norm.weight", {width}, 0.2F, 1.0F);
    for (std::uint32_t i = 0; i < layers; ++i) {
        const std::string blk = fmt::format("blk.{}.", i);
        tensor(blk + "attn_norm.weight", {norm_width.value_or(width)}, 0.2F, 1.0F);
        tensor(blk + "attn_q.weight", {width, width}, zero_queries ? 0.0F : 0.9F, 0.0F);
        tensor(blk + "attn_k.weight", {width, dim * kv_heads}, 0.9F, 0.0F);
        tensor(blk + "attn_v.weight", {width, dim * kv_heads}, 0.5F, 0.0F);
        tensor(blk + "attn_output.weight", {width, width}, 0.5F, 0.0F);
        tensor(blk + "ffn_norm.weight", {width}, 0.2F, 1.0F);
        tensor(blk + "ffn_gate.weight", {width, feed_forward}, 0.5F, 0.0F);
        tensor(blk + "ffn_up.weight", {width, feed_forward}, 0.5F, 0.0F);
        tensor(blk + "ffn_down.weight", {feed_forward, down_outputs.value_or(width)}, 0.5F, 0.0F);
    }
    return b.bytes();
}

}  // namespace attnx::test

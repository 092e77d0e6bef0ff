// Models by their keys, some with their tensors.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "support/reported_files.h"

namespace attnx::test {
namespace {

// Keys of one architecture, its name before each.
class KeysOf {
public:
    explicit KeysOf(std::string architecture) : architecture_(std::move(architecture)) {
        file.key("general.architecture", architecture_);
    }
    KeysOf& operator()(std::string_view suffix, GgufValue value) {
        file.key(fmt::format("{}.{}", architecture_, suffix), std::move(value));
        return *this;
    }
    // What nearly every model has.
    KeysOf& sizes(std::uint32_t context, std::uint32_t width, std::uint32_t blocks) {
        return (*this)("context_length", context)("embedding_length", width)("block_count", blocks);
    }
    KeysOf& heads(std::uint32_t heads, std::uint32_t kv_heads, std::uint32_t dimension) {
        (*this)("attention.head_count", heads)("attention.head_count_kv", kv_heads);
        return (*this)("attention.key_length", dimension)("attention.value_length", dimension);
    }

    HollowFile file;

private:
    std::string architecture_;
};

template <class Value>
std::vector<Value> by_layer(std::uint32_t layers, Value (*of)(std::uint32_t)) {
    std::vector<Value> values;
    for (std::uint32_t i = 0; i < layers; ++i) values.push_back(of(i));
    return values;
}

constexpr std::uint32_t kNanoLayers = 52, kNanoWidth = 2688;
constexpr std::array<std::uint32_t, 6> kNanoAttention = {5, 12, 19, 26, 33, 42};

bool attends_in_nano(std::uint32_t layer) { return std::ranges::find(kNanoAttention, layer) != kNanoAttention.end(); }

// Mamba-2 and experts take turns; attention is put in before a Mamba-2 layer, and the turn goes on after it.
bool has_experts_in_nano(std::uint32_t layer) {
    const auto before = std::ranges::count_if(kNanoAttention, [&](std::uint32_t at) { return at < layer; });
    return !attends_in_nano(layer) && (layer - static_cast<std::uint32_t>(before)) % 2 == 1;
}

void add_nano_tensors(HollowFile& file) {
    constexpr std::uint32_t kVocabulary = 131072;
    const auto each = [&](bool (*where)(std::uint32_t), std::string_view name, std::string_view type,
                          std::vector<std::uint64_t> shape) {
        for (std::uint32_t i = 0; i < kNanoLayers; ++i)
            if (where(i)) file.tensor(fmt::format("blk.{}.{}", i, name), type, shape);
    };
    const auto all = +[](std::uint32_t) { return true; };
    const auto mamba = +[](std::uint32_t i) { return !attends_in_nano(i) && !has_experts_in_nano(i); };
    file.tensor("token_embd.weight", "q8_0", {kNanoWidth, kVocabulary});
    file.tensor("output_norm.weight", "f32", {kNanoWidth});
    file.tensor("output.weight", "q8_0", {kNanoWidth, kVocabulary});
    each(all, "attn_norm.weight", "f32", {kNanoWidth});
    each(mamba, "ssm_in.weight", "q8_0", {kNanoWidth, 10304});
    each(mamba, "ssm_conv1d.weight", "f32", {4, 6144});
    each(mamba, "ssm_conv1d.bias", "f32", {6144});
    each(mamba, "ssm_dt.bias", "f32", {64});
    each(mamba, "ssm_a", "f32", {1, 64});
    each(mamba, "ssm_d", "f32", {1, 64});
    each(mamba, "ssm_norm.weight", "f32", {512, 8});
    each(mamba, "ssm_out.weight", "q8_0", {4096, kNanoWidth});
    each(has_experts_in_nano, "ffn_gate_inp.weight", "f32", {kNanoWidth, 128});
    each(has_experts_in_nano, "exp_probs_b.bias", "f32", {128});
    each(has_experts_in_nano, "ffn_up_exps.weight", "q8_0", {kNanoWidth, 1856, 128});
    each(has_experts_in_nano, "ffn_down_exps.weight", "q8_0", {1856, kNanoWidth, 128});
    each(has_experts_in_nano, "ffn_up_shexp.weight", "q8_0", {kNanoWidth, 3712});
    each(has_experts_in_nano, "ffn_down_shexp.weight", "q8_0", {3712, kNanoWidth});
    each(attends_in_nano, "attn_q.weight", "q8_0", {kNanoWidth, 4096});
    each(attends_in_nano, "attn_k.weight", "q8_0", {kNanoWidth, 256});
    each(attends_in_nano, "attn_v.weight", "q8_0", {kNanoWidth, 256});
    each(attends_in_nano, "attn_output.weight", "q8_0", {4096, kNanoWidth});
}

}  // namespace

HollowFile deepseek_v4_flash() {
    constexpr std::uint32_t kLayers = 43;
    KeysOf keys("deepseek4");
    keys.sizes(1048576, 4096, kLayers).heads(64, 1, 512)("feed_forward_length", 2048u);
    keys("attention.layer_norm_rms_epsilon", 1e-6F)("rope.dimension_count", 64u)("attention.q_lora_rank", 1024u);
    keys("attention.sliding_window", 128u)("attention.indexer.head_count", 64u)("attention.indexer.key_length", 128u);
    keys("attention.indexer.top_k", 512u)("attention.output_lora_rank", 1024u)("attention.output_group_count", 8u);
    // Two layers see the window alone, then 4:1 and 128:1 take turns.
    keys("attention.compress_ratios", by_layer<std::int32_t>(kLayers, [](std::uint32_t i) {
             return i < 2 ? 0 : i % 2 == 0 ? 4 : 128;
         }));
    keys("expert_count", 256u)("expert_used_count", 6u)("expert_feed_forward_length", 2048u);
    keys("expert_shared_count", 1u)("expert_weights_scale", 1.5F)("expert_gating_func", 4u);
    keys("expert_weights_norm", true)("hash_layer_count", 3u)("hyper_connection.count", 4u);
    keys("hyper_connection.sinkhorn_iterations", 20u)("hyper_connection.epsilon", 1e-6F);
    keys("attention.compress_rope_freq_base", 160000.0F);
    keys("swiglu_clamp_exp", std::vector<float>(kLayers, 10.0F));
    keys("swiglu_clamp_shexp", std::vector<float>(kLayers, 10.0F));
    return keys.file;
}

HollowFile glm_4_6() {
    KeysOf keys("glm4moe");
    keys.sizes(202752, 5120, 93).heads(96, 8, 128)("feed_forward_length", 12288u)("nextn_predict_layers", 1u);
    keys("rope.dimension_count", 64u)("rope.freq_base", 1e6F)("attention.layer_norm_rms_epsilon", 1e-6F);
    keys("expert_count", 160u)("expert_used_count", 8u)("expert_feed_forward_length", 1536u);
    keys("expert_shared_count", 1u)("leading_dense_block_count", 3u)("expert_gating_func", 2u);
    keys("expert_weights_scale", 2.5F)("expert_weights_norm", true);
    return keys.file;
}

HollowFile qwen3_5_4b_with_prediction() {
    KeysOf keys("qwen35");
    keys.sizes(262144, 2560, 33).heads(16, 4, 256)("feed_forward_length", 9216u)("nextn_predict_layers", 1u);
    keys("rope.freq_base", 1e7F)("rope.dimension_count", 64u)("attention.layer_norm_rms_epsilon", 1e-6F);
    keys("rope.dimension_sections", std::vector<std::int32_t>{11, 11, 10, 0})("full_attention_interval", 4u);
    keys("ssm.conv_kernel", 4u)("ssm.state_size", 128u)("ssm.group_count", 16u);
    keys("ssm.time_step_rank", 32u)("ssm.inner_size", 4096u);
    return keys.file;
}

HollowFile gemma3_270m() {
    KeysOf keys("gemma3");
    keys.sizes(32768, 640, 18).heads(4, 1, 256)("feed_forward_length", 2048u)("attention.sliding_window", 512u);
    keys("rope.freq_base", 1e6F)("attention.layer_norm_rms_epsilon", 1e-6F);
    return keys.file;
}

HollowFile nemotron_ultra() {
    constexpr std::uint32_t kLayers = 162;  // by turns: attention, feed-forward, nothing
    KeysOf keys("deci");
    keys.sizes(131072, 16384, kLayers);
    keys("attention.head_count", by_layer<std::int32_t>(kLayers, [](std::uint32_t i) { return i % 3 == 0 ? 128 : 0; }));
    keys("attention.head_count_kv",
         by_layer<std::int32_t>(kLayers, [](std::uint32_t i) { return i % 3 == 0 ? 8 : 0; }));
    keys("feed_forward_length", by_layer<std::int32_t>(kLayers, [](std::uint32_t i) { return i % 2 == 1 ? 5376 : 0; }));
    keys("attention.key_length", 128u)("attention.value_length", 128u)("attention.layer_norm_rms_epsilon", 1e-5F);
    keys("rope.dimension_count", 128u)("rope.freq_base", 500000.0F);
    return keys.file;
}

HollowFile muse_glimmer(MusePattern pattern) {
    constexpr std::uint32_t kLayers = 52;
    KeysOf keys("muse-glimmer");
    keys.sizes(131072, 5120, kLayers).heads(40, 2, 128)("feed_forward_length", 16384u);
    keys("attention.layer_norm_rms_epsilon", 1e-5F)("attention.sliding_window", 2048u);
    keys("rope.freq_base", 1e6F)("rope.dimension_count", 128u)("logit_scale", 1.0F);
    if (pattern == MusePattern::as_key) {
        std::vector<GgufValue> slides;
        for (std::uint32_t i = 0; i < kLayers; ++i) slides.emplace_back(i % 4 != 3);
        keys("attention.sliding_window_pattern", GgufValue::array(7, std::move(slides)));
    }
    return keys.file;
}

HollowFile nemotron3_nano(Parts parts, KvHeads heads) {
    KeysOf keys("nemotron_h_moe");
    keys.sizes(262144, kNanoWidth, kNanoLayers)("attention.head_count", 32u);
    keys("attention.head_count_kv", heads == KvHeads::zero ? std::vector<std::int32_t>(kNanoLayers, 0)
                                                           : by_layer<std::int32_t>(kNanoLayers, [](std::uint32_t i) {
                                                                 return attends_in_nano(i) ? 2 : 0;
                                                             }));
    keys("feed_forward_length",
         by_layer<std::int32_t>(kNanoLayers, [](std::uint32_t i) { return has_experts_in_nano(i) ? 1856 : 0; }));
    keys("attention.key_length", 128u)("attention.value_length", 128u)("attention.layer_norm_rms_epsilon", 1e-6F);
    keys("rope.dimension_count", 84u)("rope.scaling.finetuned", false)("attention.layer_norm_epsilon", 1e-5F);
    keys("ssm.conv_kernel", 4u)("ssm.state_size", 128u)("ssm.group_count", 8u);
    keys("ssm.inner_size", 4096u)("ssm.time_step_rank", 64u);
    keys("expert_count", 128u)("expert_used_count", 6u)("expert_feed_forward_length", 1856u);
    keys("expert_shared_feed_forward_length", 3712u)("expert_shared_count", 1u);
    keys("expert_weights_norm", true)("expert_weights_scale", 2.5F);
    if (parts == Parts::all) add_nano_tensors(keys.file);
    return keys.file;
}

}  // namespace attnx::test

// Layers by name: in the summary, in the table, and for scripts.
#include <gtest/gtest.h>

#include "report/documents.h"

namespace attnx::report {
namespace {

using nlohmann::json;
using test::GgufBuilder;
using test::inspected;
using test::Inspected;
using test::line_of;

struct Keys {
    std::string architecture;
    GgufBuilder file;

    explicit Keys(std::string name) : architecture(std::move(name)) { file.key("general.architecture", architecture); }
    Keys& set(const std::string& of, test::GgufValue value) {
        file.key(architecture + "." + of, std::move(value));
        return *this;
    }
    Keys& heads(std::uint32_t query, std::uint32_t kv, std::uint32_t dims) {
        return set("attention.head_count", query)
            .set("attention.head_count_kv", kv)
            .set("attention.key_length", dims)
            .set("attention.value_length", dims);
    }
};

// DeepSeek-V4-Flash: 43 layers, 0, 0, then 4 and 128 in turn.
TEST(Layers, of_deepseek_v4_are_sliding_or_compressed) {
    std::vector<std::uint32_t> ratios = {0, 0};
    while (ratios.size() < 43) ratios.push_back(ratios.size() % 2 == 0 ? 4 : 128);
    Keys keys("deepseek4");
    keys.heads(64, 1, 512)
        .set("context_length", 131072U)
        .set("embedding_length", 4096U)
        .set("block_count", 43U)
        .set("feed_forward_length", 2048U)
        .set("attention.sliding_window", 128U)
        .set("attention.indexer.head_count", 64U)
        .set("attention.indexer.key_length", 128U)
        .set("attention.indexer.top_k", 512U)
        .set("rope.dimension_count", 64U)
        .set("rope.freq_base", 10000.0F)
        .set("attention.compress_rope_freq_base", 160000.0F)
        .set("attention.compress_ratios", ratios);
    const Inspected seen = inspected(keys.file, {.layers = true});
    EXPECT_EQ(line_of(seen.table, "layers"),
              "43: 2 sliding attention, 21 compressed attention 4:1 with indexer, 20 compressed attention 128:1");
    EXPECT_EQ(line_of(seen.table, "kind"), "MQA") << "one head of keys, which are its values too";
    EXPECT_NE(line_of(seen.table, "rope")->find("base 10,000 on sliding and 160,000 on compressed layers"),
              std::string::npos);
    const json& layers = seen.result["layers"];
    EXPECT_EQ(layers[1]["kind"], "attention");
    EXPECT_TRUE(layers[1]["compress_ratio"].is_null());
    EXPECT_EQ(layers[2]["kind"], "compressed");
    EXPECT_EQ(layers[2]["compress_ratio"], 4);
    EXPECT_EQ(layers[2]["indexer"], true);
    EXPECT_FLOAT_EQ(layers[2]["rope_base"].get<float>(), 160000.0F);
    EXPECT_EQ(layers[3]["compress_ratio"], 128);
    EXPECT_EQ(layers[3]["indexer"], false);
    EXPECT_NE(seen.table.find("3,5,…,41"), std::string::npos);
}

// As Nemotron Ultra: of six layers one attends and has no network, one attends and has one, two have one alone, two are
// empty.
TEST(Layers, of_nemotron_nas_may_be_empty) {
    const std::vector<std::uint32_t> heads = {8, 0, 0, 8, 0, 0}, kv = {2, 0, 0, 2, 0, 0},
                                     widths = {0, 64, 0, 64, 0, 64};
    Keys keys("deci");
    keys.set("context_length", 4096U)
        .set("embedding_length", 64U)
        .set("block_count", 6U)
        .set("feed_forward_length", widths)
        .set("attention.head_count", heads)
        .set("attention.head_count_kv", kv)
        .set("attention.layer_norm_rms_epsilon", 1e-5F);
    const Inspected seen = inspected(keys.file, {.layers = true});
    EXPECT_EQ(line_of(seen.table, "layers"), "6: 2 attention, 2 feed-forward only, 2 empty");
    const std::vector<std::string> kinds = {"attention", "feed_forward", "empty", "attention", "empty", "feed_forward"};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        EXPECT_EQ(seen.result["layers"][i]["kind"], kinds[i]) << i;
        EXPECT_EQ(seen.result["layers"][i]["owns_kv"], kinds[i] == "attention") << i;
    }
}

// As Nemotron 3 Nano, shorter.
TEST(Layers, of_nemotron_h_keep_a_state_or_rows_or_nothing) {
    const std::vector<std::uint32_t> kv = {0, 0, 2, 0}, widths = {0, 64, 0, 64};
    Keys keys("nemotron_h");
    keys.set("context_length", 4096U)
        .set("embedding_length", 64U)
        .set("block_count", 4U)
        .set("feed_forward_length", widths)
        .set("attention.head_count", 4U)
        .set("attention.head_count_kv", kv)
        .set("attention.layer_norm_epsilon", 1e-5F);
    for (const char* of : {"conv_kernel", "inner_size", "state_size", "time_step_rank", "group_count"})
        keys.set(std::string("ssm.") + of, 4U);
    const Inspected seen = inspected(keys.file, {.layers = true});
    EXPECT_EQ(line_of(seen.table, "layers"), "4: 1 Mamba-2, 2 feed-forward only, 1 attention");
    const json& layers = seen.result["layers"];
    EXPECT_EQ(layers[0]["kind"], "mamba_2");
    EXPECT_EQ(layers[1]["owns_kv"], false) << "feed-forward layers own no KV";
    EXPECT_EQ(layers[2]["owns_kv"], true);
    EXPECT_EQ(line_of(seen.table, "rope"), "none");
}

// Qwen3.5 4B: every fourth layer attends; the last block predicts a further token in a context of its own.
TEST(Layers, of_qwen35_are_gated_delta_nets) {
    Keys keys("qwen35");
    keys.heads(16, 4, 256)
        .set("context_length", 262144U)
        .set("embedding_length", 2560U)
        .set("block_count", 33U)
        .set("nextn_predict_layers", 1U)
        .set("feed_forward_length", 9216U)
        .set("full_attention_interval", 4U)
        .set("attention.layer_norm_rms_epsilon", 1e-6F)
        .set("rope.dimension_sections", std::vector<std::int32_t>{11, 11, 10, 0})
        .set("ssm.conv_kernel", 4U)
        .set("ssm.inner_size", 4096U)
        .set("ssm.state_size", 128U)
        .set("ssm.time_step_rank", 32U)
        .set("ssm.group_count", 16U);
    const Inspected seen = inspected(keys.file, {.layers = true});
    EXPECT_EQ(line_of(seen.table, "layers"),
              "33: 24 gated delta net, 8 attention, 1 attention (next-token prediction)");
    EXPECT_NE(seen.table.find("in a draft context"), std::string::npos);
    EXPECT_NE(seen.table.find("0-2,4-6,…,28-30"), std::string::npos);
    EXPECT_EQ(seen.result["layers"][32]["owns_kv"], false);
}

TEST(Layers, that_borrow_keys_and_values_say_whose) {
    Keys keys("gemma3n");
    keys.heads(8, 2, 256)
        .set("context_length", 32768U)
        .set("embedding_length", 2048U)
        .set("block_count", 30U)
        .set("feed_forward_length", 8192U)
        .set("attention.sliding_window", 512U)
        .set("attention.layer_norm_rms_epsilon", 1e-6F);
    const Inspected seen = inspected(keys.file, {.layers = true});
    EXPECT_EQ(line_of(seen.table, "own K and V"), "on 20 of 30 attention layers; the others use those of layers 18-19")
        << "llama.cpp: 20 layers own rows, whatever the model's depth";
    EXPECT_EQ(seen.result["layers"][20]["owns_kv"], false);
    EXPECT_EQ(seen.result["layers"][19]["owns_kv"], true);
}

}  // namespace
}  // namespace attnx::report

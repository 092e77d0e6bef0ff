// What `inspect` says first. Each figure is worked out beside the file that the test makes.
#include <gtest/gtest.h>

#include "report/documents.h"

namespace attnx::report {
namespace {

using nlohmann::json;
using test::GgufBuilder;
using test::inspected;
using test::Inspected;
using test::line_of;

// One layer of a mixture: width 64, 4 heads on 2 KV heads of 16, 8 experts of 32 of which 2 are used, one shared of 32,
// vocabulary of 100.
GgufBuilder mixture() {
    GgufBuilder file;
    file.key("general.architecture", "qwen2moe");
    const auto key = [&](const char* of, test::GgufValue value) { file.key(std::string("qwen2moe.") + of, value); };
    key("context_length", 4096U);
    key("embedding_length", 64U);
    key("block_count", 1U);
    key("feed_forward_length", 128U);
    key("attention.head_count", 4U);
    key("attention.head_count_kv", 2U);
    key("attention.layer_norm_rms_epsilon", 1e-6F);
    key("expert_count", 8U);
    key("expert_used_count", 2U);
    key("expert_feed_forward_length", 32U);
    key("expert_shared_feed_forward_length", 32U);
    file.tensor("token_embd.weight", "f16", {64, 100})
        .tensor("output_norm.weight", "f32", {64})
        .tensor("blk.0.attn_norm.weight", "f32", {64})
        .tensor("blk.0.attn_q.weight", "f16", {64, 64})
        .tensor("blk.0.attn_k.weight", "f16", {64, 32})
        .tensor("blk.0.attn_v.weight", "f16", {64, 32})
        .tensor("blk.0.attn_output.weight", "f16", {64, 64})
        .tensor("blk.0.ffn_norm.weight", "f32", {64})
        .tensor("blk.0.ffn_gate_inp.weight", "f32", {64, 8})
        .tensor("blk.0.ffn_gate_exps.weight", "q8_0", {64, 32, 8})
        .tensor("blk.0.ffn_up_exps.weight", "q8_0", {64, 32, 8})
        .tensor("blk.0.ffn_down_exps.weight", "q8_0", {32, 64, 8})
        .tensor("blk.0.ffn_gate_inp_shexp.weight", "f32", {64})
        .tensor("blk.0.ffn_gate_shexp.weight", "f16", {64, 32})
        .tensor("blk.0.ffn_up_shexp.weight", "f16", {64, 32})
        .tensor("blk.0.ffn_down_shexp.weight", "f16", {32, 64});
    return file;
}

constexpr std::uint64_t kF16 = 100 * 64 + 64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 32;
constexpr std::uint64_t kF32 = 64 * 3 + 64 * 8 + 64;
constexpr std::uint64_t kExperts = 3 * 64 * 32 * 8;

TEST(Inspect, counts_the_parameters_that_a_token_passes) {
    const Inspected seen = inspected(mixture());
    EXPECT_EQ(seen.result["parameter_count"], kF16 + kF32 + kExperts);
    EXPECT_EQ(seen.result["active_parameter_count"], kF16 + kF32 + kExperts * 2 / 8);
    EXPECT_EQ(seen.result["expert_count"], 8);
    EXPECT_EQ(seen.result["expert_used_count"], 2);
    EXPECT_EQ(seen.result["expert_shared_count"], 1) << "no key says so, but there is one";
    EXPECT_EQ(line_of(seen.table, "experts"), "2 of 8, and 1 shared  per token and layer");
    EXPECT_NE(line_of(seen.table, "parameters")->find("active per token"), std::string::npos);
}

// q8_0: 34 bytes for 32 weights.
TEST(Inspect, divides_the_bytes_of_all_tensors_by_their_weights) {
    const double bytes = 2.0 * kF16 + 4.0 * kF32 + kExperts / 32 * 34.0;
    const json result = inspected(mixture()).result;
    EXPECT_DOUBLE_EQ(result["bits_per_weight"].get<double>(), bytes * 8 / double(kF16 + kF32 + kExperts));
}

TEST(Inspect, names_model_size_and_quantisation_as_the_file_does) {
    const Inspected seen = inspected(
        mixture().key("general.name", "Tiny Mixture").key("general.size_label", "8x4K").key("general.file_type", 15U));
    EXPECT_EQ(seen.result["name"], "Tiny Mixture");
    EXPECT_EQ(seen.result["size_label"], "8x4K");
    EXPECT_EQ(seen.result["file_type"], "Q4_K_M");
    EXPECT_EQ(line_of(seen.table, "name"), "Tiny Mixture  8x4K");
    EXPECT_TRUE(line_of(seen.table, "quantisation")->starts_with("Q4_K_M  "));
    EXPECT_LT(seen.table.find("Tiny Mixture"), seen.table.find("Attention"));
}

TEST(Inspect, does_not_invent_what_the_file_does_not_name) {
    const Inspected seen = inspected(mixture());
    for (const char* key : {"name", "size_label", "file_type"}) EXPECT_TRUE(seen.result[key].is_null()) << key;
    EXPECT_EQ(line_of(seen.table, "name"), std::nullopt);
    EXPECT_TRUE(line_of(seen.table, "quantisation")->starts_with("not named"));
    const Inspected later = inspected(mixture().key("general.file_type", 4711U));
    EXPECT_TRUE(later.result["file_type"].is_null());
    EXPECT_NE(line_of(later.table, "quantisation")->find("4711"), std::string::npos);
    EXPECT_TRUE(inspected(mixture().key("general.file_type", "q8_0")).result["file_type"].is_null());
}

TEST(Inspect, has_no_bits_per_weight_without_tensors) {
    GgufBuilder keys;
    keys.key("general.architecture", "llama")
        .key("llama.context_length", 64U)
        .key("llama.embedding_length", 64U)
        .key("llama.block_count", 1U)
        .key("llama.feed_forward_length", 64U)
        .key("llama.attention.head_count", 4U)
        .key("llama.attention.layer_norm_rms_epsilon", 1e-5F)
        .key("general.file_type", 7U);
    const Inspected seen = inspected(keys);
    EXPECT_TRUE(seen.result["bits_per_weight"].is_null());
    EXPECT_TRUE(seen.result["active_parameter_count"].is_null());
    EXPECT_EQ(line_of(seen.table, "quantisation"), "Q8_0");
    EXPECT_EQ(line_of(seen.table, "parameters"), "–  the file has no tensors");
    EXPECT_EQ(line_of(seen.table, "experts"), std::nullopt);
    EXPECT_EQ(seen.result["expert_count"], 0);
}

TEST(Inspect, names_the_tokenizer_also_where_it_does_not_load) {
    const Inspected seen =
        inspected(mixture().key("tokenizer.ggml.model", "gpt2").key("tokenizer.ggml.pre", "nobody-knows"));
    EXPECT_EQ(seen.result["tokenizer"], json::parse(R"({"model": "gpt2", "pre": "nobody-knows"})"));
    EXPECT_EQ(line_of(seen.table, "vocabulary"), "100  gpt2 (BPE), pre-tokenizer nobody-knows");
    EXPECT_EQ(inspected(mixture()).result["tokenizer"], json::parse(R"({"model": null, "pre": null})"));
    EXPECT_TRUE(inspected(mixture().key("tokenizer.ggml.model", 3U)).result["tokenizer"]["model"].is_null());
}

// Blocks for next-token prediction are stored, but an ordinary token does not pass them.
TEST(Inspect, leaves_prediction_blocks_out_of_the_active_parameters) {
    GgufBuilder file;
    file.key("general.architecture", "glm4moe");
    const auto key = [&](const char* of, test::GgufValue value) { file.key(std::string("glm4moe.") + of, value); };
    for (const char* of : {"context_length", "embedding_length", "feed_forward_length"}) key(of, 64U);
    for (const char* of : {"attention.head_count", "expert_count", "expert_used_count"}) key(of, 4U);
    key("block_count", 2U);
    key("nextn_predict_layers", 1U);
    file.tensor("token_embd.weight", "f16", {64, 100})
        .tensor("blk.0.attn_q.weight", "f16", {64, 64})
        .tensor("blk.1.attn_q.weight", "f16", {64, 64})
        .tensor("blk.1.nextn.eh_proj.weight", "f16", {128, 64});
    const json result = inspected(file).result;
    EXPECT_EQ(result["parameter_count"], 64 * 100 + 2 * 64 * 64 + 128 * 64);
    EXPECT_EQ(result["active_parameter_count"], 64 * 100 + 64 * 64);
}

TEST(Inspect, shows_no_sinks_that_the_architecture_would_not_heed) {
    const auto with_sinks = [](const char* architecture) {
        GgufBuilder file;
        const std::string prefix = std::string(architecture) + ".";
        file.key("general.architecture", architecture);
        for (const char* of : {"context_length", "embedding_length", "feed_forward_length"}) file.key(prefix + of, 64U);
        file.key(prefix + "block_count", 1U).key(prefix + "attention.head_count", 4U);
        file.tensor("token_embd.weight", "f16", {64, 100}).tensor("blk.0.attn_sinks.weight", "f32", {4});
        return inspected(file);
    };
    EXPECT_EQ(with_sinks("gpt-oss").result["sinks"], true);
    EXPECT_EQ(with_sinks("llama").result["sinks"], false) << "llama.cpp refuses the file for them";
    EXPECT_EQ(line_of(with_sinks("llama").table, "learned sinks"), std::nullopt);
}

}  // namespace
}  // namespace attnx::report

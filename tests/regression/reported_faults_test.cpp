// A Llama of two layers with one fault each, as llama.cpp's users met them, and what its loader stops at.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <functional>
#include <map>

#include "support/ask_about.h"

namespace attnx::test {
namespace {

using nlohmann::json;

constexpr std::uint32_t kTokens = 100;

// Changed before it is written; keys in this order.
struct TwoLayers {
    std::vector<std::pair<std::string, GgufValue>> keys;
    std::vector<std::pair<std::string, std::vector<std::uint64_t>>> tensors;

    TwoLayers() {
        keys = {{"general.architecture", "llama"},
                {"llama.context_length", 8192u},
                {"llama.embedding_length", 64u},
                {"llama.feed_forward_length", 128u},
                {"llama.block_count", 2u},
                {"llama.attention.head_count", 4u},
                {"llama.attention.head_count_kv", 2u},
                {"llama.attention.layer_norm_rms_epsilon", 1e-5F},
                {"llama.rope.dimension_count", 16u},
                {"tokenizer.ggml.model", "llama"}};
        std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
        std::vector<std::int32_t> types = {2, 3, 3};
        for (std::uint32_t i = 3; i < kTokens; ++i) tokens.push_back(fmt::format("t{}", i - 3)), types.push_back(1);
        set("tokenizer.ggml.tokens", tokens);
        set("tokenizer.ggml.scores", std::vector<float>(kTokens, 0.0F));
        set("tokenizer.ggml.token_type", types);
        tensors = {
            {"token_embd.weight", {64, kTokens}}, {"output_norm.weight", {64}}, {"output.weight", {64, kTokens}}};
        for (const char* block : {"blk.0.", "blk.1."})
            for (const auto& [name, shape] :
                 std::map<std::string, std::vector<std::uint64_t>>{{"attn_norm.weight", {64}},
                                                                   {"attn_q.weight", {64, 64}},
                                                                   {"attn_k.weight", {64, 32}},
                                                                   {"attn_v.weight", {64, 32}},
                                                                   {"attn_output.weight", {64, 64}},
                                                                   {"ffn_norm.weight", {64}},
                                                                   {"ffn_gate.weight", {64, 128}},
                                                                   {"ffn_up.weight", {64, 128}},
                                                                   {"ffn_down.weight", {128, 64}}})
                tensors.emplace_back(block + name, shape);
    }
    void set(const std::string& key, GgufValue value) {
        const auto found = std::ranges::find(keys, key, [](const auto& entry) { return entry.first; });
        if (found == keys.end()) keys.emplace_back(key, std::move(value));
        else found->second = std::move(value);
    }
    void without_key(const std::string& key) {
        std::erase_if(keys, [&](const auto& entry) { return entry.first == key; });
    }
    void without(const std::string& name) {
        std::erase_if(tensors, [&](const auto& tensor) { return tensor.first == name; });
    }
    void shape(const std::string& name, std::vector<std::uint64_t> shape) {
        std::ranges::find(tensors, name, [](const auto& tensor) { return tensor.first; })->second = std::move(shape);
    }
    HollowFile file() const {
        HollowFile file;
        for (const auto& [key, value] : keys) file.key(key, value);
        for (const auto& [name, shape] : tensors) file.tensor(name, shape.size() == 1 ? "f32" : "f16", shape);
        return file;
    }
};

struct ReportedFault {
    const char* name;
    std::function<void(TwoLayers&)> change;
    const char* stops_at;  // the tensor or key
    const char* part_of_message;
};

std::function<void(TwoLayers&)> lacks(const char* tensor) {
    return [tensor](TwoLayers& model) { model.without(tensor); };
}
std::function<void(TwoLayers&)> shaped(const char* tensor, std::vector<std::uint64_t> shape) {
    return [=](TwoLayers& model) { model.shape(tensor, shape); };
}
std::function<void(TwoLayers&)> says(const char* key, GgufValue value) {
    return [=](TwoLayers& model) { model.set(key, value); };
}

const std::vector<ReportedFault>& reported_faults() {
    static const std::vector<ReportedFault> kFaults = {
        {"05", shaped("blk.1.attn_k.weight", {64, 64}), "blk.1.attn_k.weight", "[64, 64], it should be [64, 32]"},
        {"06", shaped("blk.1.ffn_up.weight", {64, 160}), "blk.1.ffn_up.weight", "[64, 160], it should be [64, 128]"},
        {"07", shaped("blk.1.attn_norm.weight", {32}), "blk.1.attn_norm.weight", "[32], it should be [64]"},
        {"10", lacks("blk.1.attn_v.weight"), "blk.1.attn_v.weight", "is missing"},
        {"11", lacks("blk.1.attn_q.weight"), "blk.1.attn_q.weight", "is missing"},
        {"12", lacks("blk.1.attn_output.weight"), "blk.1.attn_output.weight", "is missing"},
        {"13", lacks("blk.1.attn_norm.weight"), "blk.1.attn_norm.weight", "is missing"},
        {"14", lacks("blk.1.ffn_down.weight"), "blk.1.ffn_down.weight", "is missing"},
        {"15", lacks("output_norm.weight"), "output_norm.weight", "is missing"},
        {"16", lacks("token_embd.weight"), "token_embd.weight", "is missing"},
        {"20", [](TwoLayers& model) { model.without_key("tokenizer.ggml.tokens"); }, "tokenizer.ggml.tokens", ""},
        {"23",
         [](TwoLayers& model) {
             model.set("tokenizer.ggml.model", "gpt2");
             model.set("tokenizer.ggml.pre", "qwen2");
         },
         "tokenizer.ggml.merges", ""},
        {"25",
         [](TwoLayers& model) {
             model.set("llama.expert_count", 4u);
             model.set("llama.expert_used_count", 2u);
         },
         "blk.0.ffn_gate_inp.weight", "is missing"},
        {"26",
         [](TwoLayers& model) {
             model.set("llama.expert_count", 4u);
             model.set("llama.expert_used_count", 0u);
         },
         "llama.expert_used_count", "0"},
        {"27", says("llama.attention.head_count_kv", "2"), "llama.attention.head_count_kv", "string"},
        {"28", says("llama.context_length", 8192.0F), "llama.context_length", "float32"},
        {"29", says("llama.attention.layer_norm_rms_epsilon", 1e-5), "llama.attention.layer_norm_rms_epsilon",
         "float64"},
        {"30", says("llama.attention.head_count", 4), "llama.attention.head_count", "int32"},
        // llama-model-loader.cpp, GKV::get_kv: a wider type is as wrong as any other.
        {"31", says("llama.block_count", std::uint64_t{2}), "llama.block_count", "uint64"},
    };
    return kFaults;
}

TEST(ReportedFaults, are_answered_by_check_with_what_llama_cpp_stops_at) {
    for (const ReportedFault& fault : reported_faults()) {
        SCOPED_TRACE(fault.name);
        TwoLayers model;
        fault.change(model);
        const json check = FileOnDisk(model.file()).ask({"check"}, 1);
        const json& row = check.at("result").at("files").at(0);
        EXPECT_EQ(row.at("loads"), false);
        EXPECT_EQ(row.at("kind"), "model");
        EXPECT_EQ(row.at("refusal").at("name"), fault.stops_at);
        EXPECT_NE(row.at("refusal").at("message").get<std::string>().find(fault.part_of_message), std::string::npos)
            << row;
        EXPECT_GT(row.at("errors").get<std::uint64_t>(), 0u);
    }
}

TEST(ReportedFaults, leave_the_cost_of_what_the_keys_say_as_an_estimate_with_the_reason) {
    for (const ReportedFault& fault : reported_faults()) {
        SCOPED_TRACE(fault.name);
        TwoLayers model;
        fault.change(model);
        const FileOnDisk file(model.file());
        const std::string name = fault.name;
        if (name == "27" || name == "28") {  // a count that is none: nothing can be worked out
            EXPECT_EQ(file.ask({"kv-cost", "-c", "1024"}, 2).at("error").at("code"), "wrong-type");
            continue;
        }
        const json cost = file.ask({"kv-cost", "-c", "1024"});
        EXPECT_EQ(cost.at("result").at("total_bytes"), 2 * 2 * 1024 * 32 * 2);  // layers, K and V, cells, width, f16
        EXPECT_NE(findings_about(cost, "llama-cpp-refuses"), "") << cost;
        const bool of_the_vocabulary = std::string_view(fault.stops_at).starts_with("tokenizer.");
        EXPECT_EQ(cost.at("result").at("exact"), of_the_vocabulary);
    }
}

TEST(ReportedFaults, without_one_the_model_is_whole_tied_output_or_not) {
    TwoLayers model;
    EXPECT_EQ(FileOnDisk(model.file()).ask({"check"}).at("result").at("files").at(0).at("verdict"), "whole");
    model.without("output.weight");
    EXPECT_EQ(FileOnDisk(model.file()).ask({"check"}).at("result").at("files").at(0).at("verdict"), "whole");
}

}  // namespace
}  // namespace attnx::test

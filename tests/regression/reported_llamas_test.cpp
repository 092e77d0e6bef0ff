// A small Llama in the forms it was met in: whole, cut short, in parts, of a fork, of old times, and with one fault.
#include <gtest/gtest.h>

#include "support/ask_about.h"
#include "support/reported_files.h"

namespace attnx::test {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSmallCache = 4 * 2 * 8192 * 64 * 2;  // layers, K and V, cells, 2 heads of 32, f16

TEST(ReportedLlamas, the_whole_one_is_whole_and_loads) {
    EXPECT_EQ(FileOnDisk(small_llama()).size(), 5492352u);
    HollowFile model = small_llama();
    const json row = FileOnDisk(model.vocabulary(1000)).ask({"check"}).at("result").at("files").at(0);
    EXPECT_EQ(row.at("verdict"), "whole");
    EXPECT_EQ(row.at("kind"), "model");
    EXPECT_EQ(row.at("loads"), true);
}

TEST(ReportedLlamas, without_a_vocabulary_only_that_is_wrong) {
    const json check = FileOnDisk(small_llama()).ask({"check"}, 1);
    ASSERT_EQ(check.at("findings").size(), 1u) << check;
    EXPECT_NE(findings_about(check, "llama-cpp-refuses").find("tokenizer.ggml.model is missing"), std::string::npos);
}

TEST(ReportedLlamas, the_beginning_of_a_file_answers_what_the_header_holds_with_a_warning) {
    const FileOnDisk bare(small_llama());
    bare.cut(8000);
    HollowFile model = small_llama();
    const FileOnDisk with_vocabulary(model.vocabulary(300));
    with_vocabulary.cut(40000);
    for (const FileOnDisk* file : {&bare, &with_vocabulary}) {
        for (const char* command : {"inspect", "metadata", "kv-cost"})
            EXPECT_NE(findings_about(file->ask({command}), "truncated-data"), "") << command;
        EXPECT_EQ(file->ask({"kv-cost", "-c", "8192"}).at("result").at("total_bytes"), kSmallCache);
    }
    const json tokens = with_vocabulary.ask({"tokenize", "-p", "hi"});
    EXPECT_FALSE(tokens.at("result").at("tokens").empty());
    EXPECT_NE(findings_about(tokens, "truncated-data"), "");
}

TEST(ReportedLlamas, the_first_of_three_parts_answers_and_says_that_two_are_missing) {
    HollowFile part = first_part_of_three();
    const FileOnDisk file(part.vocabulary(300), "only-00001-of-00003.gguf");
    for (const std::vector<std::string>& question : {std::vector<std::string>{"metadata"},
                                                     {"inspect"},
                                                     {"tensors"},
                                                     {"kv-cost", "-c", "8192"},
                                                     {"tokenize", "-p", "hi"},
                                                     {"compute-cost", "-c", "1024"}}) {
        const json answer = file.ask(question);
        EXPECT_NE(findings_about(answer, "truncated-data").find("of 3 parts 2 are missing"), std::string::npos)
            << question.front();
    }
    const json cost = file.ask({"kv-cost", "-c", "8192"}).at("result");
    EXPECT_EQ(cost.at("total_bytes"), kSmallCache);
    EXPECT_EQ(cost.at("exact"), true);  // the keys are all there
    EXPECT_EQ(file.ask({"inspect"}).at("result").at("kind"), "model");
}

TEST(ReportedLlamas, work_is_counted_for_the_parts_that_are_missing_too) {
    const auto work = [](const HollowFile& model, const std::string& name) {
        return FileOnDisk(model, name).ask({"compute-cost", "-c", "1024"}).at("result");
    };
    const auto flops = [](const json& cost) { return cost.at("total_flops").get<double>(); };
    const json whole = work(small_llama(), "m.gguf");
    HollowFile empty = first_part_of_three();
    HollowFile some = first_part_of_three();
    some.vocabulary(1000);
    some.tensor("token_embd.weight", "f16", {256, 1000}).tensor("output_norm.weight", "f32", {256});
    some.tensor("blk.0.attn_norm.weight", "f32", {256}).tensor("blk.0.attn_q.weight", "f16", {256, 256});
    for (const HollowFile& part : {empty.vocabulary(1000), some}) {
        const json cost = work(part, "m-00001-of-00003.gguf");
        EXPECT_EQ(cost.at("counted_from_tensors"), false);
        EXPECT_EQ(flops(cost), flops(whole));
    }
}

TEST(ReportedLlamas, a_forks_types_are_one_warning_and_have_the_size_that_offsets_tell) {
    const FileOnDisk file(small_llama_of_a_fork());
    EXPECT_EQ(file.size(), 2033312u);
    const json check = file.ask({"check"}, 1);
    const std::string warnings = findings_about(check, "unknown-tensor-type");
    EXPECT_EQ(std::ranges::count(warnings, '\n'), 1) << warnings;
    EXPECT_NE(warnings.find("28 tensors (the first is blk.0.attn_q.weight) have the types 144, 156"),
              std::string::npos);
    std::uint64_t all = 0;
    const json tensors = file.ask({"tensors"});
    for (const json& tensor : tensors.at("result").at("tensors")) {
        EXPECT_GT(tensor.at("bytes").get<std::uint64_t>(), 0u) << tensor;
        if (tensor.at("name") == "blk.0.attn_k.weight") {
            EXPECT_EQ(tensor.at("bytes"), 64 * 140);
        }
        all += tensor.at("bytes").get<std::uint64_t>();
    }
    const json inspected = file.ask({"inspect"});
    for (const json& row : inspected.at("result").at("quantization"))
        EXPECT_GT(row.at("bytes").get<std::uint64_t>(), 0u) << row;
    // What fits is what is left beside all of them: 1024 bytes a token, in steps of 256.
    const json budget =
        file.ask({"kv-cost", "--budget", "16MiB", "--with-weights", "-ctk", "f16", "-ctv", "f16"}).at("result");
    EXPECT_EQ(budget.at("weight_bytes"), all);
    const std::uint64_t fits = ((16u << 20) - all) / 1024 / 256 * 256;
    EXPECT_EQ(budget.at("rows").at(0).at("context"), fits);
}

TEST(ReportedLlamas, nothing_is_said_to_fit_beside_weights_of_unknown_size) {
    const FileOnDisk file(small_llama_of_a_fork());
    file.cut(1000000);  // where the last tensor ends nobody knows
    EXPECT_EQ(file.ask({"kv-cost", "--budget", "16MiB", "--with-weights"}, 2).at("error").at("code"), "refused");
    const json tensors = file.ask({"tensors"});
    for (const json& tensor : tensors.at("result").at("tensors")) EXPECT_NE(tensor.at("bytes"), 0) << tensor;
}

TEST(ReportedLlamas, a_missing_block_is_named_by_check_and_by_the_cost) {
    EXPECT_EQ(FileOnDisk(small_llama_without_last_block()).size(), 4375680u);
    HollowFile model = small_llama_without_last_block();
    const FileOnDisk file(model.vocabulary(1000));
    const json check = file.ask({"check"}, 1), cost = file.ask({"kv-cost", "-c", "8192"});
    for (const json& answer : {check, cost})
        EXPECT_NE(findings_about(answer, "layer-count-disagrees").find("block 3 of 4 has no tensors"),
                  std::string::npos);
    EXPECT_EQ(cost.at("result").at("total_bytes"), kSmallCache);
    EXPECT_EQ(cost.at("result").at("exact"), false);
    EXPECT_EQ(check.at("result").at("files").at(0).at("refusal").at("name"), "blk.3.attn_norm.weight");
}

TEST(ReportedLlamas, an_early_mixtral_lacks_the_stacks_of_its_experts) {
    EXPECT_EQ(FileOnDisk(mixtral_of_early_2024()).size(), 5896352u);
    HollowFile model = mixtral_of_early_2024();
    const FileOnDisk file(model.vocabulary(1000));
    const json check = file.ask({"check"}, 1);
    EXPECT_EQ(check.at("result").at("files").at(0).at("refusal").at("name"), "blk.0.ffn_down_exps.weight");
    // 4 layers of 4 experts: 15 beside the one that is named.
    EXPECT_NE(findings_about(check, "tensor-superfluous").find("15 more like it, in layers 0-3\n"), std::string::npos);
    EXPECT_EQ(file.ask({"kv-cost", "-c", "8192"}).at("result").at("total_bytes"), kSmallCache);
}

}  // namespace
}  // namespace attnx::test

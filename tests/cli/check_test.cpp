// attnx check: whether llama.cpp would load a file, and what it would stop at.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "support/golden.h"
#include "support/golden_model.h"
#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"

namespace attnx {
namespace {

using nlohmann::json;

// A model that loads, and the same with a fault.
struct Files {
    test::TempDir folder;
    std::string whole = (folder / "whole.gguf").string(), broken = (folder / "broken.gguf").string();

    static test::GoldenParts parts() { return test::golden_parts(test::golden_path("llama")); }

    Files() { parts().build(test::Weights::zero).write(whole); }
    void without_tensor(const std::string& name) const {
        test::GoldenParts less = parts();
        std::erase_if(less.tensors, [&](const test::GoldenTensor& tensor) { return tensor.name == name; });
        less.build(test::Weights::zero).write(broken);
    }
    // A BPE vocabulary of the right size that has no merges.
    void without_merges() const {
        test::GoldenParts other = parts();
        for (auto& [key, value] : other.metadata)
            if (key == "tokenizer.ggml.model") value = test::GgufValue("gpt2");
        std::vector<std::string> tokens;
        for (int i = 0; i < 64; ++i) tokens.push_back("t" + std::to_string(i));
        other.metadata.emplace_back("tokenizer.ggml.tokens", tokens);
        other.build(test::Weights::zero).write(broken);
    }
};

json checked(const std::vector<std::string>& paths, int status) {
    std::vector<std::string> arguments = {"check", "--json"};
    arguments.insert(arguments.end(), paths.begin(), paths.end());
    const test::Result result = test::run_cli(arguments);
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_TRUE(test::contract_violations(result.out).empty());
    return json::parse(result.out);
}

TEST(CheckLoads, says_yes_of_a_model_that_loads) {
    const Files files;
    const json result = checked({files.whole}, 0).at("result");
    EXPECT_EQ(result.at("llama_cpp_build"), "b12032");
    EXPECT_EQ(result.at("files").at(0).at("loads"), true);
    EXPECT_TRUE(result.at("files").at(0).at("refusal").is_null());
}

TEST(CheckLoads, names_the_tensor_that_is_missing) {
    const Files files;
    files.without_tensor("blk.1.attn_k.weight");
    const json answer = checked({files.whole, files.broken}, 1);
    const json& file = answer.at("result").at("files").at(1);
    EXPECT_EQ(file.at("loads"), false);
    EXPECT_EQ(file.at("verdict"), "errors");
    EXPECT_EQ(file.at("refusal").at("name"), "blk.1.attn_k.weight");
    EXPECT_NE(file.at("refusal").at("message").get<std::string>().find("missing"), std::string::npos);
}

TEST(CheckLoads, is_an_answer_of_no_though_nothing_else_is_wrong) {
    const Files files;
    files.without_merges();
    const json answer = checked({files.broken}, 1);
    EXPECT_EQ(answer.at("result").at("files").at(0).at("errors"), 1);
    EXPECT_EQ(answer.at("result").at("files").at(0).at("refusal").at("name"), "tokenizer.ggml.merges");
    EXPECT_EQ(answer.at("findings").back().at("id"), "llama-cpp-refuses");
}

// A list of the tensors of a million layers would take minutes.
TEST(CheckLoads, counts_no_more_layers_than_llama_cpp_takes) {
    const Files files;
    test::GoldenParts parts = test::golden_parts(test::golden_path("clef"));
    for (auto& [key, value] : parts.metadata)
        if (key == "clef.decision.routing_block_count") value = 1048576U;
    parts.build(test::Weights::zero).write(files.broken);
    const json answer = checked({files.broken}, 1);
    EXPECT_EQ(answer.at("result").at("files").at(0).at("refusal").at("name"), "clef.decision.routing_block_count");
}

TEST(CheckLoads, shows_people_a_column_and_the_reason) {
    const Files files;
    files.without_merges();
    const test::Result result = test::run_cli({"check", files.whole, files.broken});
    EXPECT_NE(result.out.find("llama.cpp"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("loads"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("refuses"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("llama.cpp (b12032) refuses"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("tokenizer.ggml.merges"), std::string::npos) << result.out;
}

TEST(CheckLoads, answers_for_a_file_that_attnx_cannot_read_either) {
    const Files files;
    test::GgufBuilder().version(9).write(files.broken);
    const test::Result result = test::run_cli({"check", "--json", files.whole, files.broken});
    EXPECT_EQ(result.status, 2);
    const json file = json::parse(result.out).at("result").at("files").at(1);
    EXPECT_EQ(file.at("loads"), false);
    EXPECT_NE(file.at("refusal").at("message").get<std::string>().find("version"), std::string::npos);
}

TEST(CheckData, reads_the_numbers_when_asked) {
    const Files files;
    test::GoldenParts parts = Files::parts();
    parts.tensors.front().scale = 0;
    parts.tensors.front().bias = std::numeric_limits<float>::infinity();
    parts.build(test::Weights::real).write(files.broken);
    EXPECT_EQ(checked({files.broken}, 0).at("result").at("files").at(0).contains("data"), false);
    const json answer = checked({"--data", files.whole, files.broken}, 1);
    EXPECT_EQ(answer.at("result").at("files").at(0).at("data").at("invalid"), 0);
    EXPECT_EQ(answer.at("result").at("files").at(1).at("data").at("invalid"), 1);
    EXPECT_EQ(answer.at("result").at("files").at(1).at("loads"), true) << "llama.cpp looks only when told to";
    EXPECT_NE(answer.dump().find("is infinite"), std::string::npos);
    EXPECT_NE(answer.dump().find("invalid-data"), std::string::npos);
}

TEST(ModelCommands, say_that_llama_cpp_refuses_the_file_and_answer_all_the_same) {
    const Files files;
    files.without_merges();
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"inspect", files.broken},
                                                      {"kv-cost", files.broken, "--ctx", "512"},
                                                      {"weights", files.broken},
                                                      {"compute-cost", files.broken, "--ctx", "512"},
                                                      {"attend", files.broken, "--tokens", "1,2,3"}}) {
        const test::Result result = test::run_cli(arguments);
        EXPECT_EQ(result.status, 0) << arguments.front() << ": " << result.err;
        const std::string all = result.out + result.err;
        EXPECT_NE(all.find("llama.cpp (b12032) refuses this file: key tokenizer.ggml.merges"), std::string::npos)
            << arguments.front() << ": " << all;
    }
}

}  // namespace
}  // namespace attnx

// MODEL "-": a header on standard input.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/hollow_file.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

namespace attnx::test {
namespace {

std::string tiny_bytes() {
    const std::vector<std::byte> bytes = TinyModel{}.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(StandardInput, is_a_model_for_those_who_read_a_header_alone) {
    for (const char* command : {"inspect", "tensors", "metadata"}) {
        const Result result = run({.arguments = {command, "-", "--json"}, .input = tiny_bytes()});
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(nlohmann::json::parse(result.out)["model"]["path"], "-");
    }
    const Result cost = run({.arguments = {"kv-cost", "-", "-c", "256"}, .input = tiny_bytes()});
    EXPECT_EQ(cost.status, 0) << cost.err;
}

TEST(StandardInput, need_not_hold_the_tensors_data) {
    const std::string bytes = tiny_bytes();
    const Result result = run({.arguments = {"inspect", "-"}, .input = bytes.substr(0, bytes.size() / 2)});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("llama"), std::string::npos);
    EXPECT_EQ((result.out + result.err).find("truncated-data"), std::string::npos) << result.out;
    const std::string whole = run({.arguments = {"inspect", "-"}, .input = bytes}).out;
    EXPECT_EQ(result.out, whole) << "no word of what is missing, and the size that it will have";
}

TEST(StandardInput, is_read_no_further_than_the_header) {
    const TempDir dir;
    HollowFile model;
    model.key("general.architecture", "llama").key("llama.block_count", 1U).vocabulary(100000);
    model.tensor("token_embd.weight", "f16", {1024, 1 << 20});
    model.write(dir / "m.gguf");
    const Result result = in_shell("cat \"$1\" | attnx inspect - --json", {(dir / "m.gguf").string()});
    EXPECT_EQ(result.status, 0) << "two gigabytes are not read: " << result.err;
    EXPECT_NE(result.out.find("\"vocabulary_size\": 100000"), std::string::npos);
}

TEST(StandardInput, is_refused_where_it_cannot_be_a_model) {
    const auto refusal = [](std::vector<std::string> line, const std::string& input) {
        const Result result = run({.arguments = std::move(line), .input = input});
        EXPECT_EQ(result.status, 2);
        return result.err;
    };
    EXPECT_NE(refusal({"inspect", "-"}, "no model").find("[not-gguf]"), std::string::npos);
    EXPECT_NE(refusal({"inspect", "-"}, tiny_bytes().substr(0, 100)).find("can hold at most"), std::string::npos);
    EXPECT_NE(refusal({"inspect", "-"}, "").find("[empty-file]"), std::string::npos);
    for (const char* command : {"check", "weights"})
        EXPECT_NE(refusal({command, "-"}, tiny_bytes()).find("read a header alone"), std::string::npos) << command;
    const Result terminal = run({.arguments = {"inspect", "-"}, .terminal = true});
    EXPECT_EQ(terminal.status, 2);
}

}  // namespace
}  // namespace attnx::test

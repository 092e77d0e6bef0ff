// attnx ls, typed at a prompt: folders and stores as they lie on disks.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/console_blocks.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/hollow_file.h"
#include "support/json_contract.h"
#include "support/run_cli.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

namespace attnx::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Typed = std::vector<std::string>;

class Ls : public ::testing::Test {
protected:
    void put(const fs::path& path, const TinyModel& model = {}) const {
        fs::create_directories((dir / path).parent_path());
        const std::vector<std::byte> bytes = model.bytes();
        std::ofstream(dir / path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    void write(const fs::path& path, const std::string& text) const {
        fs::create_directories((dir / path).parent_path());
        std::ofstream(dir / path, std::ios::binary) << text;
    }
    Result type(Typed line) const {
        line.insert(line.begin(), "ls");
        return run({.arguments = std::move(line),
                    .environment = {{"HF_HOME", (dir / "hf").string()}, {"OLLAMA_MODELS", (dir / "ollama").string()}},
                    .directory = dir.path()});
    }
    json models(Typed line) const {
        line.emplace_back("--json");
        const Result result = type(std::move(line));
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(contract_violations(result.out), Typed{});
        return json::parse(result.out)["result"]["models"];
    }

    TempDir dir;
};

TEST_F(Ls, tells_of_each_file_what_its_header_says) {
    put("a.gguf");
    put("b.gguf", {.heads = 4, .kv_heads = 1, .context = 128});
    GgufBuilder().key("general.type", "imatrix").write(dir / "c.gguf");
    GgufBuilder().version(9).write(dir / "d.gguf");
    GoldenParts parts = golden_parts(golden_path("llama"));
    parts.build(Weights::zero).write(dir / "e.gguf");
    std::erase_if(parts.tensors, [](const GoldenTensor& tensor) { return tensor.name == "blk.1.attn_k.weight"; });
    parts.build(Weights::zero).write(dir / "f.gguf");
    const json all = models({".", "--ctx", "512,64"});
    ASSERT_EQ(all.size(), 6U);
    EXPECT_EQ(all[0]["model"], "a.gguf");
    EXPECT_EQ(all[0]["architecture"], "llama");
    EXPECT_EQ(all[0]["head_count"], 2);
    EXPECT_EQ(all[0]["head_dim_k"], 8);
    EXPECT_EQ(all[0]["attention_kind"], "MHA");
    EXPECT_EQ(all[0]["context_length"], 64);
    EXPECT_EQ(all[0]["size_bytes"], fs::file_size(dir / "a.gguf"));
    EXPECT_EQ(all[0]["kv_bytes_at"][0]["context"], 512);
    EXPECT_EQ(all[0]["kv_bytes_at"][0]["bytes"], 512 * 2 * 2 * 16 * 2) << "cells, K and V, layers, width, f16";
    EXPECT_EQ(all[0]["kv_bytes_at"][1]["bytes"], 256 * 2 * 2 * 16 * 2) << "contexts are padded to 256";
    EXPECT_EQ(all[1]["attention_kind"], "MQA");
    EXPECT_EQ(all[2]["verdict"], "imatrix");
    EXPECT_EQ(all[2]["kind"], "imatrix");
    EXPECT_EQ(all[3]["verdict"], "unreadable");
    EXPECT_NE(all[3]["reason"].get<std::string>().find("version"), std::string::npos);
    EXPECT_EQ(all[4]["verdict"], "loads");
    EXPECT_TRUE(all[4]["reason"].is_null());
    EXPECT_EQ(all[5]["verdict"], "refuses");
    EXPECT_NE(all[5]["reason"].get<std::string>().find("blk.1.attn_k.weight"), std::string::npos);
    const Result shown = type({"."});
    EXPECT_NE(shown.out.find("Why not"), std::string::npos) << shown.out;
    EXPECT_NE(shown.out.find("KV at 8k"), std::string::npos) << shown.out;
}

TEST_F(Ls, finds_folders_below_the_hub_s_cache_and_ollama_s_store) {
    const std::string commit(40, 'c'), hash(64, '1'), absent(64, '2');
    put("m/n/x.gguf");
    put("hf/hub/models--org--Repo/blobs/e");
    write("hf/hub/models--org--Repo/refs/main", commit);
    fs::create_directories(dir / "hf/hub/models--org--Repo/snapshots" / commit);
    fs::create_symlink("../../blobs/e", dir / "hf/hub/models--org--Repo/snapshots" / commit / "m-Q4_0.gguf");
    put("ollama/blobs/sha256-" + hash);
    const auto manifest = [](const std::string& digest) {
        return R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" + digest + "\"}]}";
    };
    write("ollama/manifests/registry.ollama.ai/library/tiny/latest", manifest(hash));
    write("ollama/manifests/registry.ollama.ai/library/tiny/lost", manifest(absent));
    const auto names = [](const json& rows) {
        Typed all;
        for (const json& row : rows) all.push_back(row["model"]);
        return all;
    };
    EXPECT_EQ(names(models({"m"})), Typed{});
    EXPECT_EQ(names(models({"-r", "m"})), Typed{"m/n/x.gguf"});
    const json all = models({});
    EXPECT_EQ(names(all), (Typed{"hf:org/Repo:m-Q4_0.gguf", "ollama:tiny:latest", "ollama:tiny:lost"}));
    EXPECT_EQ(all[0]["verdict"], all[1]["verdict"]) << "the same file";
    EXPECT_EQ(all[0]["parameters"], all[1]["parameters"]);
    EXPECT_EQ(all[2]["verdict"], "unreadable");
    EXPECT_EQ(names(models({"hf:org/"})), Typed{"hf:org/Repo:m-Q4_0.gguf"});
    EXPECT_EQ(names(models({"hf:other"})), Typed{});
    EXPECT_EQ(names(models({"ollama:tiny:la"})), Typed{"ollama:tiny:latest"});
    EXPECT_EQ(type({"nowhere"}).status, 2);
    EXPECT_NE(type({"m"}).out.find("No models here"), std::string::npos);
}

TEST_F(Ls, tells_names_that_every_command_takes) {
    const std::string hash(64, '1');
    put("ollama/blobs/sha256-" + hash);
    write("ollama/manifests/registry.ollama.ai/library/tiny/latest",
          R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" + hash + "\"}]}");
    for (const Typed& line : {Typed{"inspect", "ollama:tiny"},
                              {"tensors", "ollama:tiny"},
                              {"metadata", "ollama:tiny"},
                              {"kv-cost", "ollama:tiny", "-c", "256"},
                              {"check", "ollama:tiny"},
                              {"values", "ollama:tiny", "output_norm.weight"},
                              {"weights", "ollama:tiny"},
                              {"attend", "ollama:tiny", "--tokens", "1,2"},
                              {"diff", "ollama:tiny", "ollama:tiny"}}) {
        const Result result = run({.arguments = line, .environment = {{"OLLAMA_MODELS", (dir / "ollama").string()}}});
        EXPECT_LE(result.status, 1) << line.front() << ": " << result.err;
    }
    const auto refusal = [](const Typed& line) {
        const Result result = run({.arguments = line, .environment = {{"OLLAMA_MODELS", "/nowhere"}}});
        EXPECT_EQ(result.status, 2);
        return result.err;
    };
    const std::string whole = refusal({"attend", "ollama:lost", "-p", "x"}),
                      part = refusal({"inspect", "ollama:lost", "--offline"});
    EXPECT_NE(whole.find("`attnx ls ollama:` tells what is there [cannot-open]"), std::string::npos) << whole;
    EXPECT_NE(part.find("--offline fetches nothing [not-fetched]"), std::string::npos) << part;
}

TEST_F(Ls, has_a_line_of_json_for_each_model_and_lets_no_control_character_through) {
    put("a.gguf");
    GgufBuilder().key("general.architecture", "x\x1b[2J").key("general.name", "\x1b[31m").write(dir / "b\x1b.gguf");
    const Result lines = type({".", "--format", "jsonl"});
    const Typed rows = lines_of(lines.out);
    ASSERT_EQ(rows.size(), 2U) << lines.out;
    EXPECT_EQ(json::parse(rows[0])["model"], "a.gguf");
    for (const char* format : {"jsonl", "table", "csv", "markdown"})
        EXPECT_EQ(type({".", "--format", format}).out.find('\x1b'), std::string::npos) << format;
}

TEST_F(Ls, reads_a_thousand_headers_in_seconds) {
    HollowFile model;
    model.key("general.architecture", "llama").key("llama.block_count", 1U).vocabulary(30000);
    model.write(dir / "first.gguf");
    for (int i = 0; i < 1000; ++i) fs::create_hard_link(dir / "first.gguf", dir / ("m" + std::to_string(i) + ".gguf"));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(models({"."}).size(), 1001U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << "on a machine that is busy";
}

}  // namespace
}  // namespace attnx::test

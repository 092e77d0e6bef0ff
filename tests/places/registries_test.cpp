// Names on a hub and in a registry, both played by nginx.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/on_nginx.h"

namespace attnx::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

constexpr const char* kToken = "hf_s3cret";

std::string model_file(std::uint32_t heads) { return file_of({.heads = heads, .kv_heads = heads}); }

// As huggingface.co answers: files lie on another server, which gets no token; private repositories want one.
class HubOnNginx : public OnNginx {
protected:
    static void SetUpTestSuite() {
        begin(
            "location ~ ^/(api/models/)?closed/ { if ($http_authorization != \"Bearer hf_s3cret\") { return 401; }"
            " rewrite ^/(.*/resolve/.*)$ http://OTHER/cdn/$1?signature=s3cret redirect; }"
            "location ~ /resolve/ { rewrite ^/(.*)$ http://OTHER/cdn/$1?signature=s3cret redirect; }"
            "location ~ /blobs/ { rewrite ^/(.*)$ http://OTHER/cdn/$1?signature=s3cret redirect; }");
    }
    void SetUp() override {
        OnNginx::SetUp();
        if (IsSkipped()) return;
        for (const char* owner : {"org", "closed"}) {
            const std::string repo = std::string(owner) + "/Repo-GGUF";
            list(repo, "main", now,
                 {"README.md", "m-Q4_K_M.gguf", "m.q8_0.gguf", "mmproj-Q8_0.gguf", "a b/m-F16.gguf"});
            list(repo, "v1", old, {"m.gguf"});
            for (const auto& [file, heads] : std::map<std::string, std::uint32_t>{{now + "/m-Q4_K_M.gguf", 2},
                                                                                  {now + "/m.q8_0.gguf", 4},
                                                                                  {now + "/a b/m-F16.gguf", 8},
                                                                                  {old + "/m.gguf", 1}})
                server().put("cdn/" + repo + "/resolve/" + file, model_file(heads));
        }
    }
    static void list(const std::string& repo, const std::string& revision, const std::string& commit,
                     const Lines& files) {
        nlohmann::json answer = {{"id", repo}, {"sha", commit}, {"siblings", nlohmann::json::array()}};
        for (const std::string& file : files) answer["siblings"].push_back({{"rfilename", file}});
        server().put("api/models/" + repo + "/revision/" + revision, answer.dump());
    }
    Result ask(Lines line, std::map<std::string, std::string> more = {}) const {
        std::string base = server().url("");
        base.pop_back();
        more.insert({{"HF_ENDPOINT", base},
                     {"ATTNX_OLLAMA_REGISTRY", base},
                     {"HF_HOME", (home / "hf").string()},
                     {"OLLAMA_MODELS", (home / "ollama").string()}});
        return home(std::move(line), std::move(more));
    }
    int heads_of(const std::string& name, const std::map<std::string, std::string>& more = {}) const {
        const Result result = ask({"inspect", name, "--json"}, more);
        EXPECT_EQ(result.status, 0) << result.err;
        return result.status == 0 ? nlohmann::json::parse(result.out)["result"]["head_count"].get<int>() : 0;
    }
    std::string refusal(const std::string& name, const std::map<std::string, std::string>& more = {}) const {
        const Result result = ask({"inspect", name}, more);
        EXPECT_EQ(result.status, 2) << result.out;
        return result.err;
    }
    const std::string old = std::string(40, 'a'), now = std::string(40, 'b');
};

TEST_F(HubOnNginx, has_files_by_name_quantisation_and_revision) {
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF:Q4_K_M"), 2);
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF:m.q8_0.gguf"), 4);
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF/a b/m-F16.gguf"), 8);
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF@v1"), 1);
    const std::string several = refusal("hf:org/Repo-GGUF");
    EXPECT_NE(several.find("may be any of hf:org/Repo-GGUF:m-Q4_K_M.gguf, hf:org/Repo-GGUF:m.q8_0.gguf"),
              std::string::npos)
        << several;
    EXPECT_EQ(several.find("mmproj"), std::string::npos);
    EXPECT_NE(refusal("hf:org/Repo-GGUF:Q2_K").find("no such GGUF file"), std::string::npos);
    EXPECT_NE(refusal("hf:org/Other").find("(404)"), std::string::npos);
    EXPECT_NE(refusal("hf:org/Repo-GGUF@v9").find("(404)"), std::string::npos);
    const Result shown = ask({"inspect", "hf:org/Repo-GGUF:Q4_K_M", "--json"});
    EXPECT_EQ(nlohmann::json::parse(shown.out)["model"]["path"],
              server().url("org/Repo-GGUF/resolve/" + now + "/m-Q4_K_M.gguf"));
}

TEST_F(HubOnNginx, is_asked_for_what_its_cache_on_disk_does_not_have) {
    const fs::path repo = home / "hf/hub/models--org--Repo-GGUF", snapshot = repo / "snapshots" / now;
    fs::create_directories(repo / "refs");
    fs::create_directories(repo / "blobs");
    fs::create_directories(snapshot);
    std::ofstream(repo / "refs/main") << now;
    std::ofstream(repo / "blobs/e", std::ios::binary) << model_file(16);
    fs::create_symlink("../../blobs/e", snapshot / "m-Q4_K_M.gguf");
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF:Q4_K_M"), 16);
    EXPECT_EQ(server().requests().size(), 0U);
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF:q8_0"), 4);
}

TEST_F(HubOnNginx, gets_its_token_and_nobody_else_does) {
    EXPECT_NE(refusal("hf:closed/Repo-GGUF:Q4_K_M").find("(401): HF_TOKEN"), std::string::npos);
    for (const char* how : {"HF_TOKEN", "file"}) {
        std::map<std::string, std::string> more;
        if (how == std::string("file")) {
            fs::create_directories(home / "hf");
            std::ofstream(home / "hf/token") << kToken << "\n";
        } else {
            more["HF_TOKEN"] = kToken;
        }
        server().forget();
        EXPECT_EQ(heads_of("hf:closed/Repo-GGUF:Q4_K_M", more), 2) << how;
        bool sent = false;
        for (const std::string& line : server().requests()) {
            const bool to_hub = server().url("").find(line.substr(0, line.find(' '))) != std::string::npos;
            EXPECT_EQ(line.find(kToken) != line.npos, to_hub) << line;
            sent = sent || line.find(kToken) != line.npos;
        }
        EXPECT_TRUE(sent);
        fs::remove(home / "hf/token");
        EXPECT_EQ(home.everything_kept().find("s3cret"), std::string::npos);
    }
    const Result plain =
        ask({"inspect", server().other("cdn/org/Repo-GGUF/resolve/" + old + "/m.gguf")}, {{"HF_TOKEN", kToken}});
    EXPECT_EQ(plain.status, 0) << plain.err;
    EXPECT_EQ(server().requests().back().find(kToken), std::string::npos);
    const std::string strange = refusal("hf:org/Repo-GGUF@v1", {{"HF_TOKEN", "s3cret\nurl = \"http://x\""}});
    EXPECT_NE(strange.find("characters that no token has"), std::string::npos) << strange;
    EXPECT_EQ(strange.find("s3cret"), std::string::npos);
}

TEST_F(HubOnNginx, is_asked_by_a_curl_whose_command_line_tells_nothing) {
    fs::create_directories(home / "bin");
    std::ofstream(home / "bin/curl") << "#!/bin/sh\nprintf '%s\\n' \"$@\" >> '" << (home / "arguments").string()
                                     << "'\nexec /usr/bin/curl \"$@\"\n";
    fs::permissions(home / "bin/curl", fs::perms::owner_all);
    EXPECT_EQ(heads_of("hf:closed/Repo-GGUF:Q4_K_M",
                       {{"HF_TOKEN", kToken}, {"PATH", (home / "bin").string() + ":/usr/bin:/bin"}}),
              2);
    std::ifstream in(home / "arguments");
    const std::string arguments{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NE(arguments.find("--config\n-\n"), std::string::npos) << arguments;
    EXPECT_EQ(arguments.find("s3cret"), std::string::npos);
    EXPECT_NE(refusal("hf:org/Repo-GGUF@v1", {{"PATH", "/nowhere"}}).find("curl: cannot be run"), std::string::npos);
}

TEST_F(HubOnNginx, may_say_anything) {
    const std::string place = "api/models/org/Wild/revision/main";
    for (const auto& [words, text] : std::map<std::string, std::string>{
             {"names no commit", "{"},
             {"names no commit ", R"({"sha":"../..","siblings":[]})"},
             {"names no commit  ", R"({"sha":7})"},
             {"no such GGUF file", R"({"sha":"c","siblings":[{"rfilename":"../../x.gguf"},3,{"rfilename":4},{}]})"},
             {"no such GGUF file ", R"({"sha":"c","siblings":"x"})"},
             {"[not-fetched]", R"({"sha":"c?x","siblings":[{"rfilename":"\u001b[2J x.gguf"}]})"}}) {
        server().put(place, text);
        const std::string line = refusal("hf:org/Wild");
        EXPECT_NE(line.find(words.substr(0, words.find_last_not_of(' ') + 1)), std::string::npos) << line;
        EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }
}

TEST_F(HubOnNginx, is_not_needed_for_what_was_fetched_before) {
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF:Q4_K_M"), 2);
    server().forget();
    const Result kept = ask({"inspect", "hf:org/Repo-GGUF:Q4_K_M", "--offline", "--json"});
    EXPECT_EQ(kept.status, 0) << kept.err;
    EXPECT_EQ(server().requests().size(), 0U);
    EXPECT_NE(
        ask({"inspect", "hf:org/Repo-GGUF:q8_0", "--offline"}).err.find("--offline fetches nothing [not-fetched]"),
        std::string::npos);
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF:Q4_K_M"), 2);
    for (const std::string& line : server().requests())
        EXPECT_TRUE(line.find("status=304") != line.npos || line.find("status=302") != line.npos) << line;
    server().put("cdn/org/Repo-GGUF/resolve/" + now + "/m-Q4_K_M.gguf", model_file(8) + "x");
    EXPECT_EQ(heads_of("hf:org/Repo-GGUF:Q4_K_M"), 8) << "what was replaced is fetched anew";
}

TEST_F(HubOnNginx, plays_ollama_s_registry) {
    const std::string hash(64, '1'),
        layer =
            R"({"schemaVersion":2,"layers":[{"mediaType":"application/vnd.ollama.image.template","digest":"sha256:2"},)"
            R"({"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" +
            hash + "\"}]}";
    server().put("v2/library/tiny/manifests/latest", layer);
    server().put("v2/library/tiny/manifests/8b",
                 R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:../../x"}]})");
    server().put("v2/me/tiny/manifests/latest", "[]");
    server().put("cdn/v2/library/tiny/blobs/sha256:" + hash, model_file(4));
    EXPECT_EQ(heads_of("ollama:tiny"), 4);
    EXPECT_EQ(heads_of("ollama:library/tiny:latest", {{"HF_TOKEN", ""}}), 4);
    EXPECT_NE(refusal("ollama:tiny:8b").find("names no GGUF file"), std::string::npos);
    EXPECT_NE(refusal("ollama:me/tiny").find("names no GGUF file"), std::string::npos);
    EXPECT_NE(refusal("ollama:other").find("(404)"), std::string::npos);
    const fs::path store = home / "ollama";
    fs::create_directories(store / "manifests/registry.ollama.ai/library/tiny");
    fs::create_directories(store / "blobs");
    std::ofstream(store / "manifests/registry.ollama.ai/library/tiny/latest") << layer;
    std::ofstream(store / ("blobs/sha256-" + hash), std::ios::binary) << model_file(16);
    server().forget();
    EXPECT_EQ(heads_of("ollama:tiny"), 16) << "the store comes first";
    EXPECT_EQ(server().requests().size(), 0U);
}

}  // namespace
}  // namespace attnx::test

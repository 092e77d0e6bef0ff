// Folders and stores as they lie on disks.
#include "attnx/places/stores.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "attnx/base/error.h"
#include "support/temp_dir.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

Names names_of(const std::vector<Found>& found) {
    Names names;
    for (const Found& one : found) names.push_back(one.name);
    return names;
}

TEST(Folder, has_models_by_path_and_of_split_sets_one) {
    const test::TempDir dir;
    for (const char* name : {"b.gguf", "a.gguf", "notes.txt", "s-00002-of-00003.gguf", "s-00001-of-00003.gguf",
                             "t-00002-of-00002.gguf", "below/c.gguf", "below/s-00001-of-00003.gguf"})
        write(dir / name, "x");
    fs::create_directory(dir / "folder.gguf");
    const auto paths = [&](const Names& names) {
        Names all;
        for (const std::string& name : names) all.push_back((dir / name).string());
        return all;
    };
    EXPECT_EQ(names_of(in_folder(dir.path(), false)),
              paths({"a.gguf", "b.gguf", "s-00001-of-00003.gguf", "t-00002-of-00002.gguf"}));
    EXPECT_EQ(names_of(in_folder(dir.path(), true)),
              paths({"a.gguf", "b.gguf", "below/c.gguf", "below/s-00001-of-00003.gguf", "s-00001-of-00003.gguf",
                     "t-00002-of-00002.gguf"}));
    EXPECT_EQ(names_of(in_folder(dir / "notes.txt", false)), paths({"notes.txt"})) << "a file is taken at its word";
    EXPECT_THROW(in_folder(dir / "nowhere", false), Error);
}

TEST(Folder, does_not_follow_links_to_folders_in_circles) {
    const test::TempDir dir;
    write(dir / "a.gguf", "x");
    fs::create_directory_symlink(dir.path(), dir / "again");
    fs::create_symlink(dir / "a.gguf", dir / "link.gguf");
    EXPECT_EQ(in_folder(dir.path(), true).size(), 2U) << "a link to a file is one more name";
}

// huggingface_hub 0.x, "Understand caching": blobs by ETag, snapshots by commit, refs by name.
class Hub : public ::testing::Test {
protected:
    void add(const std::string& commit, const std::string& file, const std::string& blob) const {
        write(dir / "models--org--Repo-GGUF/blobs" / blob, blob);
        const fs::path link = dir / "models--org--Repo-GGUF/snapshots" / commit / file;
        fs::create_directories(link.parent_path());
        std::string up = "../../";
        for (const char c : file) up += c == '/' ? "../" : "";
        fs::create_symlink(up + "blobs/" + blob, link);
    }
    test::TempDir dir;
    const std::string old = std::string(40, 'a'), now = std::string(40, 'b');
};

TEST_F(Hub, names_files_by_repository_and_revision) {
    write(dir / "models--org--Repo-GGUF/refs/main", now);
    write(dir / "models--org--Repo-GGUF/refs/pr/1", old + "\n");
    add(old, "m-Q4_0.gguf", "1");
    add(old, "gone.gguf", "2");
    add(now, "m-Q4_0.gguf", "1");
    add(now, "sub/m-Q8_0.gguf", "3");
    add(now, "README.md", "4");
    const std::vector<Found> found = in_hub(dir.path());
    EXPECT_EQ(names_of(found), (Names{"hf:org/Repo-GGUF:m-Q4_0.gguf", "hf:org/Repo-GGUF:sub/m-Q8_0.gguf",
                                      "hf:org/Repo-GGUF:gone.gguf@pr/1"}));
    EXPECT_EQ(found[1].path, (dir / "models--org--Repo-GGUF/snapshots" / now / "sub/m-Q8_0.gguf").string());
}

TEST_F(Hub, has_what_changed_between_snapshots_twice_and_what_is_not_loaded_never) {
    write(dir / "models--org--Repo-GGUF/refs/main", now);
    add(old, "m.gguf", "1");
    add(now, "m.gguf", "2");
    fs::create_symlink("../../blobs/incomplete", dir / "models--org--Repo-GGUF/snapshots" / now / "half.gguf");
    write(dir / "datasets--org--set/snapshots" / now / "x.gguf", "x");
    write(dir / "models--gpt2/snapshots" / now / "g.gguf", "x");
    EXPECT_EQ(names_of(in_hub(dir.path())),
              (Names{"hf:gpt2:g.gguf@" + now, "hf:org/Repo-GGUF:m.gguf", "hf:org/Repo-GGUF:m.gguf@" + old}));
    EXPECT_TRUE(in_hub(dir / "nowhere").empty());
}

class Ollama : public ::testing::Test {
protected:
    void manifest(const std::string& place, const std::string& text) const { write(dir / "manifests" / place, text); }
    static std::string layers(const std::string& digest) {
        return R"({"schemaVersion":2,"config":{"digest":"sha256:0","size":1},"layers":[)"
               R"({"mediaType":"application/vnd.ollama.image.template","digest":"sha256:1","size":2},)"
               R"({"mediaType":"application/vnd.ollama.image.model","digest":")" +
               digest + R"(","size":3}]})";
    }
    test::TempDir dir;
    const std::string hash = std::string(63, '0') + "f";
};

TEST_F(Ollama, names_models_as_it_does_and_finds_their_blobs) {
    manifest("registry.ollama.ai/library/llama3/8b", layers("sha256:" + hash));
    manifest("registry.ollama.ai/someone/tuned/latest", layers("sha256:" + hash));
    manifest("hf.co/org/Repo-GGUF/Q4_0", layers("sha256:" + hash));
    const std::vector<Found> found = in_ollama(dir.path());
    EXPECT_EQ(names_of(found),
              (Names{"ollama:hf.co/org/Repo-GGUF:Q4_0", "ollama:llama3:8b", "ollama:someone/tuned:latest"}));
    EXPECT_EQ(found[0].path, (dir / ("blobs/sha256-" + hash)).string());
    EXPECT_TRUE(in_ollama(dir / "nowhere").empty());
}

// A manifest comes from a registry: it must not lead out of the store.
TEST_F(Ollama, says_what_is_wrong_with_a_manifest) {
    const std::map<std::string, std::string> faults = {
        {"not JSON", "{"},
        {"names no GGUF", "{\"layers\": [3, {\"mediaType\": \"x\"}, {}]}"},
        {"names no GGUF file", "[]"},
        {"digest is none: sha256:../../../etc/passwd", layers("sha256:../../../etc/passwd")},
        {"digest is none: \\x1b", layers("\\u001b")},
        {"digest is none", layers("sha256:" + std::string(64, 'G'))}};
    for (const auto& [words, text] : faults) {
        manifest("registry.ollama.ai/library/x/latest", text);
        const std::vector<Found> found = in_ollama(dir.path());
        ASSERT_EQ(found.size(), 1U);
        EXPECT_NE(found[0].problem.value_or("").find(words), std::string::npos) << *found[0].problem;
    }
}

TEST(Roots, are_where_their_owners_look) {
    std::map<std::string, std::string> variables;
    const Variable variable = [&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
    EXPECT_EQ(hub_root(variable), fs::path());
    variables["HOME"] = "/home/me";
    EXPECT_EQ(hub_root(variable), fs::path("/home/me/.cache/huggingface/hub"));
    EXPECT_EQ(ollama_root(variable), fs::path("/home/me/.ollama/models"));
    variables["XDG_CACHE_HOME"] = "/cache";
    EXPECT_EQ(hub_root(variable), fs::path("/cache/huggingface/hub"));
    variables["HF_HOME"] = "/hf";
    EXPECT_EQ(hub_root(variable), fs::path("/hf/hub"));
    variables["HF_HUB_CACHE"] = "";
    EXPECT_EQ(hub_root(variable), fs::path("/hf/hub")) << "an empty variable is unset";
    variables["HF_HUB_CACHE"] = "/hub";
    EXPECT_EQ(hub_root(variable), fs::path("/hub"));
    variables["OLLAMA_MODELS"] = "/o";
    EXPECT_EQ(ollama_root(variable), fs::path("/o"));
}

}  // namespace
}  // namespace attnx::places

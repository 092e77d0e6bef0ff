// Names of models that are on this machine.
#include <gtest/gtest.h>

#include <fstream>

#include "attnx/base/error.h"
#include "attnx/places/stores.h"
#include "support/temp_dir.h"

namespace attnx::places {
namespace {

namespace fs = std::filesystem;

class PlaceNames : public ::testing::Test {
protected:
    void put(const fs::path& path, const std::string& text = "x") const {
        fs::create_directories((dir / path).parent_path());
        std::ofstream(dir / path, std::ios::binary) << text;
    }
    void in_repository(const std::string& commit, const std::string& file) const {
        put(fs::path("hub/models--org--Repo-GGUF/snapshots") / commit / file);
    }
    std::string path_of(const std::string& name) const {
        const Variable variable = [this](const char* of) -> const char* {
            if (of == std::string("HF_HOME")) return root.c_str();
            return of == std::string("OLLAMA_MODELS") ? store.c_str() : nullptr;
        };
        const auto path = path_here(name, variable);
        if (!path) refuse_absent(name, variable);
        return *path;
    }
    // Of the repository, below its snapshots.
    std::string file_of(const std::string& name) const {
        return fs::path(path_of("hf:org/Repo-GGUF" + name))
            .lexically_relative(dir / "hub/models--org--Repo-GGUF/snapshots")
            .string();
    }
    std::string refusal(const std::string& name) const {
        try {
            return "answers " + path_of(name);
        } catch (const Error& error) {
            return error.what();
        }
    }

    test::TempDir dir;
    const std::string root = dir.path().string(), store = (dir / "ollama").string();
    const std::string old = std::string(40, 'a'), now = std::string(40, 'b');
};

TEST_F(PlaceNames, that_are_paths_stay_what_they_are) {
    for (const char* path : {"m.gguf", "/x/m.gguf", "./hf:x", "-", ""}) EXPECT_EQ(path_of(path), path);
}

TEST_F(PlaceNames, of_the_hub_mean_a_file_by_its_name_or_its_quantisation) {
    put("hub/models--org--Repo-GGUF/refs/main", now);
    for (const char* file : {"m-Q4_K_M.gguf", "m.q8_0.gguf", "BF16/m-BF16-00001-of-00002.gguf",
                             "BF16/m-BF16-00002-of-00002.gguf", "mmproj-Q8_0.gguf", "x-Q4_K_S.gguf"})
        in_repository(now, file);
    EXPECT_EQ(file_of(":Q4_K_M"), now + "/m-Q4_K_M.gguf");
    EXPECT_EQ(file_of(":q8_0"), now + "/m.q8_0.gguf") << "projectors are taken by name alone";
    EXPECT_EQ(file_of(":bf16"), now + "/BF16/m-BF16-00001-of-00002.gguf");
    EXPECT_EQ(file_of(":x-Q4_K_S.gguf"), now + "/x-Q4_K_S.gguf");
    EXPECT_EQ(file_of("/mmproj-Q8_0.gguf"), now + "/mmproj-Q8_0.gguf");
    EXPECT_EQ(file_of("/BF16/m-BF16-00001-of-00002.gguf@main"), now + "/BF16/m-BF16-00001-of-00002.gguf");
    EXPECT_NE(refusal("hf:org/Repo-GGUF:Q4_K").find("is not in the hub's cache"), std::string::npos)
        << "no word of a name";
    const std::string several = refusal("hf:org/Repo-GGUF");
    EXPECT_NE(several.find("may be any of hf:org/Repo-GGUF:BF16/m-BF16-00001-of-00002.gguf, hf:org/Repo-GGUF:m-"),
              std::string::npos)
        << several;
    EXPECT_NE(several.find("[usage]"), std::string::npos) << several;
}

TEST_F(PlaceNames, of_the_hub_mean_main_unless_a_revision_is_said) {
    put("hub/models--org--Repo-GGUF/refs/main", now);
    put("hub/models--org--Repo-GGUF/refs/v1", old);
    in_repository(old, "m.gguf");
    in_repository(now, "m.gguf");
    EXPECT_EQ(file_of(""), now + "/m.gguf");
    EXPECT_EQ(file_of("@v1"), old + "/m.gguf");
    EXPECT_EQ(file_of("@" + old), old + "/m.gguf");
    EXPECT_EQ(file_of(":m.gguf@aaaaaaa"), old + "/m.gguf");
    EXPECT_NE(refusal("hf:org/Repo-GGUF@aaaaaa").find("[cannot-open]"), std::string::npos) << "too short for a commit";
    fs::remove(dir / "hub/models--org--Repo-GGUF/refs/main");
    EXPECT_NE(refusal("hf:org/Repo-GGUF").find("may be any of"), std::string::npos) << "no ref says which";
}

TEST_F(PlaceNames, that_lead_out_of_a_store_are_refused) {
    for (const char* name : {"hf:", "hf:..", "hf:org/..", "hf:/x", "hf:org//m.gguf", "ollama:", "ollama:..",
                             "ollama:../../x:y", "ollama:a:..", "ollama:a/b/c/d", "ollama:a/:b"})
        EXPECT_NE(refusal(name).find("[usage]"), std::string::npos) << refusal(name);
    EXPECT_NE(refusal("hf:org/x:../../y.gguf").find("[cannot-open]"), std::string::npos);
}

TEST_F(PlaceNames, of_ollama_leave_out_what_is_its_default) {
    const auto manifest = [](char digit) {
        return R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" +
               std::string(64, digit) + "\"}]}";
    };
    put("ollama/manifests/registry.ollama.ai/library/tiny/latest", manifest('1'));
    put("ollama/manifests/registry.ollama.ai/library/tiny/8b", manifest('2'));
    put("ollama/manifests/registry.ollama.ai/me/tiny/latest", manifest('3'));
    put("ollama/manifests/hf.co/org/Repo/Q4_0", manifest('4'));
    put("ollama/manifests/registry.ollama.ai/library/broken/latest", "{}");
    const auto blob = [&](char digit) { return store + "/blobs/sha256-" + std::string(64, digit); };
    EXPECT_EQ(path_of("ollama:tiny"), blob('1'));
    EXPECT_EQ(path_of("ollama:tiny:8b"), blob('2'));
    EXPECT_EQ(path_of("ollama:library/tiny:8b"), blob('2'));
    EXPECT_EQ(path_of("ollama:me/tiny"), blob('3'));
    EXPECT_EQ(path_of("ollama:hf.co/org/Repo:Q4_0"), blob('4'));
    EXPECT_NE(refusal("ollama:other").find("is not in Ollama's store"), std::string::npos);
    EXPECT_NE(refusal("ollama:broken").find("names no GGUF"), std::string::npos);
}

TEST_F(PlaceNames, that_ls_tells_mean_the_files_that_it_tells) {
    put("hub/models--org--Repo-GGUF/refs/main", now);
    in_repository(now, "sub/m.gguf");
    in_repository(old, "m.gguf");
    put("hub/models--alone/snapshots/" + now + "/a.gguf");
    for (const Found& found : in_hub(dir / "hub")) EXPECT_EQ(path_of(found.name), found.path) << found.name;
}

}  // namespace
}  // namespace attnx::places

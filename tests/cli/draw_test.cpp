// `attnx draw` on the sample model: every kind as every file, and colours that are those of the weights.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "../../src/view/palette.h"
#include "attnx/report/draw.h"
#include "attnx/view/outputs.h"
#include "support/pictures.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/source_tree.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

const std::string kDrawPrompt = "the cat sat on the mat and the cat sat on the";
constexpr std::size_t kDrawTokens = 13;

class Draw : public testing::Test {
protected:
    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    Result draw(Arguments more, const std::string& prompt = kDrawPrompt) const {
        Arguments line = {"draw", kSample, "-p", prompt};
        line.insert(line.end(), more.begin(), more.end());
        return run({.arguments = line, .directory = folder_.path()});
    }
    std::string svg(Arguments more, const std::string& prompt = kDrawPrompt) const {
        more.insert(more.end(), {"-o", "picture.svg"});
        const Result result = draw(more, prompt);
        EXPECT_EQ(result.status, 0) << result.err;
        return read_text(at("picture.svg"));
    }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
    }

    TempDir folder_;
};

TEST_F(Draw, writes_every_kind_as_svg_that_xml_tools_read) {
    for (const report::PictureKind& kind : report::picture_kinds()) {
        SCOPED_TRACE(kind.name);
        for (const char* theme : {"light", "dark"}) {
            const std::string text = svg({"--what", std::string(kind.name), "--theme", theme});
            EXPECT_TRUE(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "));
            EXPECT_EQ(complaints(at("picture.svg")), "");
            EXPECT_EQ(text.find("nan"), text.npos);
            EXPECT_EQ(text.find("inf\""), text.npos);
        }
    }
}

TEST_F(Draw, writes_every_kind_as_png_and_pdf) {
    if (!draws_pixels()) GTEST_SKIP() << kNoPixels;
    for (const report::PictureKind& kind : report::picture_kinds()) {
        const Result result = draw({"--what", std::string(kind.name), "-o", "a.png", "-o", "a.pdf"});
        EXPECT_EQ(result.status, 0) << kind.name << ": " << result.err;
        EXPECT_TRUE(read_text(at("a.png")).starts_with("\x89PNG\r\n\x1a\n")) << kind.name;
        EXPECT_TRUE(read_text(at("a.pdf")).starts_with("%PDF-")) << kind.name;
    }
}

// Pixels near a corner of each cell, away from its number and from the lines between cells.
TEST_F(Draw, paints_each_cell_in_the_colour_of_its_weight) {
    if (!draws_pixels()) GTEST_SKIP() << kNoPixels;
    const nlohmann::json answer =
        nlohmann::json::parse(run_cli({"attend", kSample, "--json", "-p", kDrawPrompt, "--layers", "1"})
                                  .out)["result"]["layers"][0]["weights"];
    ASSERT_EQ(answer[0].size(), kDrawTokens);
    const CellBox box = cells_in(svg({"--layer", "1", "--head", "0"}));
    ASSERT_EQ(draw({"--layer", "1", "--head", "0", "-o", "a.png"}).status, 0);
    const double side = box.width / kDrawTokens;
    ASSERT_GT(side, 10);
    std::vector<Place> places;
    for (std::size_t i = 0; i < kDrawTokens; ++i)
        for (std::size_t j = 0; j < kDrawTokens; ++j)
            places.push_back({static_cast<int>(2 * (box.x + (static_cast<double>(j) + 0.1) * side)),
                              static_cast<int>(2 * (box.y + (static_cast<double>(i) + 0.1) * side))});
    const std::vector<Pixel> pixels = pixels_at(at("a.png"), places);
    ASSERT_EQ(pixels.size(), places.size());
    for (std::size_t i = 0; i < kDrawTokens; ++i)
        for (std::size_t j = 0; j < kDrawTokens; ++j) {
            const Pixel& pixel = pixels[i * kDrawTokens + j];
            if (j > i) {  // masked: a light grey, which no weight has
                EXPECT_GT(std::min({pixel.red, pixel.green, pixel.blue}), 200) << i << " " << j;
                continue;
            }
            // One of 255 steps of the map, none of which is farther than 2 from the next.
            const view::Rgb wanted = view::colour_of(answer[0][i][j].get<double>(), view::Tint::sequential);
            EXPECT_NEAR(pixel.red, wanted.red, 2) << i << " " << j;
            EXPECT_NEAR(pixel.green, wanted.green, 2) << i << " " << j;
            EXPECT_NEAR(pixel.blue, wanted.blue, 2) << i << " " << j;
        }
}

TEST_F(Draw, says_what_to_install_where_the_other_program_is_missing) {
    const fs::path alone = folder_ / "attnx";
    fs::copy_file(ATTNX_BINARY_DIR "/attnx", alone);
    for (const char* name : {"a.png", "a.pdf"}) {
        const Result result = run(
            {.arguments = {"draw", kSample, "-p", "the", "-o", name}, .directory = folder_.path(), .program = alone});
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_NE(result.err.find("librsvg2-dev"), std::string::npos) << result.err;
        EXPECT_EQ(files(), 1u);
    }
    const Result svg = run(
        {.arguments = {"draw", kSample, "-p", "the", "-o", "a.svg"}, .directory = folder_.path(), .program = alone});
    EXPECT_EQ(svg.status, 0) << svg.err;
}

TEST_F(Draw, finds_the_other_program_where_it_is_installed) {
    if (!draws_pixels()) GTEST_SKIP() << kNoPixels;
    fs::create_directories(folder_ / "bin");
    fs::create_directories(folder_ / "libexec/attnx");
    fs::copy_file(ATTNX_BINARY_DIR "/attnx", folder_ / "bin/attnx");
    fs::copy_file(kPictureProgram, folder_ / "libexec/attnx/attnx-picture");
    const Result result = run({.arguments = {"draw", kSample, "-p", "the", "-o", at("a.png")},
                               .directory = folder_.path(),
                               .program = folder_ / "bin/attnx"});
    EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(Draw, says_in_the_file_what_it_is_of) {
    const std::string text = svg({"--layer", "1", "--head", "0"}, "the cat");
    for (const char* part :
         {"<title>Layer 1, head 0</title>", "<attnx:model>attnx sample</attnx:model>",
          "<attnx:quantisation>f16, q8_0</attnx:quantisation>", "<attnx:prompt>&lt;s&gt; the cat</attnx:prompt>"})
        EXPECT_NE(text.find(part), text.npos) << part;
    if (!draws_pixels()) return;
    ASSERT_EQ(draw({"--layer", "1", "--head", "0", "-o", "a.png"}, "the cat").status, 0);
    const std::string png = read_text(at("a.png"));
    EXPECT_NE(png.find(std::string("tEXtTitle\0Layer 1, head 0", 25)), png.npos);
    EXPECT_NE(png.find("model attnx sample"), png.npos);
}

TEST_F(Draw, makes_the_same_file_of_the_same_question) { EXPECT_EQ(svg({"--what", "grid"}), svg({"--what", "grid"})); }

TEST_F(Draw, brackets_heads_that_share_keys_and_says_what_is_masked) {
    for (const char* kind : {"grid", "sinks", "heads"}) {
        const std::string text = svg({"--what", kind});
        EXPECT_NE(text.find(">KV 0</text>"), text.npos) << kind;
        EXPECT_NE(text.find(">KV 1</text>"), text.npos) << kind;
    }
    EXPECT_NE(svg({}).find(">masked</text>"), std::string::npos);
    EXPECT_NE(svg({"--what", "layers"}).find("(window 16)"), std::string::npos);
}

TEST_F(Draw, marks_generated_tokens) {
    const std::string text = svg({"-n", "2"}, "the cat");
    EXPECT_NE(text.find("; coloured:"), text.npos);
    EXPECT_NE(text.find("<attnx:prompt>&lt;s&gt; the cat</attnx:prompt>\n<attnx:generated>"), text.npos);
    EXPECT_EQ(svg({}).find("; coloured:"), std::string::npos);
}

TEST_F(Draw, pools_what_is_too_much_for_the_paper_and_says_so) {
    std::string prompt = "the";
    for (int i = 0; i < 399; ++i) prompt += i % 2 == 0 ? " cat" : " the";
    const std::string text = svg({}, prompt);
    EXPECT_NE(text.find("pooled 2x2, the largest of each"), text.npos);
    EXPECT_LT(text.size(), std::size_t{1} << 20U);
}

TEST_F(Draw, takes_the_width_and_the_words_that_are_asked_for) {
    const std::string text = svg({"--size", "333", "--title", "<b>Mine</b>"});
    EXPECT_NE(text.find(" width=\"333\" "), text.npos);
    EXPECT_NE(text.find(">&lt;b&gt;Mine&lt;/b&gt;</text>"), text.npos);
    EXPECT_NE(text.find("mean of 4 heads"), text.npos);  // what it is of stays on it
    if (!draws_pixels()) return;
    ASSERT_EQ(draw({"--size", "333", "-o", "a.png"}).status, 0);
    EXPECT_EQ(read_text(at("a.png")).substr(16, 4), std::string("\0\0\x01\x4d", 4));  // IHDR's width
}

TEST_F(Draw, writes_the_pictures_of_every_layer_by_their_names) {
    if (!draws_pixels()) GTEST_SKIP() << kNoPixels;
    fs::create_directory(folder_ / "pictures");
    ASSERT_EQ(draw({"--names", "s1", "-o", "pictures"}, "the cat").status, 0);
    for (int layer = 0; layer < 4; ++layer)
        for (const std::string name : {"layer_{}_attention.png", "hidden_states_{}_norm.png", "kv_{}_norm.png"}) {
            std::string with = name;
            with.replace(with.find("{}"), 2, std::to_string(layer));
            EXPECT_TRUE(fs::exists(folder_ / "pictures" / with)) << with;
        }
}

TEST_F(Draw, refuses_what_is_not_there_in_one_line) {
    for (const Arguments& more : {Arguments{"-o", "a.txt"},
                                  {"-o", "a.svg", "--layer", "9"},
                                  {"-o", "a.svg", "--layer", "0", "--head", "7"},
                                  {"-o", "a.svg", "--what", "cube"},
                                  {"-o", "a.svg", "--cmap", "jet"},
                                  {"-o", "a.svg", "--size", "3"},
                                  {"-o", "no/a.svg"},
                                  {"-o", "a.svg", "--what", "flow", "--head", "0"},
                                  {"-o", "a.svg", "--what", "layers", "--layer", "0"},
                                  {"-o", "a.svg", "--what", "states", "-n", "2"}}) {
        const Result result = draw(more);
        EXPECT_EQ(result.status, more.back() == "7" ? 1 : 2) << more.back();  // no such head: an answer that is no
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_EQ(files(), 0u) << more.back();
    }
}

TEST_F(Draw, is_not_alone_other_commands_write_what_they_draw) {
    for (const Arguments& line : {Arguments{"attend", "-p", "the cat"},
                                  {"attend", "-p", "the cat", "--grid", "--curves"},
                                  {"heads"},
                                  {"heads", "--map", "induction"},
                                  {"states", "-p", "the cat"},
                                  {"lens", "-p", "the cat"},
                                  {"graph", "-p", "the cat"},
                                  {"weights", "--map", "copying"}}) {
        Arguments all = line;
        all.insert(all.begin() + 1, kSample);
        all.insert(all.end(), {"-o", "drawn.svg"});
        const Result result = run({.arguments = all, .directory = folder_.path()});
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_FALSE(result.out.empty());
        EXPECT_EQ(complaints(at("drawn.svg")), "") << line.front();
        EXPECT_NE(read_text(at("drawn.svg")).find("<attnx:model>attnx sample"), std::string::npos) << line.front();
    }
    const Result nothing = run({.arguments = {"weights", kSample, "-o", "w.svg"}, .directory = folder_.path()});
    EXPECT_EQ(nothing.status, 2);
    EXPECT_NE(nothing.err.find("--map"), std::string::npos) << nothing.err;
}

// What README shows is what the commands beside it draw.
TEST_F(Draw, makes_the_pictures_of_the_readme) {
    const bool update = std::getenv("ATTNX_UPDATE_GOLDEN") != nullptr;
    fs::create_symlink(kSample, folder_ / "sample.gguf");
    fs::create_directories(folder_ / "docs/pictures");
    const std::string readme = read_text(ATTNX_SOURCE_DIR "/README.md"), begin = "\nattnx draw sample.gguf ";
    std::size_t drawn = 0;
    for (std::size_t at = readme.find(begin); at != readme.npos; at = readme.find(begin, at + 1)) {
        const std::string line = readme.substr(at + 1, readme.find('\n', at + 1) - at - 1);
        const std::string name = line.substr(line.rfind(' ') + 1);
        ASSERT_TRUE(name.starts_with("docs/pictures/")) << line;
        EXPECT_NE(readme.find("](" + name + ")"), readme.npos) << name << " is not shown";
        ASSERT_EQ(in_shell(line, {}, folder_.path()).status, 0) << line;
        const fs::path shown = fs::path(ATTNX_SOURCE_DIR) / name;
        if (update) fs::copy_file(folder_ / name, shown, fs::copy_options::overwrite_existing);
        EXPECT_TRUE(read_text((folder_ / name).string()) == read_text(shown.string())) << line;
        ++drawn;
    }
    EXPECT_GE(drawn, 2u);
}

}  // namespace
}  // namespace attnx::test

// `attnx view` on the sample model: what is in a page is what `attend` computes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/view/viewer.h"
#include "support/gguf_builder.h"
#include "support/run_cli.h"
#include "support/sample.h"
#include "support/source_tree.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"
#include "support/viewer_page.h"

namespace attnx::test {
namespace {

using Arguments = std::vector<std::string>;

class ViewCommand : public testing::Test {
protected:
    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    // The page that `arguments` write.
    ReadPage page(Arguments arguments, std::string model = kSample) const {
        Arguments line = {"view", std::move(model), "-o", at("page.html")};
        line.insert(line.end(), arguments.begin(), arguments.end());
        const Result result = run_cli(line);
        EXPECT_EQ(result.status, 0) << result.err;
        return ReadPage(read_text(at("page.html")));
    }

    TempDir folder_;
};

// Longer than the window of 16 that half of the layers have.
const Arguments kPrompt = {"-p", "the cat sat on the mat and the cat sat on the mat and the cat sat on the mat"};

nlohmann::json attended(Arguments more = {}) {
    Arguments line = {"attend", kSample, "--json", kPrompt[0], kPrompt[1]};
    line.insert(line.end(), more.begin(), more.end());
    return nlohmann::json::parse(run_cli(line).out)["result"];
}

double farthest(const ReadPage& page, const nlohmann::json& answer) {
    double most = 0;
    std::size_t cells = 0;
    for (const auto& layer : answer["layers"])
        for (std::size_t h = 0; h < layer["heads"].size(); ++h) {
            const auto weights = page.weights(layer["layer"], layer["heads"][h]);
            for (std::size_t i = 0; i < weights.size(); ++i)
                for (std::size_t j = 0; j < weights.size(); ++j, ++cells)
                    most = std::max(most, std::abs(weights[i][j] - double{layer["weights"][h][i][j].get<float>()}));
        }
    EXPECT_GT(cells, 1000u);
    return most;
}

TEST_F(ViewCommand, keeps_the_weights_of_attend_windows_included) {
    const nlohmann::json answer = attended();
    EXPECT_LE(farthest(page(kPrompt), answer), view::largest_error(view::Packing::code16));
    // The sample's later layers see a window: the same masked cells, or weights would be read in wrong places.
    EXPECT_TRUE(std::ranges::any_of(answer["layers"], [](const auto& layer) { return !layer["window"].is_null(); }));
}

TEST_F(ViewCommand, exact_keeps_every_float) {
    Arguments exact = kPrompt;
    exact.push_back("--exact");
    // Both sides are floats; JSON prints those digits that give them back.
    EXPECT_EQ(farthest(page(exact), attended()), 0);
}

TEST_F(ViewCommand, takes_eight_bits_where_sixteen_are_too_large_and_refuses_what_still_is) {
    const auto bits = [&](const std::string& size, Arguments more = {}) {
        Arguments line = {"view", kSample, "--json", "-o", at("p.html"), "--max-size", size, "-p"};
        std::string text = "the";
        for (int i = 0; i < 60; ++i) text += " cat";
        line.push_back(text);
        line.insert(line.end(), more.begin(), more.end());
        const Result result = run_cli(line);
        const nlohmann::json answer = nlohmann::json::parse(result.out);
        if (result.status == 0) {
            EXPECT_EQ(answer["result"]["size_bytes"], std::filesystem::file_size(at("p.html")));
            EXPECT_LE(answer["result"]["size_bytes"], std::stoul(size) << 10U);
            return answer["result"]["weight_bits"].get<int>();
        }
        EXPECT_EQ(answer["error"]["code"], "refused");
        EXPECT_NE(result.err.find("--layers chooses some"), std::string::npos) << result.err;
        return -result.status;
    };
    EXPECT_EQ(bits("600KiB"), 16);
    // 16 heads of 61 tokens: 30256 weights, 79 KiB of base64 in sixteen bits, half in eight, twice in thirty-two.
    int size = 600;
    while (bits(std::to_string(size - 20) + "KiB") == 16) size -= 20;
    EXPECT_EQ(bits(std::to_string(size - 20) + "KiB"), 8);
    EXPECT_EQ(bits(std::to_string(size) + "KiB", {"--exact"}), -2);
    std::filesystem::remove(at("p.html"));
    EXPECT_EQ(bits("50KiB"), -2);
    EXPECT_FALSE(std::filesystem::exists(at("p.html")));
}

TEST_F(ViewCommand, holds_the_layers_and_heads_that_were_chosen) {
    Arguments chosen = kPrompt;
    chosen.insert(chosen.end(), {"--layers", "1,3", "--heads", "0,2"});
    const ReadPage read = page(chosen);
    const nlohmann::json layers = read.data("view")["result"]["layers"];
    ASSERT_EQ(layers.size(), 2u);
    EXPECT_EQ(layers[0]["layer"], 1);
    EXPECT_EQ(layers[1]["heads"], (std::vector<int>{0, 2}));
    EXPECT_EQ(read.blocks, 4u);
    EXPECT_EQ(read.data("attend")["result"]["heads"].size(), 4u);
}

void expect_near(const nlohmann::json& shown, const nlohmann::json& wanted, const std::string& what) {
    if (wanted.is_number()) EXPECT_NEAR(shown, wanted, 6e-4 * std::abs(wanted.get<double>())) << what;
    else EXPECT_EQ(shown, wanted) << what;
}

TEST_F(ViewCommand, has_the_metrics_of_attend) {
    Arguments prompt = kPrompt;
    prompt.insert(prompt.end(), {"-n", "3"});
    const ReadPage read = page(prompt);
    const nlohmann::json shown = read.data("attend")["result"], answer = attended({"-n", "3"});
    const nlohmann::json metrics = read.data("view")["result"]["metrics"];
    for (const char* table : {"heads", "layer_metrics"}) {
        ASSERT_EQ(shown[table].size(), answer[table].size());
        for (std::size_t i = 0; i < answer[table].size(); ++i) {
            ASSERT_EQ(shown[table][i]["metrics"].size(), metrics.size());
            for (std::size_t m = 0; m < metrics.size(); ++m) {
                const std::string id = metrics[m]["id"];
                expect_near(shown[table][i]["metrics"][m], answer[table][i].at(id), id);
            }
        }
    }
    EXPECT_EQ(shown["tokens"], answer["tokens"]);
}

// Of a text that tells what heads do, windows included.
const char kLong[] =
    "the cat sat on the mat. the dog ran to the red sun, and the cat was in the sea of tea. she is a key, it is one of "
    "two.";

nlohmann::json told(const std::string& command, const std::string& text) {
    return nlohmann::json::parse(run_cli({command, kSample, "--json", "-p", text}).out)["result"];
}

TEST_F(ViewCommand, has_the_lengths_of_states) {
    const nlohmann::json shown = page({"-p", kLong}).data("states")["result"], answer = told("states", kLong);
    EXPECT_EQ(shown["massive"], answer["massive"]);
    for (const auto& [list, names] : {std::pair("hidden", std::vector<std::string>{"norm", "max"}),
                                      std::pair("kv", std::vector<std::string>{"q_norm", "k_norm", "v_norm"})}) {
        ASSERT_EQ(shown[list].size(), answer[list].size());
        for (std::size_t i = 0; i < answer[list].size(); ++i) {
            EXPECT_EQ(shown[list][i]["layer"], answer[list][i]["layer"]);
            for (const std::string& name : names) {
                ASSERT_EQ(shown[list][i][name].size(), answer["tokens"].size());
                for (std::size_t t = 0; t < answer["tokens"].size(); ++t)
                    expect_near(shown[list][i][name][t], answer[list][i][name][t], name);
            }
        }
    }
}

TEST_F(ViewCommand, has_the_classes_of_heads_and_says_what_told_them) {
    for (const char* text : {kLong, "the cat sat"}) {
        const nlohmann::json shown = page({"-p", text}).data("heads")["result"], answer = told("heads", text);
        ASSERT_EQ(shown["heads"].size(), answer["heads"].size());
        std::vector<std::pair<std::string, std::string>> probed;  // id, metric
        for (const auto& row : shown["classes"]) {
            EXPECT_EQ(row["threshold"], answer["thresholds"][row["id"].get<std::string>()]);
            if (row["told_by"] == "probes") probed.emplace_back(row["id"], row["metric"]);
        }
        EXPECT_EQ(probed.size(), text == &kLong[0] ? 2u : 7u);  // of too few tokens nothing is told but by probes
        for (std::size_t i = 0; i < answer["heads"].size(); ++i) {
            EXPECT_EQ(shown["heads"][i]["classes"], answer["heads"][i]["classes"]);
            for (std::size_t c = 0; c < probed.size(); ++c)
                expect_near(shown["heads"][i]["probes"][c], answer["heads"][i]["probe"][probed[c].second],
                            probed[c].first);
        }
    }
}

TEST_F(ViewCommand, leaves_out_what_was_not_asked_for_or_cannot_be_told) {
    EXPECT_TRUE(page({"-p", "the", "--probes", "0"}).data("heads").is_null());
    // Layers 0 and 1 have all heads, a rollout goes on no farther than that.
    const auto rolled = [&](const Arguments& more) {
        Arguments line = {"-p", "the", "--probes", "0"};
        line.insert(line.end(), more.begin(), more.end());
        return page(line).data("view")["result"]["rollout_layers"];
    };
    EXPECT_EQ(rolled({}), (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(rolled({"--layers", "0,1,3"}), (std::vector<int>{0, 1}));
    EXPECT_EQ(rolled({"--layers", "1-3"}), std::vector<int>{});
    EXPECT_EQ(rolled({"--heads", "0-2"}), std::vector<int>{});
    // A vocabulary of two tokens has no fifty for a probe.
    const std::string small = at("small.gguf");
    const std::vector<std::byte> bytes = TinyModel{.layers = 1}.bytes();
    std::ofstream(small, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const Result result = run_cli({"view", small, "--tokens", "1,2", "-o", at("small.html")});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.err.find("the page does not say what heads do: "), std::string::npos) << result.err;
    EXPECT_TRUE(ReadPage(read_text(at("small.html"))).data("heads").is_null());
}

TEST_F(ViewCommand, marks_generated_tokens) {
    Arguments prompt = kPrompt;
    prompt.insert(prompt.end(), {"-n", "2"});
    const ReadPage read = page(prompt);
    const std::size_t prompt_tokens = read.data("view")["result"]["prompt_tokens"];
    const nlohmann::json tokens = read.data("attend")["result"]["tokens"];
    ASSERT_EQ(tokens.size(), prompt_tokens + 2);
    for (std::size_t i = 0; i < tokens.size(); ++i) EXPECT_EQ(tokens[i]["generated"], i >= prompt_tokens);
}

TEST_F(ViewCommand, shows_a_picture_and_a_table_without_programs) {
    page(kPrompt);
    const std::string text = read_text(at("page.html"));
    const std::size_t begin = text.find("<noscript>"), end = text.find("</noscript>");
    ASSERT_NE(begin, text.npos);
    const std::string plain = text.substr(begin, end - begin);
    EXPECT_NE(plain.find("<svg role=\"img\""), plain.npos);
    EXPECT_NE(plain.find("Attention by head"), plain.npos);
    EXPECT_NE(plain.find("·cat"), plain.npos);
    EXPECT_NE(plain.find("What heads do"), plain.npos);
    // A row for each layer and each head, for each class, and of lengths for each layer.
    std::size_t rows = 0;
    for (std::size_t at = plain.find("<tr><td>"); at != plain.npos; at = plain.find("<tr><td>", at + 1)) ++rows;
    EXPECT_EQ(rows, 4u + 16u + 8u + 4u);
}

TEST_F(ViewCommand, wants_a_name_that_a_browser_opens) {
    const Result result = run_cli({"view", kSample, "-p", "the", "-o", at("page.txt")});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("must end in .html"), std::string::npos) << result.err;
    EXPECT_FALSE(std::filesystem::exists(at("page.txt")));
}

TEST_F(ViewCommand, opens_the_page_that_is_written_and_says_when_it_cannot) {
    const std::string tools = at("tools");
    std::filesystem::create_directory(tools);
    std::ofstream(tools + "/xdg-open") << "#!/bin/sh\n/bin/echo noise\n/bin/head -c 15 \"$1\" > " << at("seen") << "\n";
    std::filesystem::permissions(tools + "/xdg-open", std::filesystem::perms::owner_all);
    const Call call{.arguments = {"view", kSample, "--json", "-p", "the", "-o", "./-odd name.html", "--open"},
                    .environment = {{"PATH", tools}},
                    .directory = folder_.path()};
    const Result opened = run(call);
    EXPECT_EQ(opened.status, 0) << opened.err;
    EXPECT_EQ(read_text(at("seen")), "<!DOCTYPE html>");
    EXPECT_TRUE(nlohmann::json::accept(opened.out)) << "the opener's words are not the answer: " << opened.out;

    std::filesystem::remove(tools + "/xdg-open");
    const Result alone = run(call);
    EXPECT_EQ(alone.status, 0);
    EXPECT_NE(alone.err.find("xdg-open cannot be run"), std::string::npos) << alone.err;
}

}  // namespace
}  // namespace attnx::test

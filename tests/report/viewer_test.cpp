// How large pages become, and that they are written while weights are told.
#include "attnx/report/viewer.h"

#include <gtest/gtest.h>

#include <random>

#include "support/attention_model.h"
#include "support/viewer_page.h"

namespace attnx::test {
namespace {

AttentionLayer some_layer(std::uint32_t heads) {
    AttentionLayer layer;
    layer.heads = layer.kv_heads = heads;
    return layer;
}

using Floats = std::vector<float>;

analysis::HeadNorms some_norms(std::uint32_t heads, const Floats& lengths) {
    return {.heads = std::vector<Floats>(heads, lengths), .of_mean = lengths};
}

// Of every class by every score, which is as long as it may be.
study::Roles some_roles(const study::Attended& attended, std::uint32_t layers) {
    const study::Scores scores(analysis::attention_metrics().size(), 0.0123456);
    study::Roles roles;
    roles.length = 50;
    roles.probes = {{1, std::vector<std::uint32_t>(101)}};
    roles.text = attended.tokens;
    roles.thresholds.resize(analysis::head_classes().size(), 0.6);
    for (std::uint32_t layer = 0; layer < layers; ++layer) roles.uniform[layer] = {scores, scores};
    for (const auto& [layer, heads] : attended.heads)
        for (const std::uint32_t head : heads)
            roles.heads.push_back({layer, head, head, scores, scores, {{&analysis::head_classes()[head % 8]}}});
    return roles;
}

// A model without weights, whose rows are made up as a run would tell them.
// Every token says others, as long as a number of four digits is.
study::Lens some_lens(const study::Attended& attended, std::uint32_t layers) {
    study::Lens lens;
    lens.tokens = attended.tokens;
    std::uint32_t id = 0;
    for (std::uint32_t layer = 0; layer < layers; ++layer) {
        study::LensLayer& of = lens.layers.emplace_back(study::LensLayer{layer, {}});
        for (std::size_t token = 0; token < attended.tokens.size(); ++token) {
            auto& guesses = of.positions.emplace_back();
            for (int i = 0; i < 5; ++i) guesses.push_back({id++ % 50000, 0.00012345});
        }
        lens.attribution.feed_forward.push_back({layer, -0.0123456});
        for (const std::uint32_t head : attended.heads.at(layer))
            lens.attribution.heads.push_back({layer, head, -0.0123456});
    }
    return lens;
}

study::Ablations some_ablations(const study::Attended& attended) {
    study::Ablations ablations;
    ablations.tokens = attended.tokens;
    for (const auto& [layer, heads] : attended.heads)
        for (const std::uint32_t head : heads)
            ablations.heads.push_back({layer, head, 0.000123456, 0.000123456, -0.000123456, -0.0123456});
    return ablations;
}

struct ToldModel {
    model::ModelSpec spec;
    std::shared_ptr<study::Attended> attended = std::make_shared<study::Attended>();
    view::TextSink page;

    ToldModel(std::uint32_t layers, std::uint32_t heads, std::uint32_t tokens)
        : spec(spec_of(std::vector<AttentionLayer>(layers, some_layer(heads)))) {
        for (std::uint32_t i = 0; i < tokens; ++i) attended->tokens.push_back({i + 1000, " token", false});
        attended->prompt_tokens = tokens;
        attended->heads = study::all_heads(spec);
        Floats lengths;
        for (std::uint32_t i = 0; i < tokens; ++i) lengths.push_back(12.3456F + static_cast<float>(i) / 7);
        const analysis::VectorSizes sizes{lengths, lengths, lengths, lengths};
        attended->states.embedding = sizes;
        for (std::uint32_t layer = 0; layer < layers; ++layer) {
            attended->states.blocks[layer] = sizes;
            const analysis::HeadNorms norms = some_norms(heads, lengths);
            attended->states.layers[layer] = {norms, norms, norms};
        }
    }

    bool asked = false;  // for lens and ablation

    report::ViewerPlan plan(view::Packing packing) const {
        return {
            {"/models/a-model-of-some-name.gguf", "llama", "A model"}, &spec, attended->heads, packing, asked, asked};
    }

    void ask(report::ViewerMore& more) const {
        more.lens = some_lens(*attended, static_cast<std::uint32_t>(spec.layers.size()));
        more.ablations = some_ablations(*attended);
        more.piece = [](std::uint32_t id) { return " token" + std::to_string(id); };
    }

    // Random rows, which no compression makes smaller than they are. In blocks of queries, as they come.
    std::string write(view::Packing packing) {
        const auto tokens = static_cast<std::uint32_t>(attended->tokens.size());
        std::set<std::uint32_t> layers;
        for (const auto& [layer, heads] : attended->heads) layers.insert(layer);
        analysis::MetricsSink metrics(spec, {tokens}, layers);
        report::Viewer viewer(page, plan(packing), attended->tokens);
        std::mt19937 generator(1);
        std::uniform_real_distribution<float> any(0, 1);
        for (const auto& [layer, heads] : attended->heads)
            for (std::uint32_t first = 0; first < tokens; first += 50)
                for (const std::uint32_t head : heads) {
                    const std::uint32_t count = std::min(50U, tokens - first);
                    std::vector<float> weights(std::size_t{count} * tokens, 0.0F);
                    for (std::uint32_t i = 0; i < count; ++i)
                        for (std::uint32_t key = 0; key <= first + i; ++key)
                            weights[i * tokens + key] = any(generator) / static_cast<float>(first + i + 1);
                    const trace::AttentionRows rows{layer, head, first, count, tokens, weights};
                    const std::size_t before = page.text.size();
                    viewer.attention(rows);
                    EXPECT_GT(page.text.size(), before);  // told and written: nothing is kept
                    metrics.attention_at_once(rows);
                }
        attended->metrics = metrics.layers();
        const auto layers_of_spec = static_cast<std::uint32_t>(spec.layers.size());
        report::ViewerMore more{.roles = some_roles(*attended, layers_of_spec)};
        if (asked) ask(more);
        viewer.finish(attended, more, 0);
        return page.text;
    }
};

TEST(ViewerPages, of_twelve_layers_of_twelve_heads_and_64_tokens_are_below_a_megabyte) {
    ToldModel model(12, 12, 64);
    EXPECT_LT(model.write(view::Packing::code16).size(), 1'000'000u);
}

TEST(ViewerPages, of_thirty_layers_of_nine_heads_and_128_tokens_are_below_eight) {
    ToldModel model(30, 9, 128);
    EXPECT_LT(model.write(view::Packing::code16).size(), 8'000'000u);
}

TEST(ViewerPages, are_no_larger_than_was_said_and_not_much_smaller) {
    for (const view::Packing packing : {view::Packing::code8, view::Packing::code16, view::Packing::float32}) {
        ToldModel model(6, 8, 150);
        const std::uint64_t said = report::viewer_bytes(model.plan(packing), model.attended->tokens);
        const std::uint64_t size = model.write(packing).size();
        EXPECT_LE(size, said);
        EXPECT_GT(size, said * 3 / 4);
    }
}

TEST(ViewerPages, that_were_asked_for_more_are_no_larger_than_was_said) {
    ToldModel model(6, 8, 150);
    model.asked = true;
    const std::uint64_t said = report::viewer_bytes(model.plan(view::Packing::code16), model.attended->tokens);
    const std::string text = model.write(view::Packing::code16);
    EXPECT_LE(text.size(), said);
    EXPECT_GT(text.size(), said * 2 / 3);
    const ReadPage page(text);
    const nlohmann::json lens = page.data("lens")["result"];
    EXPECT_EQ(lens["guesses"], 5);
    ASSERT_EQ(lens["layers"].size(), 6u);
    EXPECT_EQ(lens["layers"][5]["tokens"].size(), 5u * 150u);
    EXPECT_EQ(lens["pieces"].size(), 6u * 5u * 150u);
    EXPECT_EQ(lens["pieces"][lens["layers"][1]["tokens"][3].get<std::size_t>()], "·token753");
    EXPECT_EQ(page.data("ablate")["result"]["heads"].size(), 48u);
}

TEST(ViewerPages, hold_blocks_of_queries_in_order) {
    ToldModel model(2, 2, 120);
    const ReadPage page(model.write(view::Packing::float32));
    EXPECT_EQ(page.blocks, 2u * 2u * 3u);
    // Each row was made to sum to at most 1, and none of its visible weights to be 0.
    const auto weights = page.weights(1, 1);
    for (std::size_t query = 0; query < 120; ++query)
        for (std::size_t key = 0; key < 120; ++key)
            EXPECT_EQ(weights[query][key] > 0, key <= query) << query << " " << key;
}

TEST(ViewerPages, say_what_metrics_mean) {
    ToldModel model(1, 1, 8);
    const nlohmann::json metrics = ReadPage(model.write(view::Packing::code8)).data("view")["result"]["metrics"];
    ASSERT_EQ(metrics.size(), analysis::attention_metrics().size());
    for (std::size_t i = 0; i < metrics.size(); ++i) EXPECT_EQ(metrics[i]["id"], analysis::attention_metrics()[i].id);
}

}  // namespace
}  // namespace attnx::test

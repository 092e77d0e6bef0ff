// What is said of every architecture: nothing that does not hold for it, and one word about how far to trust a figure.
#include <gtest/gtest.h>

#include <algorithm>

#include "report/documents.h"
#include "support/golden.h"
#include "support/model_case.h"

namespace attnx::report {
namespace {

using nlohmann::json;
using test::inspected;
using test::Inspected;
using test::line_of;

std::vector<std::filesystem::path> every_case() { return test::golden_files("architectures"); }

std::string printed(const view::Document& document) { return view::text_of(*view::find_output("table"), document, {}); }

void expect_one_word(const std::string& text, bool estimate) {
    const bool says_exact = text.find("exact for") != std::string::npos;
    const bool says_estimate = text.find("estimate") != std::string::npos;
    EXPECT_FALSE(says_exact && says_estimate) << text;
    EXPECT_TRUE(!estimate || !says_exact) << text;
}

// As kv-cost answers; nothing where llama.cpp would refuse the context.
std::optional<std::string> costs_of(const model::ModelSpec& spec) {
    try {
        const analysis::KvCost cost = analysis::kv_cost(spec, {});
        return printed(kv_cost(std::nullopt, spec, {&cost, 1}, {}));
    } catch (const Error&) {
        return std::nullopt;
    }
}

TEST(EveryArchitecture, is_exact_or_an_estimate_and_never_both) {
    std::size_t exact = 0;
    for (const auto& path : every_case()) {
        SCOPED_TRACE(path.string());
        const test::CaseFile file(path);
        const model::ModelSpec spec = model::build_spec(file.file());
        const bool estimate = analysis::estimate_reason(spec).has_value();
        expect_one_word(inspected(file.file()).table, estimate);
        if (const auto text = costs_of(spec)) {
            expect_one_word(*text, estimate);
            exact += text->find("exact for") != std::string::npos;
        }
        BudgetAnswer budget;
        budget.budget_bytes = 1U << 30;
        expect_one_word(printed(kv_budget(std::nullopt, spec, budget)), estimate);
    }
    EXPECT_GT(exact, 100U);
}

TEST(EveryArchitecture, shows_rope_facts_only_where_something_rotates) {
    std::size_t without = 0;
    for (const auto& path : every_case()) {
        SCOPED_TRACE(path.string());
        const test::CaseFile file(path);
        const model::ModelSpec spec = model::build_spec(file.file());
        const Inspected seen = inspected(file.file());
        const bool rotates =
            std::ranges::any_of(spec.layers, [](const auto& layer) { return layer.rotation.has_value(); });
        if (rotates) {
            EXPECT_NE(seen.result["rope_type"], "none");
            continue;
        }
        ++without;
        for (const auto& [key, value] : seen.result["rope"].items()) EXPECT_TRUE(value.is_null() || value == 0) << key;
        EXPECT_EQ(line_of(seen.table, "rope").value_or("none"), "none");
    }
    EXPECT_GT(without, 5U);
}

TEST(EveryArchitecture, shows_a_window_only_where_a_layer_slides) {
    for (const auto& path : every_case()) {
        SCOPED_TRACE(path.string());
        const test::CaseFile file(path);
        const Inspected seen = inspected(file.file());
        const bool slides = std::ranges::any_of(seen.result["layers"],
                                                [](const json& layer) { return layer["sliding_window"] == true; });
        EXPECT_EQ(seen.result["sliding_window"]["type"] != "none", slides);
        EXPECT_EQ(line_of(seen.table, "window").has_value(), slides);
    }
}

// The committed case of BERT has keys for rope, windows and a mask, none of which it heeds.
TEST(Bert, has_neither_rope_nor_window_nor_mask) {
    const test::CaseFile file(test::golden_path("bert"));
    const Inspected seen = inspected(file.file());
    EXPECT_EQ(line_of(seen.table, "rope"), "none");
    EXPECT_TRUE(seen.result["rope"]["freq_base"].is_null());
    EXPECT_EQ(seen.result["causal"], false);
    EXPECT_EQ(seen.result["sliding_window"]["type"], "none");
    for (const json& layer : seen.result["layers"]) EXPECT_EQ(layer["owns_kv"], false);
    EXPECT_NE(seen.table.find("no cache is kept"), std::string::npos);
}

TEST(UnknownArchitecture, is_an_estimate_everywhere) {
    test::GgufBuilder file;
    file.key("general.architecture", "newcomer");
    for (const char* of : {"context_length", "embedding_length", "feed_forward_length"})
        file.key(std::string("newcomer.") + of, 512U);
    file.key("newcomer.block_count", 2U).key("newcomer.attention.head_count", 4U);
    const auto bytes = file.bytes();
    const auto opened = gguf::File::from_bytes(bytes, "model.gguf");
    const model::ModelSpec spec = model::build_spec(opened);
    const Inspected seen = inspected(opened);
    EXPECT_EQ(seen.result["exact"], false);
    EXPECT_NE(line_of(seen.table, "per token")->find("an estimate"), std::string::npos);
    EXPECT_NE(line_of(seen.table, "at 512 tokens")->find("an estimate"), std::string::npos);

    BudgetAnswer budget;
    budget.budget_bytes = 1U << 30;
    EXPECT_NE(printed(kv_budget(std::nullopt, spec, budget)).find("The KV cache is an estimate"), std::string::npos);
    EXPECT_NE(costs_of(spec)->find("an estimate"), std::string::npos);

    const auto plan = model::build_compute_plan(spec, opened.tensors());
    const view::Document cost = compute_cost(std::nullopt, spec, analysis::compute_cost(spec, plan, {.context = 64}));
    EXPECT_NE(printed(cost).find("An estimate: attnx has no row"), std::string::npos);
    const json result = json::parse(view::text_of(*view::find_output("json"), cost, {}))["result"];
    EXPECT_TRUE(result["estimate_reason"].is_string());
}

}  // namespace
}  // namespace attnx::report

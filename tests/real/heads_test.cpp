// What heads of two real models do.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <set>
#include <string>

#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "attnx/model/visible.h"
#include "attnx/study/roles.h"
#include "attnx/study/states.h"
#include "support/attention_definitions.h"
#include "support/real_model.h"

namespace attnx {
namespace {

constexpr char kPassage[] =
    "The cat sat on the mat, and the dog lay by the door. In the morning the cat went out; the dog stayed where it was. "
    "Nobody knew why.\n\nWhen the rain came, the cat sat on the mat again, wet and cross, and the dog lay by the door as "
    "before. \"It is always so,\" said the old man, \"when the rain comes in the morning.\"";

using Places = std::set<std::string>;

Places induction_heads(const study::Roles& roles) {
    Places places;
    for (const study::HeadRole& head : roles.heads)
        if (std::ranges::count(*head.classes, analysis::find_head_class("induction")) > 0)
            places.insert(std::to_string(head.layer) + "." + std::to_string(head.head));
    return places;
}

// Heads that lie near the threshold of .4 may cross it; those with .5 on average must not.
void expect_the_same_induction_heads(const char* model, std::size_t heads) {
    const auto path = test::model_path(model);
    NEEDS_MODEL(path);
    const gguf::File file = gguf::File::open(path);
    const model::ModelSpec spec = model::build_spec(file);
    std::vector<study::Roles> told;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        study::RolesQuestion question;
        question.seeds = 1;
        question.first_seed = seed;
        told.push_back(study::roles(file, spec, std::nullopt, question));
    }
    std::size_t sure = 0, near = 0;
    const analysis::HeadClass& row = *analysis::find_head_class("induction");
    for (std::size_t i = 0; i < told[0].heads.size(); ++i) {
        std::vector<double> scores;
        for (const study::Roles& one : told) scores.push_back(one.score(row, one.heads[i]).value_or(0));
        const auto [least, most] = std::ranges::minmax(scores);
        if (std::accumulate(scores.begin(), scores.end(), 0.0) >= .5 * static_cast<double>(scores.size())) {
            ++sure;
            EXPECT_GE(least, .4) << told[0].heads[i].layer << "." << told[0].heads[i].head;
        }
        if ((least < .4) != (most < .4)) ++near;
    }
    EXPECT_GE(sure, heads) << "there are such heads";
    EXPECT_LE(near, 3u);
    std::cout << model << ":";
    for (const std::string& place : induction_heads(told[0])) std::cout << " " << place;
    std::cout << " are induction heads; " << near << " cross the threshold; sink rate "
              << told[0].sink_rate.value_or(-1) << "\n";
}

TEST(RealHeads, of_smollm2_find_what_followed_whatever_the_seed) { expect_the_same_induction_heads(test::kSmolLm2, 5); }
TEST(RealHeads, of_gemma3_find_what_followed_whatever_the_seed) { expect_the_same_induction_heads(test::kGemma3, 1); }

void expect_figures_of_maps(const char* model) {
    const auto path = test::model_path(model);
    NEEDS_MODEL(path);
    const gguf::File file = gguf::File::open(path);
    const model::ModelSpec spec = model::build_spec(file);
    const study::Prompt prompt = study::prompt_of_text(file, spec, kPassage);
    study::Question question;
    for (const auto& [layer, heads] : study::all_heads(spec)) question.maps.insert(layer);
    const study::Attended answer = study::attend(file, spec, prompt, question);
    const std::vector<std::uint32_t> delimiters = study::delimiters_of(answer.tokens);
    EXPECT_GE(delimiters.size(), 8u);
    double worst = 0;
    for (const auto& [layer, heads] : answer.metrics) {
        const model::Mask mask = mask_of(spec, spec.layers[layer]);
        const std::uint32_t window =
            mask.window.type == model::WindowType::none ? 0 : static_cast<std::uint32_t>(mask.window.size);
        for (std::uint32_t head = 0; head < heads.size(); ++head) {
            const test::Whole whole{answer.maps.at(layer), head, prompt.ids, delimiters, window};
            for (const analysis::AttentionMetric& metric : analysis::attention_metrics()) {
                const double again = test::kDefinitions.at(metric.id)(whole);
                const double off = std::abs(heads[head].value(metric).value_or(-1) - again);
                worst = std::max(worst, off / std::max(1.0, again));
            }
        }
    }
    std::cout << model << ": metrics and the whole maps differ by " << worst << "\n";
    EXPECT_LE(worst, 1e-4);
}

TEST(RealHeads, of_smollm2_have_the_figures_of_their_maps) { expect_figures_of_maps(test::kSmolLm2); }
TEST(RealHeads, of_gemma3_have_the_figures_of_their_maps) { expect_figures_of_maps(test::kGemma3); }

}  // namespace
}  // namespace attnx

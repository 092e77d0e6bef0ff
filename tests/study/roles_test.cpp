// What heads do, on models whose heads are known.
#include "attnx/study/roles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/loaded_model.h"
#include "support/sample.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

struct SampleFile {
    gguf::File file = gguf::File::open(test::kSample);
    model::ModelSpec spec = model::build_spec(file);
};

std::string names(const HeadRole& head) {
    if (!head.classes) return "untold";
    std::string all;
    for (const analysis::HeadClass* row : *head.classes) all += (all.empty() ? "" : " ") + std::string(row->id);
    return all;
}

std::optional<double> score(const Scores& scores, std::string_view id) {
    return scores.at(place_of(analysis::attention_metric(id)));
}

constexpr char kLongText[] =
    "the cat sat on the mat. the dog ran to the red sun, and the cat was in the sea of tea. she is a key, it is one of "
    "two.";

TEST(Roles, of_a_text_that_was_looked_at_are_those_of_the_text) {
    const SampleFile sample;
    const Prompt text = prompt_of_text(sample.file, sample.spec, kLongText);
    const Roles wanted = roles(sample.file, sample.spec, text, {});
    const Attended seen = attend(sample.file, sample.spec, text, {.received = true});
    const Roles told = roles(sample.file, sample.spec, text, seen, {});
    ASSERT_EQ(told.heads.size(), wanted.heads.size());
    for (std::size_t i = 0; i < told.heads.size(); ++i) {
        EXPECT_EQ(told.heads[i].classes, wanted.heads[i].classes);
        EXPECT_EQ(told.heads[i].text, wanted.heads[i].text);
        EXPECT_EQ(told.heads[i].probe, wanted.heads[i].probe);
    }
    EXPECT_EQ(told.sink_rate, wanted.sink_rate);
    ASSERT_TRUE(told.secondary_sinks && wanted.secondary_sinks);
    EXPECT_EQ(told.secondary_sinks->size(), wanted.secondary_sinks->size());
}

// tools/sample_model.cpp says what its heads are built to do. A head that looks at a token near it is local, too; on
// the 40 tokens of the text that is not told: uniform attention has more than a third of 1 on the last five.
TEST(Roles, of_the_sample_are_those_it_is_built_for) {
    constexpr const char* kByProbe[] = {"previous local", "local", "sink",      "uniform", "",
                                        "uniform",        "sink",  "self local"};
    constexpr const char* kByText[] = {"previous", "", "sink", "uniform", "", "uniform", "sink", "self"};
    const SampleFile sample;
    for (const bool with_text : {false, true}) {
        std::optional<Prompt> text;
        if (with_text) text = prompt_of_text(sample.file, sample.spec, kLongText);
        const Roles told = roles(sample.file, sample.spec, text, {});
        ASSERT_EQ(told.heads.size(), 16u);
        for (std::size_t i = 0; i < 8; ++i) {
            // The induction head rests on the first token where nothing is repeated: on a text it may be a sink, too.
            if (i == 4) EXPECT_NE(names(told.heads[i]).find("induction"), std::string::npos) << names(told.heads[i]);
            else EXPECT_EQ(names(told.heads[i]), (with_text ? kByText : kByProbe)[i]) << "head " << i;
        }
        EXPECT_GT(score(told.heads[4].probe, "induction").value_or(0), .95);
        EXPECT_EQ(told.heads[6].kv_head, 1u) << "head 2 of four over two";
        EXPECT_EQ(told.text.has_value(), with_text);
        EXPECT_EQ(told.secondary_sinks.has_value(), with_text);
        ASSERT_TRUE(told.sink_rate);
        EXPECT_EQ(told.sink_rate_of_text, with_text);
        EXPECT_TRUE(std::ranges::none_of(
            told.findings, [](const Finding& finding) { return finding.id == FindingId::too_few_tokens; }));
    }
}

TEST(Roles, are_told_by_repeated_ordinary_tokens_that_a_seed_chooses) {
    const SampleFile sample;
    const Prompt vocabulary{{}, tokenizer_of(sample.file)};
    const std::vector<std::uint32_t> ids = probe_ids(vocabulary, sample.spec, 20, 5);
    ASSERT_EQ(ids.size(), 41u);
    EXPECT_EQ(ids.front(), 1u) << "BOS";
    for (std::size_t i = 1; i <= 20; ++i) {
        EXPECT_EQ(ids[i], ids[i + 20]);
        EXPECT_TRUE(vocabulary.tokenizer->vocab().has(ids[i], text::attribute::normal)) << ids[i];
        EXPECT_FALSE(vocabulary.tokenizer->vocab().has(ids[i], text::attribute::control | text::attribute::byte));
    }
    EXPECT_EQ(std::set(ids.begin() + 1, ids.begin() + 21).size(), 20u) << "they differ";
    EXPECT_EQ(probe_ids(vocabulary, sample.spec, 20, 5), ids);
    EXPECT_NE(probe_ids(vocabulary, sample.spec, 20, 6), ids);

    RolesQuestion question;
    question.seeds = 2;
    question.first_seed = 5;
    question.length = 20;
    const Roles told = roles(sample.file, sample.spec, std::nullopt, question);
    ASSERT_EQ(told.probes.size(), 2u);
    EXPECT_EQ(told.probes[0].seed, 5u);
    EXPECT_EQ(told.probes[0].ids, ids);
    EXPECT_EQ(told.probes[1].ids, probe_ids(vocabulary, sample.spec, 20, 6));
}

// splitmix64 from seed 0 begins with 0xE220A8397B1DCDAF: its upper half of 100 ids is id 88.
TEST(Roles, choose_the_same_tokens_everywhere) {
    const test::LoadedModel model(test::TinyModel{.vocabulary = 100, .context = 256}.bytes());
    EXPECT_EQ(probe_ids({}, model.spec, 2, 0).front(), 0xE220A839ULL * 100 >> 32);
    EXPECT_EQ(probe_ids({}, model.spec, 2, 0).front(), 88u);
}

// W_Q = 0: whatever is measured is what uniform attention has, on the probes and on a text, windows or not.
TEST(Roles, of_uniform_heads_have_the_scores_of_uniform_attention) {
    const test::LoadedModel model(test::TinyModel{.vocabulary = 120, .context = 256, .zero_queries = true}.bytes());
    Prompt text;
    for (std::uint32_t i = 0; i < 40; ++i) text.ids.push_back(i * i % 17);
    const Roles told = roles(model.file, model.spec, text, {});
    ASSERT_EQ(told.heads.size(), 4u);
    std::size_t compared = 0;
    for (const HeadRole& head : told.heads) {
        EXPECT_EQ(names(head), "uniform");
        for (const analysis::AttentionMetric& metric : analysis::attention_metrics()) {
            const UniformScores& uniform = told.uniform.at(head.layer);
            for (const auto& [own, even] :
                 {std::pair(&head.probe, &uniform.probe), std::pair(&*head.text, &*uniform.text)}) {
                ASSERT_EQ(score(*own, metric.id).has_value(), score(*even, metric.id).has_value()) << metric.id;
                compared += score(*own, metric.id).has_value() ? 1 : 0;
                EXPECT_NEAR(score(*own, metric.id).value_or(0), score(*even, metric.id).value_or(0), 1e-5) << metric.id;
            }
        }
    }
    EXPECT_GE(compared, 4u * 2 * 10);
    EXPECT_TRUE(told.secondary_sinks->empty());
    EXPECT_EQ(told.sink_rate, 0.0);
    const double harmonic = [] {
        double sum = 0;
        for (int i = 52; i <= 101; ++i) sum += 1.0 / i;
        return sum;
    }();
    const Roles with_bos = roles(SampleFile().file, SampleFile().spec, std::nullopt, {});
    EXPECT_NEAR(score(with_bos.uniform.at(0).probe, "induction").value_or(0), harmonic / 50, 1e-6);
    EXPECT_NEAR(score(with_bos.uniform.at(0).probe, "induction").value_or(0), .0136, 5e-5);
}

TEST(Roles, are_not_guessed_from_too_few_tokens) {
    const SampleFile sample;
    RolesQuestion question;
    question.length = 15;  // 31 tokens
    const Roles few = roles(sample.file, sample.spec, prompt_of_text(sample.file, sample.spec, "the cat"), question);
    for (const HeadRole& head : few.heads) {
        EXPECT_EQ(names(head), "untold");
        EXPECT_TRUE(score(head.probe, "induction")) << "the scores are there";
        EXPECT_TRUE(score(*head.text, "self"));
    }
    EXPECT_FALSE(few.sink_rate);
    EXPECT_FALSE(few.secondary_sinks);
    EXPECT_EQ(std::ranges::count_if(few.findings,
                                    [](const Finding& finding) { return finding.id == FindingId::too_few_tokens; }),
              2);
    question.length = 16;  // 33
    EXPECT_NE(names(roles(sample.file, sample.spec, std::nullopt, question).heads[0]), "untold");
}

TEST(Roles, follow_the_thresholds_of_the_question) {
    const SampleFile sample;
    RolesQuestion question;
    question.thresholds = {{"previous", 1.1}, {"uniform", 0}};
    question.heads = {{0, {0, 2}}};
    const Roles told = roles(sample.file, sample.spec, std::nullopt, question);
    ASSERT_EQ(told.heads.size(), 2u);
    EXPECT_EQ(names(told.heads[0]), "local uniform");
    EXPECT_EQ(names(told.heads[1]), "sink uniform");
    question.sink_above = 0;
    EXPECT_EQ(roles(sample.file, sample.spec, std::nullopt, question).sink_rate, 1.0);
}

TEST(Roles, compare_heads_on_the_text) {
    const SampleFile sample;
    RolesQuestion question;
    question.similarity = true;
    question.seeds = 1;
    const Roles told = roles(sample.file, sample.spec, prompt_of_text(sample.file, sample.spec, kLongText), question);
    ASSERT_EQ(told.similarity.size(), 4u);
    const std::vector<float>& js = told.similarity.at(0);
    ASSERT_EQ(js.size(), 16u);
    EXPECT_EQ(js[0], 0.0F);
    EXPECT_GT(js[0 * 4 + 2], .6F) << "previous and first: ln 2 at most";
    EXPECT_LT(js[0 * 4 + 2], .6932F);
}

TEST(Roles, are_told_of_latent_attention_and_without_a_vocabulary) {
    const auto json = test::golden_path("deepseek2");
    const test::LoadedModel model(test::golden_model_bytes(json, test::Weights::real));
    RolesQuestion question;
    question.length = 4;
    question.seeds = 1;
    const Roles told = roles(model.file, model.spec, std::nullopt, question);
    std::size_t heads = 0;
    for (const auto& [layer, some] : all_heads(model.spec)) heads += some.size();
    EXPECT_EQ(told.heads.size(), heads);
    EXPECT_TRUE(std::ranges::any_of(told.findings,
                                    [](const Finding& finding) { return finding.id == FindingId::assumed_value; }));
}

TEST(Roles, refuse_what_no_probe_can_be_made_of) {
    const test::LoadedModel model(test::TinyModel{.context = 20}.bytes());
    const auto ask = [&](std::uint32_t length) {
        try {
            RolesQuestion question;
            question.length = length;
            roles(model.file, model.spec, std::nullopt, question);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("none");
    };
    EXPECT_NE(ask(12).find("12 different tokens cannot be made of 11"), std::string::npos) << ask(12);
    EXPECT_NE(ask(11).find("the probe has 22 tokens, the model was trained on a context of 20"), std::string::npos);
    EXPECT_EQ(ask(10), "none");
}

}  // namespace
}  // namespace attnx::study

// Models run the way a user of the library would.
#include "attnx/study/attend.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "support/loaded_model.h"
#include "support/sample.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

const std::vector<std::uint32_t> kTokens = {1, 5, 9, 3};

template <class Body>
std::string refusal(const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

// The header's own example, on the model whose heads' roles are known (tools/sample_model.cpp).
TEST(Attend, answers_a_question_about_a_text) {
    const auto file = gguf::File::open(test::kSample);
    const auto spec = model::build_spec(file);
    const Prompt prompt = prompt_of_text(file, spec, "the cat sat on the mat");
    const Attended answer = attend(file, spec, prompt, {.maps = {0}});
    ASSERT_EQ(answer.tokens.size(), 7u);
    EXPECT_EQ(answer.tokens[2].piece, " cat");
    EXPECT_EQ(answer.heads, all_heads(spec));
    EXPECT_GT(answer.metrics.at(0)[0].value(analysis::attention_metric("previous_token")), .99);
    EXPECT_NEAR(answer.metrics.at(0)[3].value(analysis::attention_metric("relative_entropy")).value_or(0), 1.0, 1e-6)
        << "W_Q = 0 attends uniformly";
    ASSERT_EQ(answer.maps.size(), 1u) << "of the layer asked for";
    EXPECT_GT(answer.maps.at(0).row(0, 5)[4], .99f);
    EXPECT_TRUE(answer.logits.empty());
    EXPECT_TRUE(answer.block_output_norm.empty());
}

TEST(Attend, computes_what_is_asked_for_and_no_more) {
    const test::LoadedModel model(test::TinyModel{}.bytes());
    Question question;
    question.heads = {{0, {1}}};
    question.norms = question.logits = true;
    const Attended answer = attend(model.file, model.spec, {kTokens, nullptr}, question);
    EXPECT_EQ(answer.tokens[1].piece, "#5") << "there is no vocabulary";
    EXPECT_EQ(answer.metrics.size(), 1u);
    EXPECT_TRUE(answer.maps.empty());
    EXPECT_EQ(answer.logits.size(), 11u);
    ASSERT_EQ(answer.block_output_norm.size(), 1u);
    EXPECT_EQ(answer.block_output_norm.at(0).size(), kTokens.size());
}

class Witness final : public Onlooker {
public:
    void generates(std::uint64_t at_most) override { asked = at_most; }
    void generated() override { ++steps; }
    std::vector<trace::Sink*> attends(std::span<const Token> tokens, std::uint64_t weights) override {
        seen = tokens.size();
        promised = weights;
        return {&recorder};
    }
    void attended(std::uint64_t weights) override { told += weights; }

    std::uint64_t asked = 0, steps = 0, seen = 0, promised = 0, told = 0;
    trace::AttentionRecorder recorder;
};

TEST(Attend, generates_the_likeliest_tokens_first_and_looks_at_all) {
    const test::LoadedModel model(test::TinyModel{}.bytes());
    // One by one, as generating does it by definition: each time everything from the beginning.
    std::vector<std::uint32_t> expected = kTokens;
    for (int i = 0; i < 3; ++i) {
        forward::Session session(model.file, model.spec);
        trace::Sink nobody;
        const auto logits = session.feed(expected, nobody, {.last_layer = {}, .logits = true});
        expected.push_back(static_cast<std::uint32_t>(std::ranges::max_element(logits) - logits.begin()));
    }
    Question question;
    question.generate = 3;
    question.maps = {1};
    Witness witness;
    const Attended answer = attend(model.file, model.spec, {kTokens, nullptr}, question, &witness);
    ASSERT_EQ(answer.tokens.size(), 7u);
    EXPECT_EQ(answer.prompt_tokens, 4u);
    for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_EQ(answer.tokens[i].id, expected[i]);
        EXPECT_EQ(answer.tokens[i].generated, i >= 4);
    }
    EXPECT_EQ(witness.asked, 3u);
    EXPECT_EQ(witness.steps, 3u);
    EXPECT_EQ(witness.seen, 7u);
    EXPECT_EQ(witness.promised, 2u * 2 * 7 * 7) << "layers, heads, queries, keys";
    EXPECT_EQ(witness.told, witness.promised);
    const auto kept = answer.maps.at(1).head(1), heard = witness.recorder.maps().at(1).head(1);
    EXPECT_TRUE(std::ranges::equal(kept, heard));
}

// Heads are measured while others are, in no order: no figure may tell.
TEST(Attend, measures_the_same_to_the_last_bit_with_any_number_of_threads) {
    const test::LoadedModel model(test::TinyModel{.heads = 8, .kv_heads = 4, .layers = 3}.bytes());
    std::vector<std::uint32_t> tokens;
    for (std::uint32_t i = 0; i < 50; ++i) tokens.push_back(1 + i * i % 10);
    const auto ask = [&](unsigned threads) {
        Question question;
        question.run.threads = threads;
        return attend(model.file, model.spec, {tokens, nullptr}, question).metrics;
    };
    const auto alone = ask(1), many = ask(5);
    ASSERT_EQ(alone.size(), 3u);
    for (const auto& [layer, heads] : alone)
        for (std::size_t head = 0; head < heads.size(); ++head) {
            for (const analysis::AttentionMetric& metric : analysis::attention_metrics())
                EXPECT_EQ(heads[head].value(metric), many.at(layer)[head].value(metric)) << metric.id;
            EXPECT_EQ(heads[head].strongest()->key, many.at(layer)[head].strongest()->key);
        }
}

TEST(Attend, refuses_before_it_runs) {
    const test::LoadedModel model(test::TinyModel{}.bytes());
    const auto ask = [&](const Question& question, std::vector<std::uint32_t> tokens = kTokens) {
        return refusal([&] { attend(model.file, model.spec, {std::move(tokens), nullptr}, question); });
    };
    EXPECT_NE(ask({.heads = {{7, {0}}}}).find("layer 7 does not compute softmax attention"), std::string::npos);
    EXPECT_NE(ask({.heads = {{0, {0, 2}}}}).find("layer 0 has 2 heads, no head 2"), std::string::npos);
}

// What a session takes it answers for itself; the maps come on top.
TEST(Attend, counts_the_maps_that_it_is_to_keep) {
    const test::LoadedModel model(test::TinyModel{.layers = 4}.bytes());
    const std::vector<std::uint32_t> sixty(60, 1);
    const forward::Session session(model.file, model.spec, {.threads = 1, .context = 0, .causal = {}});
    std::uint64_t running = 0;
    for (const Need& need : session.needs(sixty.size())) running += need.bytes;
    constexpr std::uint64_t kMaps = 4 * 2 * 60 * 60 * sizeof(float);
    Question question;
    question.maps = {0, 1, 2, 3};
    question.run.threads = 1;
    question.maps_advice = " (fewer layers)";
    const auto ask = [&] { return refusal([&] { attend(model.file, model.spec, {sixty, nullptr}, question); }); };
    question.run.max_memory = running + kMaps;
    EXPECT_EQ(ask(), "none");
    --question.run.max_memory;
    EXPECT_NE(ask().find("for maps of 4 layers, 60 tokens (fewer layers)"), std::string::npos) << ask();
}

TEST(Prompt, is_checked_against_the_model) {
    const test::LoadedModel model(test::TinyModel{.context = 4}.bytes());
    const auto ask = [&](std::vector<std::uint32_t> ids) {
        return refusal([&] { prompt_of_ids(model.file, model.spec, std::move(ids)); });
    };
    EXPECT_EQ(ask({1, 2}), "none");
    EXPECT_NE(ask({}).find("holds no tokens"), std::string::npos);
    EXPECT_NE(ask({1, 11}).find("token id 11 is outside the vocabulary of 11"), std::string::npos);
    EXPECT_NE(ask({1, 2, 3, 4, 5}).find("trained on a context of 4"), std::string::npos);
}

}  // namespace
}  // namespace attnx::study

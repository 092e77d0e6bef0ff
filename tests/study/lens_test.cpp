#include "attnx/study/lens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "support/golden_attention.h"
#include "support/golden_model.h"
#include "support/loaded_model.h"
#include "support/refusal.h"
#include "support/sample.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

const std::vector<std::uint32_t> kLensIds = {1, 5, 9, 3, 5, 9};

// The stream behind a block of the last token, and the logits.
class LastRow final : public trace::Sink {
public:
    bool wants_block_output(std::uint32_t layer) override { return layer == 1; }
    void block_output(std::uint32_t, std::span<const float> values, std::uint32_t width) override {
        const auto row = values.last(width);
        stream.assign(row.begin(), row.end());
    }
    std::vector<float> stream;
};

// Weights go by the names of tensors: a model of fewer layers is the beginning of one of more.
TEST(Lens, behind_a_layer_is_what_a_model_that_ends_there_says) {
    const test::LoadedModel whole(test::TinyModel{.layers = 3}.bytes());
    const Lens told = lens(whole.file, whole.spec, {kLensIds, nullptr}, {.top = 11});
    ASSERT_EQ(told.layers.size(), 3u);
    for (std::uint32_t layers = 1; layers <= 3; ++layers) {
        const test::LoadedModel shorter(test::TinyModel{.layers = layers}.bytes());
        for (std::size_t count = 1; count <= kLensIds.size(); ++count) {
            trace::Sink nobody;
            forward::Session session(shorter.file, shorter.spec);
            const auto logits =
                session.feed(std::span(kLensIds).first(count), nobody, {.last_layer = {}, .logits = true});
            const analysis::NextToken said(logits);
            const std::vector<analysis::Guess>& guesses = told.layers[layers - 1].positions.at(count - 1);
            ASSERT_EQ(guesses.size(), 11u);
            EXPECT_EQ(guesses[0].id, said.most_likely());
            for (const analysis::Guess& guess : guesses)
                EXPECT_NEAR(guess.probability, std::exp(said.log_probability(guess.id)), 1e-5);
        }
    }
}

// The last layer has no feed-forward network and nothing follows it: a head adds to the stream what is gone when its
// columns of W_O are 0, and to a logit that, through the norm's gain and scale, times the row of the output matrix.
TEST(Lens, gives_each_head_what_its_columns_of_W_O_write) {
    const auto changed = [](std::optional<std::uint32_t> without) {
        return test::TinyModel{.heads = 4,
                               .kv_heads = 2,
                               .change =
                                   [without](std::string_view name, std::uint64_t index, float value) {
                                       if (name == "blk.1.ffn_down.weight") return 0.0F;
                                       const bool gone =
                                           without && name == "blk.1.attn_output.weight" && index % 16 / 4 == *without;
                                       return gone ? 0.0F : value;
                                   }}
            .bytes();
    };
    const auto stream_of = [](const test::LoadedModel& model) {
        LastRow row;
        forward::Session(model.file, model.spec).feed(kLensIds, row, {.last_layer = {}, .logits = true});
        return row.stream;
    };
    constexpr std::uint32_t kTarget = 7;
    const test::LoadedModel whole(changed({}));
    const std::vector<float> stream = stream_of(whole);
    double squares = 0;
    for (const float v : stream) squares += static_cast<double>(v) * static_cast<double>(v);
    const double scale = 1 / std::sqrt(squares / 16 + 1e-5);

    const Lens told = lens(whole.file, whole.spec, {kLensIds, nullptr}, {.target = kTarget});
    ASSERT_EQ(told.attribution.heads.size(), 8u);
    for (std::uint32_t head = 0; head < 4; ++head) {
        const test::LoadedModel less(changed(head));
        const std::vector<float> other = stream_of(less);
        double expected = 0;
        for (std::uint32_t i = 0; i < 16; ++i) {
            const double gain = static_cast<double>(test::golden_weight("output_norm.weight", 7, i, 0.2F, 1.0F));
            const double output =
                static_cast<double>(test::golden_weight("token_embd.weight", 7, kTarget * 16 + i, 1.0F, 0.0F));
            expected += output * gain * scale * (static_cast<double>(stream[i]) - static_cast<double>(other[i]));
        }
        const forward::Attribution::OfHead& got = told.attribution.heads[4 + head];
        EXPECT_EQ(got.layer, 1u);
        EXPECT_EQ(got.head, head);
        EXPECT_GT(std::abs(expected), 1e-3);
        EXPECT_NEAR(got.value, expected, 1e-5);
    }
    EXPECT_NEAR(told.attribution.feed_forward.at(1).value, 0, 1e-9);
}

// Head 0 of layer 1 says what came after the last time (tools/sample_model.cpp).
TEST(Lens, of_the_sample_finds_who_writes_the_next_word) {
    const auto file = gguf::File::open(test::kSample);
    const auto spec = model::build_spec(file);
    const Prompt prompt = prompt_of_text(file, spec, "the cat sat on the mat and the cat sat on the");
    const Lens told = lens(file, spec, prompt, {});
    const auto most = std::ranges::max_element(told.attribution.heads, {}, &forward::Attribution::OfHead::value);
    EXPECT_EQ(most->layer, 1u);
    EXPECT_EQ(most->head, 0u);
    EXPECT_GT(most->value, 0.5 * told.attribution.logit);
    EXPECT_NEAR(told.attribution.total(), told.attribution.logit, 1e-3);
    // Which it does not know before that layer.
    const auto known = [&](std::size_t layer) {
        return std::ranges::any_of(told.layers[layer].positions[12], [&](const analysis::Guess& guess) {
            return guess.id == told.target && guess.probability > 0.01;
        });
    };
    EXPECT_FALSE(known(0));
    EXPECT_TRUE(known(1));
    EXPECT_EQ(told.layers[3].positions[12][0].id, told.target);
}

TEST(Lens, says_what_is_not_there) {
    const test::LoadedModel model(test::TinyModel{}.bytes());
    const auto code_of = [&](const LensQuestion& question) {
        try {
            (void)lens(model.file, model.spec, {kLensIds, nullptr}, question);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::internal;
    };
    EXPECT_EQ(code_of({.layers = {2}}), ErrorCode::not_found);
    EXPECT_EQ(code_of({.position = 6}), ErrorCode::not_found);
    EXPECT_EQ(code_of({.target = 11}), ErrorCode::not_found);
    EXPECT_EQ(code_of({.run = {.max_memory = 10000}}), ErrorCode::refused);
}

TEST(Lens, of_an_encoder_is_refused) {
    for (const auto& json : test::golden_attention_files("variants")) {
        if (!json.stem().string().starts_with("bert.")) continue;
        const test::LoadedModel model(test::golden_model_bytes(json, test::Weights::real));
        const Prompt prompt{test::golden_attention(json).tokens, nullptr};
        const auto refused = test::refusal_of([&] { (void)lens(model.file, model.spec, prompt, {}); });
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->code(), ErrorCode::unsupported);
        // A page that is to have it says so before it is computed.
        EXPECT_FALSE(test::refusal_of([&] { (void)attend(model.file, model.spec, prompt, {}); }));
        const auto asked = test::refusal_of([&] { (void)attend(model.file, model.spec, prompt, {.answers = true}); });
        ASSERT_TRUE(asked);
        EXPECT_EQ(asked->code(), ErrorCode::unsupported);
        return;
    }
    FAIL() << "no BERT among the golden models";
}

}  // namespace
}  // namespace attnx::study

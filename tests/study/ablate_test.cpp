#include "attnx/study/ablate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "support/loaded_model.h"
#include "support/sample.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

const std::vector<std::uint32_t> kIds = {1, 5, 9, 3, 5, 9};

// The same model with the columns of W_O that read one head set to 0.
std::vector<std::byte> without_columns(std::uint32_t layer, std::uint32_t head) {
    const test::TinyModel shape;
    const std::string name = "blk." + std::to_string(layer) + ".attn_output.weight";
    const std::uint64_t dim = shape.width / shape.heads;
    return test::TinyModel{
        .layers = 3,
        .change = [=](std::string_view tensor, std::uint64_t index,
                      float value) { return tensor == name && index % shape.width / dim == head ? 0.0F : value; }}
        .bytes();
}

std::vector<float> logits_of(const test::LoadedModel& model) {
    trace::Sink nobody;
    forward::Session session(model.file, model.spec);
    return session.feed(kIds, nobody, {.last_layer = {}, .logits = true});
}

TEST(Ablate, equals_a_file_whose_columns_of_W_O_are_zero) {
    const test::LoadedModel model(test::TinyModel{.layers = 3}.bytes());
    const AblateQuestion question{.target = 7};
    const Ablations told = ablate(model.file, model.spec, {kIds, nullptr}, question);
    ASSERT_EQ(told.heads.size(), 3u * model.spec.layers[0].head_count);
    const std::vector<float> whole = logits_of(model);
    EXPECT_EQ(*told.target_logit, static_cast<double>(whole[7]));
    for (const HeadEffect& head : told.heads) {
        const test::LoadedModel less(without_columns(head.layer, head.head));
        const std::vector<float> other = logits_of(less);
        EXPECT_NE(other[7], whole[7]);
        EXPECT_NEAR(*head.target_logit_change, static_cast<double>(other[7]) - static_cast<double>(whole[7]), 1e-5);
        EXPECT_NEAR(head.kl_last, analysis::NextToken(whole).divergence_to(analysis::NextToken(other)), 1e-6);
    }
}

TEST(Ablate, of_a_later_layer_leaves_the_pass_as_it_was) {
    const test::LoadedModel model(test::TinyModel{.layers = 3}.bytes());
    const Ablations once = ablate(model.file, model.spec, {kIds, nullptr}, {.heads = {{1, {0}}}});
    const Ablations amid =
        ablate(model.file, model.spec, {kIds, nullptr}, {.heads = {{0, {0, 1}}, {1, {0}}, {2, {1}}}});
    EXPECT_EQ(once.heads[0].kl_mean, amid.heads[2].kl_mean);
    EXPECT_EQ(*once.heads[0].loss_change, *amid.heads[2].loss_change);
}

// Head 0 of layer 1 continues what was there before, with the help of head 0 of layer 0 (tools/sample_model.cpp);
// the uniform heads of these layers write next to nothing.
TEST(Ablate, of_the_sample_finds_its_induction_circuit) {
    const auto file = gguf::File::open(test::kSample);
    const auto spec = model::build_spec(file);
    const Prompt prompt = prompt_of_text(file, spec, "the cat sat on the mat and the cat sat on the");
    const Ablations told = ablate(file, spec, prompt, {.heads = {{0, {0, 3}}, {1, {0, 1}}}});
    ASSERT_EQ(told.heads.size(), 4u);
    for (const std::size_t circuit : {0u, 2u})
        for (const std::size_t other : {1u, 3u}) {
            EXPECT_GT(told.heads[circuit].kl_last, 2 * told.heads[other].kl_last) << circuit << " " << other;
            EXPECT_GT(told.heads[circuit].kl_mean, told.heads[other].kl_mean) << circuit << " " << other;
        }
}

TEST(Ablate, by_the_mean_of_a_head_that_says_the_same_everywhere_changes_nothing) {
    const test::LoadedModel model(test::TinyModel{.layers = 2}.bytes());
    const std::vector<std::uint32_t> same(1, 5);  // one token: every head is its own mean
    const Ablations told = ablate(model.file, model.spec, {same, nullptr}, {.by_mean = true});
    for (const HeadEffect& head : told.heads) {
        EXPECT_NEAR(head.kl_last, 0, 1e-9);
        EXPECT_FALSE(head.loss_change.has_value());
    }
    EXPECT_FALSE(told.loss.has_value());
}

TEST(Ablate, names_what_is_not_there) {
    const test::LoadedModel model(test::TinyModel{.layers = 2}.bytes());
    const Prompt prompt{kIds, nullptr};
    EXPECT_THROW(ablate(model.file, model.spec, prompt, {.heads = {{0, {99}}}}), Error);
    EXPECT_THROW(ablate(model.file, model.spec, prompt, {.heads = {{7, {0}}}}), Error);
    EXPECT_THROW(ablate(model.file, model.spec, prompt, {.target = 1u << 30}), Error);
    EXPECT_THROW(ablate(model.file, model.spec, prompt, {.position = 6}), Error);
    EXPECT_THROW(ablate(model.file, model.spec, prompt, {.run = {.max_memory = 1024}}), Error);
}

}  // namespace
}  // namespace attnx::study

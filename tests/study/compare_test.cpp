#include "attnx/study/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/loaded_model.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

struct ComparedModel : test::LoadedModel {
    Prompt prompt{{1, 5, 9, 3}, nullptr};

    explicit ComparedModel(const test::TinyModel& tiny) : LoadedModel(tiny.bytes()) {}
    Side side() const { return {file, spec, prompt}; }
};

TEST(Compare, finds_no_distance_from_a_model_to_itself) {
    const ComparedModel a({}), b({});
    const Compared told = compare(a.side(), b.side(), {});
    ASSERT_EQ(told.heads.size(), 4U) << "two layers of two heads";
    for (const HeadDistance& head : told.heads) {
        EXPECT_EQ(head.js, 0);
        EXPECT_EQ(head.max_abs, 0);
        EXPECT_EQ(head.same_strongest, 1);
    }
    EXPECT_EQ(*told.kl_last, 0);
    EXPECT_EQ(*told.top1_agreement, 1);
    EXPECT_EQ(told.tokens.size(), 4U);
}

// Without queries every key weighs the same: the mean over queries of JS of a row and 1/n is what is measured.
TEST(Compare, measures_each_head_as_a_formula_says_of_both_maps) {
    const ComparedModel a({}), b({.zero_queries = true});
    Question whole;
    whole.maps = {0, 1};
    const Attended left = attend(a.file, a.spec, a.prompt, whole);
    const Compared told = compare(a.side(), b.side(), {});
    for (const HeadDistance& head : told.heads) {
        double sum = 0, most = 0;
        const auto term = [](double p) { return p > 0 ? p * std::log(p) : 0; };
        for (std::uint32_t query = 0; query < 4; ++query)
            for (std::uint32_t key = 0; key <= query; ++key) {
                const double p = static_cast<double>(left.maps.at(head.layer).row(head.head, query)[key]);
                const double q = 1.0 / (query + 1);
                sum += (term(p) + term(q)) / 2 - term((p + q) / 2);
                most = std::max(most, std::abs(p - q));
            }
        EXPECT_NEAR(head.js, sum / 4, 1e-6) << head.layer << "." << head.head;
        EXPECT_NEAR(head.max_abs, most, 1e-6);
        EXPECT_LT(head.js, std::numbers::ln2);
    }
}

// The head says z and, where one embedding row is twice as long, twice as much of that token.
TEST(Compare, tells_how_far_apart_the_next_tokens_are) {
    const ComparedModel a({}), b({.change = [](std::string_view name, std::uint64_t i, float value) {
        return name == "token_embd.weight" && i / 16 == 7 ? 2 * value : value;
    }});
    Question last;
    last.logits = true;
    const std::vector<float> left = attend(a.file, a.spec, a.prompt, last).logits;
    std::vector<double> p(left.size()), q(left.size());
    double sum_p = 0, sum_q = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
        p[i] = std::exp(static_cast<double>(left[i]));
        q[i] = std::exp(static_cast<double>(left[i]) * (i == 7 ? 2 : 1));  // token 7 is not in the prompt
        sum_p += p[i];
        sum_q += q[i];
    }
    double kl = 0;
    for (std::size_t i = 0; i < p.size(); ++i) kl += p[i] / sum_p * std::log(p[i] / sum_p / (q[i] / sum_q));
    const Compared told = compare(a.side(), b.side(), {});
    EXPECT_NEAR(*told.kl_last, kl, 1e-5);
    EXPECT_GT(*told.kl_mean, 0);
    for (const HeadDistance& head : told.heads) EXPECT_EQ(head.max_abs, 0) << "nobody reads token 7";
}

TEST(Compare, leaves_out_layers_with_other_heads_and_vocabularies_of_another_size) {
    const ComparedModel a({.layers = 3}), b({.vocabulary = 12});
    const Compared told = compare(a.side(), b.side(), {});
    EXPECT_EQ(told.left_out, (std::vector<std::uint32_t>{2}));
    EXPECT_EQ(told.heads.size(), 4U);
    EXPECT_FALSE(told.kl_last);
    const ComparedModel wide({.heads = 4, .kv_heads = 4});
    EXPECT_THROW(compare(a.side(), wide.side(), {}), Error);
}

TEST(Compare, refuses_other_tokens_and_what_does_not_fit) {
    const ComparedModel a({});
    ComparedModel b({});
    b.prompt.ids[2] = 8;
    try {
        compare(a.side(), b.side(), {});
        FAIL() << "other tokens";
    } catch (const Error& error) {
        EXPECT_NE(error.message().find("token 2 is 9 (#9) and 8 (#8)"), std::string::npos) << error.message();
    }
    EXPECT_THROW(compare(a.side(), a.side(), {.max_memory = 100}), Error);
}

}  // namespace
}  // namespace attnx::study

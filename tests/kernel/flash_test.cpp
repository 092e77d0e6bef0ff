#include "attnx/kernel/flash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/base/half.h"
#include "support/fused.h"
#include "support/golden_model.h"

namespace attnx::kernel {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

struct Case {
    std::vector<float> scores, values;
    std::size_t dim;

    Strip<const float> strip() const { return {values.data(), scores.size(), dim, dim}; }
};

// A few keys are left out, and a score larger than all before comes again and again.
Case case_of(std::size_t keys, std::size_t dim) {
    Case made{{}, {}, dim};
    for (std::size_t j = 0; j < keys; ++j) {
        made.scores.push_back(test::golden_weight("scores", 1, j, 8.0F, static_cast<float>(j % 50) * 0.3F));
        if (j % 9 == 4 || (j >= 64 && j < 128)) made.scores.back() = kNone;
    }
    for (std::size_t i = 0; i < keys * dim; ++i)
        made.values.push_back(test::golden_weight("values", 2, i, 1.0F, 0.25F));
    return made;
}

std::vector<double> expected(const Case& given, std::optional<float> sink) {
    double sum = sink ? std::exp(static_cast<double>(*sink)) : 0;
    std::vector<double> mixed(given.dim);
    for (std::size_t j = 0; j < given.scores.size(); ++j) {
        if (given.scores[j] == kNone) continue;
        const double weight = std::exp(static_cast<double>(given.scores[j]));
        sum += weight;
        for (std::size_t i = 0; i < given.dim; ++i)
            mixed[i] += weight * static_cast<double>(given.values[j * given.dim + i]);
    }
    for (double& value : mixed) value /= sum;
    return mixed;
}

std::vector<float> by_keys(const Case& given, std::optional<float> sink, SumsIn sums, Simd simd) {
    std::vector<float> to(given.dim);
    flash_by_keys(given.scores, given.strip(), sink, sums, to, simd);
    return to;
}

std::vector<float> by_tiles(const Case& given, std::optional<float> sink, Simd simd) {
    std::vector<float> scores = given.scores, to(given.dim);
    flash_by_tiles(scores, given.strip(), sink, to, simd);
    return to;
}

std::vector<Simd> every_simd() {
    std::vector<Simd> all;
    for (const Simd simd : kSimds)
        if (simd <= best_simd()) all.push_back(simd);
    return all;
}

void expect_near(const std::vector<float>& got, const std::vector<double>& want, double tolerance) {
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(static_cast<double>(got[i]), want[i], tolerance) << i;
}

TEST(Flash, adds_up_what_a_softmax_held_whole_would) {
    for (const std::size_t keys : {1U, 31U, 64U, 65U, 300U})
        for (const std::optional<float> sink : {std::optional<float>(), std::optional<float>(14.0F)}) {
            const Case given = case_of(keys, 72);
            const std::vector<double> want = expected(given, sink);
            for (const Simd simd : every_simd()) {
                expect_near(by_keys(given, sink, SumsIn::floats, simd), want, 2e-6);
                expect_near(by_tiles(given, sink, simd), want, 2e-6);
                expect_near(by_keys(given, sink, SumsIn::halves, simd), want, 1e-2);
            }
        }
}

// Until it is divided, what is added up is a half-precision number; here, by 1.
TEST(Flash, in_halves_keeps_no_more_than_half_precision) {
    Case given{{kNone, 0.0F}, {5.0F, 1.0F / 3.0F}, 1};
    const float read = by_keys(given, std::nullopt, SumsIn::halves, best_simd()).front();
    EXPECT_EQ(read, rounded_to_half(1.0F / 3.0F));
    EXPECT_EQ(by_keys(given, std::nullopt, SumsIn::floats, best_simd()).front(), 1.0F / 3.0F);
}

TEST(Flash, gives_the_same_floats_wherever_products_are_fused_with_sums) {
    if (!test::fuses(best_simd())) GTEST_SKIP() << "this processor rounds each product";
    const Case given = case_of(200, 80);
    for (const Simd simd : every_simd()) {
        if (!test::fuses(simd)) continue;
        EXPECT_EQ(by_keys(given, 3.0F, SumsIn::halves, simd), by_keys(given, 3.0F, SumsIn::halves, best_simd()));
        EXPECT_EQ(by_tiles(given, 3.0F, simd), by_tiles(given, 3.0F, best_simd()));
    }
}

TEST(Flash, of_nothing_seen_is_nothing) {
    const Case given{{kNone, kNone}, {1.0F, 2.0F}, 1};
    EXPECT_EQ(by_keys(given, std::nullopt, SumsIn::floats, best_simd()).front(), 0.0F);
    EXPECT_EQ(by_tiles(given, std::nullopt, best_simd()).front(), 0.0F);
}

TEST(Flash, refuses_values_that_are_not_there) {
    const Case given = case_of(4, 8);
    std::vector<float> to(9);
    EXPECT_THROW(flash_by_keys(given.scores, given.strip(), {}, SumsIn::floats, to), Error);
    to.resize(8);
    EXPECT_THROW(flash_by_keys(std::vector<float>(5), given.strip(), {}, SumsIn::floats, to), Error);
}

TEST(ProductsInTurn, are_the_products) {
    constexpr std::size_t kRows = 5, kOutputs = 70, kDim = 33;
    std::vector<float> x, w, y(kRows * kOutputs);
    for (std::size_t i = 0; i < kRows * kDim; ++i) x.push_back(test::golden_weight("x", 1, i, 1.0F, 0.0F));
    for (std::size_t i = 0; i < kOutputs * kDim; ++i) w.push_back(test::golden_weight("w", 2, i, 1.0F, 0.0F));
    Floats room;
    for (const Simd simd : every_simd()) {
        products_in_turn({x.data(), kRows, kDim, kDim}, {w.data(), kOutputs, kDim, kDim},
                         {y.data(), kRows, kOutputs, kOutputs}, room, simd);
        for (std::size_t t = 0; t < kRows; ++t)
            for (std::size_t o = 0; o < kOutputs; ++o) {
                double sum = 0;
                for (std::size_t k = 0; k < kDim; ++k)
                    sum += static_cast<double>(x[t * kDim + k]) * static_cast<double>(w[o * kDim + k]);
                EXPECT_NEAR(static_cast<double>(y[t * kOutputs + o]), sum, 2e-6) << to_string(simd);
            }
    }
    EXPECT_THROW(products_in_turn({x.data(), kRows, kDim, kDim}, {w.data(), kOutputs, kDim - 1, kDim},
                                  {y.data(), kRows, kOutputs, kOutputs}, room),
                 Error);
}

}  // namespace
}  // namespace attnx::kernel

// One layer looked at closely: what is worked out step by step is what the model did.
#include "attnx/study/one_layer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/model_case.h"
#include "support/tiny_model.h"

namespace attnx::study {
namespace {

const std::vector<std::uint32_t> kSome = {1, 5, 9, 3, 7, 2};

struct Model {
    std::vector<std::byte> bytes;
    gguf::File file;
    model::ModelSpec spec;
    explicit Model(std::vector<std::byte> b)
        : bytes(std::move(b)), file(gguf::File::from_bytes(bytes, "m.gguf")), spec(model::build_spec(file)) {}
};

TEST(AttentionMatrix, is_the_map_of_a_head_or_the_mean_of_all) {
    const Model model(test::TinyModel{.heads = 4, .kv_heads = 2}.bytes());
    Question question;
    question.maps = {1};
    const auto map = attend(model.file, model.spec, {kSome, nullptr}, question).maps.at(1);
    const Matrix one = attention_matrix(model.file, model.spec, {kSome, nullptr}, {.layer = 1, .head = 3});
    const Matrix mean = attention_matrix(model.file, model.spec, {kSome, nullptr}, {.layer = 1});
    ASSERT_EQ(one.weights.size, 6u);
    for (std::uint32_t i = 0; i < 6; ++i)
        for (std::uint32_t j = 0; j < 6; ++j) {
            EXPECT_EQ(one.weights.row(i)[j], static_cast<double>(map.row(3, i)[j]));
            double sum = 0;
            for (std::uint32_t h = 0; h < 4; ++h) sum += static_cast<double>(map.row(h, i)[j]);
            EXPECT_NEAR(mean.weights.row(i)[j], sum / 4, 1e-7);
            EXPECT_EQ(one.visible()(i, j), j <= i);
        }
}

}  // namespace
}  // namespace attnx::study

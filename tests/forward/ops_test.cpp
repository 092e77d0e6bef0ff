#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "../../src/forward/kernel.h"
#include "../../src/forward/ops/activation.h"
#include "../../src/forward/ops/matmul.h"
#include "../../src/forward/ops/norm.h"
#include "../../src/forward/ops/rope.h"
#include "../../src/forward/ops/softmax.h"
#include "attnx/base/error.h"
#include "support/gguf_builder.h"
#include "support/golden_model.h"

namespace attnx::forward {
namespace {

std::vector<float> numbers(std::string_view name, std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = test::golden_weight(name, 1, i, 1.0F, 0.0F);
    return values;
}

// A plan of one matrix, the file's first tensor where it has one.
model::TensorPlan plan_of_q(const gguf::File& file) {
    model::PlannedTensor q;
    q.place = {model::Stack::trunk, 3};
    q.stem = Stem::attn_q;
    q.required = true;
    if (!file.tensors().empty()) q.index = 0;
    q.state = q.index ? model::TensorState::present : model::TensorState::missing;
    model::TensorPlan plan;
    plan.tensors = {q};
    plan.index();
    return plan;
}

TEST(Multiply, equals_the_sums_written_out_for_sizes_that_fill_no_tile) {
    constexpr std::size_t kIn = 37, kOut = 83, kMany = 7;
    const auto w = numbers("w", kIn * kOut), x = numbers("x", kIn * kMany);
    const auto bytes = test::GgufBuilder()
                           .key("general.architecture", "x")
                           .tensor("blk.3.attn_q.weight", "f32", {kIn, kOut}, test::fill_f32(w))
                           .bytes();
    const auto file = gguf::File::from_bytes(bytes, "m");
    const auto plan = plan_of_q(file);
    Linear linear = Tensors(file, plan, {model::Stack::trunk, 3}).linear(Stem::attn_q, kIn, kOut);
    linear.bias = numbers("b", kOut);
    Matrix in(kMany, kIn);
    in.values.assign(x.begin(), x.end());
    Workers workers(2);
    const Matrix y = applied(linear, in, workers);
    for (std::size_t t = 0; t < kMany; ++t) {
        for (std::size_t o = 0; o < kOut; ++o) {
            double sum = static_cast<double>(linear.bias[o]);
            for (std::size_t k = 0; k < kIn; ++k)
                sum += static_cast<double>(w[o * kIn + k]) * static_cast<double>(x[t * kIn + k]);
            EXPECT_NEAR(y.row(t)[o], sum, 1e-5) << t << ' ' << o;
        }
    }
}

TEST(Multiply, refuses_an_input_of_another_width) {
    const auto bytes =
        test::GgufBuilder().key("general.architecture", "x").tensor("blk.3.attn_q.weight", "f32", {8, 4}).bytes();
    const auto file = gguf::File::from_bytes(bytes, "m");
    const auto plan = plan_of_q(file);
    Workers workers(1);
    try {
        applied(Tensors(file, plan, {model::Stack::trunk, 3}).linear(Stem::attn_q, 8, 4), Matrix(1, 9), workers);
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::bad_dimensions);
        EXPECT_NE(std::string(e.what()).find("blk.3.attn_q.weight"), std::string::npos) << e.what();
    }
}

TEST(Tensors, name_the_missing_one) {
    const auto bytes = test::GgufBuilder().key("general.architecture", "x").bytes();
    const auto file = gguf::File::from_bytes(bytes, "m");
    const auto plan = plan_of_q(file);
    try {
        Tensors(file, plan, {model::Stack::trunk, 3}).linear(Stem::attn_q, 8, 4);
        FAIL() << "found";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::missing_tensor);
        EXPECT_NE(std::string(e.what()).find("blk.3.attn_q.weight"), std::string::npos) << e.what();
    }
}

TEST(Norms, make_unit_variance_or_unit_mean_square) {
    std::vector<float> x{1.0F, 2.0F, 3.0F, 4.0F};
    normalize({model::NormKind::rms, 0.0F}, {}, x);
    EXPECT_NEAR(x[3], 4.0 / std::sqrt(7.5), 1e-6);
    x = {1.0F, 2.0F, 3.0F, 4.0F};
    normalize({model::NormKind::layer, 0.0F}, {"n", {2.0F, 2.0F, 2.0F, 2.0F}, {1.0F, 1.0F, 1.0F, 1.0F}, 4}, x);
    EXPECT_NEAR(x[0], 1.0 - 2.0 * 1.5 / std::sqrt(1.25), 1e-6);
    x = {3.0F, 4.0F};
    l2_normalize(x, 1e-6F);
    EXPECT_FLOAT_EQ(x[0], 0.6F);
}

TEST(Softmax, survives_large_scores_and_leaves_the_sink_its_share) {
    std::vector<float> s{1000.0F, 1000.0F};
    softmax(s);
    EXPECT_FLOAT_EQ(s[0], 0.5F);
    s = {0.0F, 0.0F, 0.0F};
    softmax(s, 1.0F);
    for (const float w : s) EXPECT_NEAR(w, 1.0 / (3.0 + std::exp(1.0)), 1e-7);
}

TEST(Exp, agrees_with_the_library_over_its_whole_range) {
    std::vector<float> x;
    for (float v = -86.5F; v < 60.0F; v += 0.37F) x.push_back(v);
    auto e = x;
    double expected = 0.0;
    const double sum = exp_shifted(e, 1.5F);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double exact = std::exp(static_cast<double>(x[i] - 1.5F));
        if (x[i] - 1.5F >= -87.0F) {
            EXPECT_NEAR(e[i] / exact, 1.0, 3e-7) << x[i];
        } else {
            EXPECT_EQ(e[i], 0.0F);
        }
        expected += static_cast<double>(e[i]);
    }
    EXPECT_NEAR(sum / expected, 1.0, 1e-7);  // added by eights in float
    EXPECT_EQ(largest(x), x.back());
    EXPECT_EQ(largest(std::span(x).first(1)), x.front());
    std::vector<float> s{-100.0F, -1.0F, 0.0F, 2.0F, 100.0F};
    silu_all(s);
    EXPECT_NEAR(s[0], 0.0, 1e-30);
    EXPECT_NEAR(s[1], -1.0 / (1.0 + std::exp(1.0)), 1e-7);
    EXPECT_EQ(s[2], 0.0F);
    EXPECT_FLOAT_EQ(s[4], 100.0F);
}

// Gauss error linear units: tanh approximation, to the precision of the half floats it is evaluated in.
TEST(Activations, agree_with_their_definitions) {
    for (const float x : {-9.5F, -3.0F, -0.7F, 0.0F, 0.3F, 2.5F, 9.0F}) {
        const double d = static_cast<double>(x);
        const double exact = 0.5 * d * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (d + 0.044715 * d * d * d)));
        EXPECT_NEAR(gelu(x), exact, 1e-3 * std::max(0.1, std::abs(d)));
    }
    EXPECT_EQ(gelu(-11.0F), 0.0F);
    EXPECT_EQ(gelu(12.3456F), 12.3456F);
    std::vector<float> gate{1.0F}, up{2.0F};
    gate_activation({model::Activation::silu}, gate, up);
    EXPECT_NEAR(gate[0], 2.0 / (1.0 + std::exp(-1.0)), 1e-6);
    gate = {10.0F};
    gate_activation({model::Activation::silu, 1.5F}, gate, up);
    EXPECT_FLOAT_EQ(gate[0], 1.5F * 1.5F);
    gate = {10.0F};
    gate_activation({model::Activation::silu, 1.5F, true}, gate, up);
    EXPECT_NEAR(gate[0], 1.5 / (1.0 + std::exp(-1.5)) * 1.5, 1e-6) << "the gate is limited, then activated";
    gate = {3.0F};
    gate_activation({model::Activation::situ, 0.0F, false, {2.0F, 0.5F}}, gate, up);
    EXPECT_NEAR(gate[0], 2 * std::tanh(1.5) / (1.0 + std::exp(-3.0)) * 0.5 * std::tanh(4.0), 1e-6);
    gate = {9.0F};
    up = {-8.0F};
    gate_activation({model::Activation::swiglu_oai}, gate, up);
    EXPECT_NEAR(gate[0], 7.0 / (1.0 + std::exp(-1.702 * 7.0)) * -6.0, 1e-4);
}

TEST(Rope, turns_pairs_by_the_position_and_keeps_lengths) {
    model::RopePlan plan{.type = model::RopeType::norm, .dimensions = 4};
    const RopeTable adjacent(plan, {}, 3, 1);
    std::vector<float> x{1.0F, 0.0F, 1.0F, 0.0F, 5.0F};
    adjacent.rotate(0, x);
    EXPECT_NEAR(x[0], std::cos(3.0), 1e-6);
    EXPECT_NEAR(x[1], std::sin(3.0), 1e-6);
    EXPECT_NEAR(x[2], std::cos(0.03), 1e-6);
    EXPECT_EQ(x[4], 5.0F);
    plan.type = model::RopeType::neox;
    const RopeTable halves(plan, {}, 3, 1);
    x = {1.0F, 1.0F, 0.0F, 0.0F};
    halves.rotate(0, x);
    EXPECT_NEAR(x[2], std::sin(3.0), 1e-6);
    EXPECT_NEAR(x[3], std::sin(0.03), 1e-6);
}

TEST(Rope, of_text_ignores_the_fourth_section) {
    const model::RopePlan plan{.type = model::RopeType::mrope, .dimensions = 8, .sections = {1, 1, 1, 1}};
    const RopeTable table(plan, {}, 5, 1);
    std::vector<float> x{1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F};
    table.rotate(0, x);
    EXPECT_NEAR(x[4], std::sin(5.0), 1e-6);
    EXPECT_EQ(x[7], 0.0F);
}

}  // namespace
}  // namespace attnx::forward

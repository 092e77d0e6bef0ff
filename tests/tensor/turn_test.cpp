#include "attnx/tensor/turn.h"

#include <gtest/gtest.h>

#include <numeric>

#include "attnx/tensor/view.h"
#include "support/refusal.h"
#include "support/rotated.h"

namespace attnx::tensor {
namespace {

using test::GgufBuilder;
using test::Rotated;

std::vector<float> rising(std::size_t count) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), -3.0F);
    return values;
}

GgufBuilder with_keys(const Rotated& rotated) {
    GgufBuilder builder;
    for (const auto& [key, value] : rotated.keys()) builder.key(key, value);
    return builder;
}

void expect_near(std::span<const float> got, std::span<const float> wanted) {
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 1e-4) << i;
}

TEST(Turn, gives_rows_back_as_they_were_before_they_were_rotated) {
    const Rotated rotated = {.matrices = {"w"}, .tables = {"t"}, .widths = {16}};
    auto bytes = with_keys(rotated)
                     .tensor("w", "f32", {16, 3, 2}, test::fill_f32(rising(96)))
                     .tensor("t", "f32", {16, 2}, test::fill_f32(rising(32)))
                     .tensor("plain", "f32", {16}, test::fill_f32(rising(16)))
                     .bytes();
    rotated.rotate(bytes);
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    const TensorView view(file, *file.find_tensor("w"));
    const std::vector<float> all = rising(96);
    expect_near(view.read_all(), all);
    std::vector<float> two_rows(32), part(5);
    view.read_rows(1, 1, two_rows);
    expect_near(two_rows, std::span(all).subspan(64, 32));
    view.read(1, 2, {6, 11}, part);
    expect_near(part, std::span(all).subspan(86, 5));
    expect_near(TensorView(file, *file.find_tensor("t")).read_all(), rising(32));
    EXPECT_EQ(TensorView(file, *file.find_tensor("plain")).read_all(), rising(16));
    EXPECT_EQ(Turn::of(file, *file.find_tensor("plain")), nullptr);
}

TEST(Turn, knows_the_other_order_of_a_delta_nets_heads) {
    // Two key heads with two value heads each, of four inputs: stored by key head, used by turns.
    const Rotated rotated = {.matrices = {"blk.0.ssm_out.weight"}, .tables = {}, .block = 1};
    const auto bytes = with_keys(rotated)
                           .key("prism.hadamard.gdn_v_grouped", true)
                           .key("general.architecture", "qwen35")
                           .key("qwen35.ssm.time_step_rank", 4u)
                           .key("qwen35.ssm.group_count", 2u)
                           .tensor("blk.0.ssm_out.weight", "f32", {16}, test::fill_f32(rising(16)))
                           .bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    EXPECT_EQ(TensorView(file, *file.find_tensor("blk.0.ssm_out.weight")).read_all(),
              (std::vector<float>{-3, -2, -1, 0, 5, 6, 7, 8, 1, 2, 3, 4, 9, 10, 11, 12}));
}

TEST(Turn, of_an_input_leaves_its_product_with_a_row_as_it_was) {
    const Rotated rotated = {.matrices = {"blk.0.ssm_out.weight"}, .tables = {}, .widths = {16}};
    const auto bytes = with_keys(rotated)
                           .key("prism.hadamard.gdn_v_grouped", true)
                           .key("general.architecture", "qwen35")
                           .key("qwen35.ssm.time_step_rank", 4u)
                           .key("qwen35.ssm.group_count", 2u)
                           .tensor("blk.0.ssm_out.weight", "f32", {16}, test::fill_f32(rising(16)))
                           .bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    const gguf::TensorInfo& info = *file.find_tensor("blk.0.ssm_out.weight");
    const std::vector<float> stored = rising(16), row = TensorView(file, info).read_all();
    std::vector<float> input = {1, -2, 3, 0, 5, 1, 1, -1, 2, 0, 7, -3, 1, 1, 4, 2}, turned = input;
    Turn::of(file, info)->apply(turned);
    EXPECT_NEAR(std::inner_product(row.begin(), row.end(), input.begin(), 0.0F),
                std::inner_product(stored.begin(), stored.end(), turned.begin(), 0.0F), 1e-3);
}

TEST(Turn, refuses_a_tensor_whose_basis_it_does_not_know) {
    const auto refusal = [](GgufBuilder builder) {
        const auto bytes = builder.tensor("blk.0.ssm_out.weight", "f32", {12}).bytes();
        const auto file = gguf::File::from_bytes(bytes, "m.gguf");
        return test::refusal_of([&] { TensorView(file, file.tensors()[0]); });
    };
    Rotated rotated = {.matrices = {"blk.0.ssm_out.weight"}, .tables = {}};
    test::expect_refusal(refusal(with_keys(rotated)), ErrorCode::unsupported,
                         "tensor blk.0.ssm_out.weight is stored in a rotated basis (prism.hadamard.*), but its 12 "
                         "inputs are no blocks of 8");
    rotated.block = 4;
    rotated.widths = {8};
    test::expect_refusal(refusal(with_keys(rotated)), ErrorCode::unsupported, "no signs for 12 inputs");
    rotated.widths = {};
    test::expect_refusal(refusal(with_keys(rotated).key("prism.hadamard.gdn_v_grouped", true)), ErrorCode::unsupported,
                         "0 value heads of 0 key heads");
    test::expect_refusal(refusal(GgufBuilder().key("prism.hadamard.version", 7u)), ErrorCode::unsupported,
                         "prism.hadamard.version is 7");
}

}  // namespace
}  // namespace attnx::tensor

#include "attnx/tensor/view.h"

#include <gtest/gtest.h>

#include <numeric>

#include "attnx/base/error.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::tensor {
namespace {

std::vector<float> counting(std::size_t count) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.0F);
    return values;
}

TEST(TensorView, reads_parts_of_rows_in_any_slice) {
    const auto bytes = test::GgufBuilder().tensor("t", "f32", {4, 3, 2}, test::fill_f32(counting(24))).bytes();
    const auto file = gguf::File::from_bytes(bytes, "t.gguf");
    const TensorView view(file, *file.find_tensor("t"));
    EXPECT_EQ(view.columns(), 4U);
    EXPECT_EQ(view.rows(), 3U);
    EXPECT_EQ(view.slices(), 2U);
    std::vector<float> part(2);
    view.read(1, 2, {1, 3}, part);
    EXPECT_EQ(part, (std::vector<float>{21, 22}));
    std::vector<float> rows(8);
    view.read_rows(1, 0, rows);
    EXPECT_EQ(rows.front(), 12);
    EXPECT_EQ(rows.back(), 19);
    EXPECT_EQ(view.read_all(), counting(24));
}

TEST(TensorView, cuts_rows_inside_of_blocks) {
    // q8_0: a scale of 1 (0x3c00) and 32 signed bytes.
    const auto fill = [](std::span<std::byte> data) {
        for (std::size_t block = 0; block * 34 < data.size(); ++block) {
            data[block * 34 + 1] = std::byte{0x3c};
            for (std::size_t i = 0; i < 32; ++i) data[block * 34 + 2 + i] = static_cast<std::byte>(block * 32 + i);
        }
    };
    const auto bytes = test::GgufBuilder().tensor("t", "q8_0", {64, 2}, fill).bytes();
    const auto file = gguf::File::from_bytes(bytes, "t.gguf");
    const TensorView view(file, *file.find_tensor("t"));
    std::vector<float> part(4);
    view.read(0, 0, {30, 34}, part);
    EXPECT_EQ(part, (std::vector<float>{30, 31, 32, 33}));
    view.read(0, 1, {0, 4}, part);
    EXPECT_EQ(part, (std::vector<float>{64, 65, 66, 67}));
}

TEST(TensorView, refuses_parts_that_a_tensor_does_not_have) {
    const auto bytes = test::GgufBuilder().tensor("some.weight", "f32", {4, 3, 2}).bytes();
    const auto file = gguf::File::from_bytes(bytes, "t.gguf");
    const TensorView view(file, *file.find_tensor("some.weight"));
    std::vector<float> four(4), sixteen(16);
    const auto refused = [&](auto read) {
        test::expect_refusal(test::refusal_of(read), ErrorCode::bad_dimensions, "some.weight");
    };
    refused([&] { view.read(2, 0, {0, 4}, four); });
    refused([&] { view.read(0, 3, {0, 4}, four); });
    refused([&] { view.read(0, 0, {1, 5}, four); });
    refused([&] { view.read(0, 0, {0, 2}, four); });
    refused([&] { view.read_rows(0, 3, four); });
    refused([&] { view.read_rows(0, 0, sixteen); });
    refused([&] { view.read_rows(~std::uint64_t{0}, 0, four); });
    view.read_rows(1, 2, four);
}

TEST(TensorView, refuses_a_type_it_cannot_read) {
    const auto bytes = test::GgufBuilder()
                           .raw_tensor({.name = "t",
                                        .dimensions = {4},
                                        .type = 99,
                                        .offset = {},
                                        .bytes = 16,
                                        .fill = {},
                                        .dimension_count = {}})
                           .bytes();
    const auto file = gguf::File::from_bytes(bytes, "t.gguf");
    EXPECT_THROW(TensorView(file, file.tensors()[0]), Error);
}

}  // namespace
}  // namespace attnx::tensor

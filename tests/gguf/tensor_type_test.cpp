#include "attnx/gguf/tensor_type.h"

#include <gtest/gtest.h>

#include <set>

#include "support/gguf_builder.h"

namespace attnx::gguf {
namespace {

// The builder spells the same facts out a second time, as plain numbers.
TEST(TensorTypes, agree_with_the_sizes_that_ggml_documents) {
    EXPECT_EQ(tensor_types().size(), 36u);
    for (const TensorTypeRow& type : tensor_types()) {
        EXPECT_EQ(static_cast<std::uint32_t>(type.type), test::tensor_type_id(type.name)) << type.name;
        const std::uint64_t elements[] = {type.block_elements};
        EXPECT_EQ(type.block_bytes, test::tensor_bytes(type.name, elements)) << type.name;
    }
}

TEST(TensorTypes, have_the_bits_per_weight_people_know) {
    EXPECT_DOUBLE_EQ(row(TensorType::q4_k).bits_per_weight(), 4.5);
    EXPECT_DOUBLE_EQ(row(TensorType::q6_k).bits_per_weight(), 6.5625);
    EXPECT_DOUBLE_EQ(row(TensorType::q8_0).bits_per_weight(), 8.5);
    EXPECT_DOUBLE_EQ(row(TensorType::iq2_xxs).bits_per_weight(), 2.0625);
    EXPECT_DOUBLE_EQ(row(TensorType::iq1_s).bits_per_weight(), 1.5625);
    EXPECT_DOUBLE_EQ(row(TensorType::tq1_0).bits_per_weight(), 1.6875);
    EXPECT_DOUBLE_EQ(row(TensorType::mxfp4).bits_per_weight(), 4.25);
}

TEST(TensorTypes, are_found_by_id_and_by_name_in_any_case) {
    EXPECT_EQ(find_tensor_type(12u)->name, "q4_K");
    EXPECT_EQ(find_tensor_type("Q4_K")->type, TensorType::q4_k);
    EXPECT_EQ(find_tensor_type("IQ2_XXS")->type, TensorType::iq2_xxs);
    EXPECT_EQ(find_tensor_type("q4_k_m"), nullptr);
    EXPECT_EQ(find_tensor_type(""), nullptr);
}

TEST(TensorTypes, know_which_ids_ggml_gave_up) {
    const std::set<std::uint32_t> removed = {4, 5, 31, 32, 33, 36, 37, 38};
    for (std::uint32_t id = 0; id < 100; ++id) {
        EXPECT_EQ(is_removed_tensor_type(id), removed.contains(id)) << id;
        EXPECT_EQ(find_tensor_type(id) != nullptr, id <= 43 && !removed.contains(id)) << id;
    }
    EXPECT_EQ(find_tensor_type(0xFFFFFFFFu), nullptr);
}

TEST(RowBytes, counts_whole_blocks_only) {
    EXPECT_EQ(row_bytes(row(TensorType::q4_0), 64), 36u);
    EXPECT_EQ(row_bytes(row(TensorType::q4_0), 65), std::nullopt);
    EXPECT_EQ(row_bytes(row(TensorType::f32), 3), 12u);
    EXPECT_EQ(row_bytes(row(TensorType::f64), 0x2000000000000000), std::nullopt);
}

}  // namespace
}  // namespace attnx::gguf

// Sizes of tensors whose type is not known: told by offsets, or not at all.
#include <gtest/gtest.h>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;

GgufBuilder::RawTensor unknown_type(std::string name, std::uint64_t bytes, std::uint32_t type = 144) {
    return {.name = std::move(name),
            .dimensions = {64, 2},
            .type = type,
            .offset = {},
            .bytes = bytes,
            .fill = {},
            .dimension_count = {}};
}

std::vector<Finding> findings_about(const File& file, FindingId id) {
    std::vector<Finding> found;
    for (const Finding& finding : file.findings())
        if (finding.id == id) found.push_back(finding);
    return found;
}

TEST(UnknownTypes, have_the_room_up_to_the_next_tensor_padding_included) {
    const auto bytes = GgufBuilder().raw_tensor(unknown_type("a", 40)).tensor("b", "f32", {4}).bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    EXPECT_EQ(file.find_tensor("a")->bytes, 64u);  // 40, padded to 32
    EXPECT_EQ(bytes_of(file.tensors()), 64u + 16u);
}

TEST(UnknownTypes, are_sized_by_the_order_of_the_data_not_of_the_table) {
    auto late = unknown_type("a", 40);
    late.offset = 64;
    const auto bytes = GgufBuilder().raw_tensor(late).raw_tensor(test::floats_at("b", 0, 16)).bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    EXPECT_EQ(file.find_tensor("a")->bytes, 40u);
}

TEST(UnknownTypes, have_no_size_where_the_file_is_cut_short) {
    const auto bytes =
        GgufBuilder().tensor("a", "f32", {64}).raw_tensor(unknown_type("b", 64)).truncate_to(200).bytes();
    const File file = File::from_bytes(bytes, "m.gguf", kHeaderAlone);
    EXPECT_EQ(file.find_tensor("b")->bytes, std::nullopt);
    EXPECT_EQ(bytes_of(file.tensors()), std::nullopt);
    ASSERT_EQ(findings_about(file, FindingId::unknown_tensor_type).size(), 1u);
    EXPECT_NE(findings_about(file, FindingId::unknown_tensor_type)[0].message.find("its size is unknown"),
              std::string::npos);
}

TEST(UnknownTypes, have_no_size_where_two_begin_at_one_byte) {
    auto second = unknown_type("b", 0);
    second.offset = 0;
    const auto bytes = GgufBuilder().raw_tensor(unknown_type("a", 40)).raw_tensor(second).bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    EXPECT_EQ(file.find_tensor("a")->bytes, std::nullopt);
    EXPECT_EQ(file.find_tensor("b")->bytes, 40u);
}

TEST(UnknownTypes, are_one_finding_however_many_there_are) {
    GgufBuilder builder;
    for (int i = 0; i < 30; ++i) builder.raw_tensor(unknown_type("t" + std::to_string(i), 32, i % 2 == 0 ? 144 : 156));
    builder.raw_tensor(unknown_type("old", 32, 4));
    const auto bytes = builder.bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    const auto unknown = findings_about(file, FindingId::unknown_tensor_type);
    ASSERT_EQ(unknown.size(), 1u);
    EXPECT_EQ(unknown[0].message,
              "30 tensors (the first is t0) have the types 144, 156, which this attnx does not know; their sizes are "
              "told by offsets");
    ASSERT_EQ(findings_about(file, FindingId::removed_tensor_type).size(), 1u);
}

TEST(UnknownTypes, are_named_up_to_eight) {
    GgufBuilder builder;
    for (std::uint32_t i = 0; i < 9; ++i) builder.raw_tensor(unknown_type("t" + std::to_string(i), 32, 200 + i));
    const auto bytes = builder.bytes();
    const auto unknown = findings_about(File::from_bytes(bytes, "m.gguf"), FindingId::unknown_tensor_type);
    ASSERT_EQ(unknown.size(), 1u);
    EXPECT_NE(unknown[0].message.find("206, 207, …, which"), std::string::npos) << unknown[0].message;
}

}  // namespace
}  // namespace attnx::gguf

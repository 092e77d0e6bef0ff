// Odd but usable: each finding of the container with a file that has it, and none without.
#include <gtest/gtest.h>

#include <algorithm>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::gguf {
namespace {

using test::floats_at;
using test::GgufBuilder;
using RawTensor = GgufBuilder::RawTensor;

Findings findings_of(const GgufBuilder& builder, OpenOptions options = {}) {
    const auto bytes = builder.bytes();
    return File::from_bytes(bytes, "m.gguf", options).findings();
}

void expect_only(const Findings& findings, FindingId id, const std::string& part_of_message) {
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(row(findings[0].id).slug, row(id).slug);
    EXPECT_NE(findings[0].message.find(part_of_message), std::string::npos) << findings[0].message;
}

RawTensor tensor_of_type(std::string name, std::uint32_t type, std::uint64_t bytes) {
    return {.name = std::move(name),
            .dimensions = {7},
            .type = type,
            .offset = {},
            .bytes = bytes,
            .fill = {},
            .dimension_count = {}};
}

TEST(FindOddities, none_in_a_plain_file) {
    EXPECT_TRUE(
        findings_of(
            GgufBuilder().key("general.architecture", "command-r").tensor("a", "f32", {4}).tensor("b", "f16", {3}))
            .empty());
    EXPECT_TRUE(
        findings_of(GgufBuilder().alignment(64).tensor("a", "f32", {4}).tensor("b", "f32", {4}).pad_end()).empty());
}

TEST(FindOddities, old_version) {
    expect_only(findings_of(GgufBuilder().version(1)), FindingId::old_version, "version 1");
    expect_only(findings_of(GgufBuilder().version(2).key("a", 1u)), FindingId::old_version, "version 2");
}

TEST(FindOddities, big_endian) {
    expect_only(findings_of(GgufBuilder().big_endian().key("a", 1u)), FindingId::big_endian, "big-endian");
}

TEST(FindOddities, key_that_is_not_lower_snake) {
    expect_only(findings_of(GgufBuilder().key("General Name", 1u)), FindingId::key_not_canonical, "General Name");
}

TEST(FindOddities, key_or_tensor_name_that_is_not_utf8) {
    expect_only(findings_of(GgufBuilder().key("k\xFFy", 1u)), FindingId::key_invalid_utf8, "k\xEF\xBF\xBDy");
    expect_only(findings_of(GgufBuilder().tensor("t\xC3", "f32", {1})), FindingId::key_invalid_utf8, "tensor name");
}

TEST(FindOddities, bool_other_than_0_and_1) {
    expect_only(findings_of(GgufBuilder().raw_key("flag", 7, {std::byte{2}})), FindingId::bool_not_zero_or_one, "flag");
    auto array = GgufBuilder().key("flags", std::vector<bool>{true, false});
    array.overwrite(array.value_offset("flags") + 12, {std::byte{0xFF}});
    expect_only(findings_of(array), FindingId::bool_not_zero_or_one, "flags");
}

TEST(FindOddities, array_of_arrays) {
    expect_only(findings_of(GgufBuilder().key("rows", std::vector<std::vector<std::uint8_t>>{{1}, {2, 3}})),
                FindingId::nested_array, "rows");
}

TEST(FindOddities, alignment_that_is_not_a_multiple_of_8) {
    expect_only(findings_of(GgufBuilder().alignment(4).tensor("a", "f32", {1})), FindingId::unusual_alignment, "is 4");
}

TEST(FindOddities, alignment_of_another_integer_type) {
    expect_only(findings_of(GgufBuilder().key("general.alignment", std::uint64_t{32})), FindingId::key_wrong_type,
                "uint64");
}

TEST(FindOddities, tensor_type_that_ggml_gave_up) {
    for (const std::uint32_t type : {4u, 5u, 31u, 32u, 33u, 36u, 37u, 38u})
        expect_only(findings_of(GgufBuilder().raw_tensor(tensor_of_type("t", type, 64))),
                    FindingId::removed_tensor_type, "type " + std::to_string(type));
}

TEST(FindOddities, tensor_type_from_the_future) {
    for (const std::uint32_t type : {44u, 200u, 0xFFFFFFFFu})
        expect_only(findings_of(GgufBuilder().raw_tensor(tensor_of_type("t", type, 64))),
                    FindingId::unknown_tensor_type, "type " + std::to_string(type));
}

TEST(FindOddities, tensor_name_that_ggml_has_no_room_for) {
    expect_only(findings_of(GgufBuilder().tensor(std::string(64, 't'), "f32", {4})), FindingId::tensor_name_too_long,
                "64 bytes");
    EXPECT_TRUE(findings_of(GgufBuilder().tensor(std::string(63, 't'), "f32", {4})).empty());
}

TEST(FindOddities, gap_between_tensors) {
    expect_only(findings_of(GgufBuilder().raw_tensor(floats_at("a", 0, 9)).raw_tensor(floats_at("b", 128, 4))),
                FindingId::tensor_gap, "64 unused bytes");
}

TEST(FindOddities, gap_before_the_first_tensor) {
    expect_only(findings_of(GgufBuilder().raw_tensor(floats_at("a", 32, 4))), FindingId::tensor_gap, "32 unused bytes");
}

TEST(FindOddities, tensors_that_share_bytes) {
    const auto findings =
        findings_of(GgufBuilder().raw_tensor(floats_at("a", 0, 16)).raw_tensor(floats_at("b", 32, 16)));
    expect_only(findings, FindingId::tensor_overlap, "a and b share 32 bytes");
}

TEST(FindOddities, tensor_inside_another) {
    const auto findings = findings_of(GgufBuilder()
                                          .raw_tensor(floats_at("outer", 0, 64))
                                          .raw_tensor(floats_at("inner", 32, 4))
                                          .raw_tensor(floats_at("later", 96, 4)));
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_NE(findings[0].message.find("outer and inner share 16 bytes"), std::string::npos) << findings[0].message;
    EXPECT_NE(findings[1].message.find("outer and later share 16 bytes"), std::string::npos) << findings[1].message;
}

TEST(FindOddities, tensors_out_of_table_order) {
    expect_only(findings_of(GgufBuilder().raw_tensor(floats_at("a", 32, 8)).raw_tensor(floats_at("b", 0, 8))),
                FindingId::tensors_out_of_order, "tensor b");
}

TEST(FindOddities, bytes_after_the_last_tensor) {
    expect_only(findings_of(GgufBuilder().tensor("a", "f32", {8}).append(std::vector<std::byte>(5))),
                FindingId::trailing_bytes, "5 bytes follow");
}

TEST(FindOddities, bytes_after_a_file_without_tensors) {
    // The table ends at byte 37; up to 64 is padding.
    expect_only(findings_of(GgufBuilder().key("a", std::uint8_t{1}).append(std::vector<std::byte>(26 + 3))),
                FindingId::trailing_bytes, "bytes follow");
}

TEST(FindOddities, truncated_data_when_asked_to_go_on) {
    auto builder = GgufBuilder().tensor("a", "f32", {8}).tensor("b", "f32", {8});
    builder.truncate_to(builder.data_offset() + 40);
    expect_only(findings_of(builder, {.join_split = true, .allow_truncated_data = true}), FindingId::truncated_data,
                "tensor b ends 24 bytes past the end");
    const auto bytes = builder.bytes();
    const File file = File::from_bytes(bytes, "m.gguf", {.join_split = true, .allow_truncated_data = true});
    EXPECT_EQ(file.data(*file.find_tensor("a")).size(), 32u);
    test::expect_refusal(test::refusal_of([&] { (void)file.data(*file.find_tensor("b")); }),
                         ErrorCode::tensor_out_of_range, "tensor b ends 24 bytes past the end");
}

TEST(FindOddities, a_flood_is_cut_off_and_counted) {
    GgufBuilder builder;
    for (int i = 0; i < 1000; ++i) builder.key("Key " + std::to_string(i), 1u);
    const Findings findings = findings_of(builder);
    ASSERT_EQ(findings.size(), 21u);
    EXPECT_NE(findings.back().message.find("980 more"), std::string::npos) << findings.back().message;
}

TEST(FindOddities, messages_are_one_safe_line) {
    const Findings findings = findings_of(GgufBuilder().key("a\n\x1b[31mb", 1u));
    expect_only(findings, FindingId::key_not_canonical, "a\\n\\x1b[31mb");
}

}  // namespace
}  // namespace attnx::gguf

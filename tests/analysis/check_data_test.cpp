#include "attnx/analysis/check_data.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "support/gguf_builder.h"

namespace attnx::analysis {
namespace {

using test::GgufBuilder;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

struct Checked {
    DataSummary summary;
    Findings findings;
};

Checked checked(const GgufBuilder& builder, const Reading& reading = {}) {
    const std::vector<std::byte> bytes = builder.bytes();
    const gguf::File file =
        gguf::File::from_bytes(bytes, "m.gguf", {.join_split = false, .allow_truncated_data = true});
    Checked result;
    result.summary = check_data(file, reading, result.findings);
    return result;
}

TEST(CheckData, says_nothing_of_numbers) {
    const Checked result = checked(GgufBuilder().tensor("a", "f32", {8}).tensor("b", "q8_0", {32, 2}));
    EXPECT_TRUE(result.findings.empty());
    EXPECT_EQ(result.summary.tensors, 2U);
    EXPECT_EQ(result.summary.bytes, 8U * 4 + 2 * 34);
    EXPECT_EQ(result.summary.invalid, 0U);
}

TEST(CheckData, names_the_tensor_and_the_place) {
    const Checked result = checked(GgufBuilder()
                                       .tensor("a", "f32", {4}, test::fill_f32({1, 2, kNan, kInfinity}))
                                       .tensor("b", "f32", {2})
                                       .tensor("c", "f32", {2}, test::fill_f32({0, -kInfinity})));
    ASSERT_EQ(result.findings.size(), 2U);
    EXPECT_EQ(result.findings[0].id, FindingId::invalid_data);
    EXPECT_EQ(row(result.findings[0].id).severity, Severity::error);
    EXPECT_EQ(result.findings[0].message, "tensor a: number 2 of 4 (f32) is NaN");
    EXPECT_EQ(result.findings[1].message, "tensor c: number 1 of 2 (f32) is infinite");
    EXPECT_EQ(result.summary.invalid, 2U);
}

TEST(CheckData, counts_blocks_from_the_tensors_beginning_in_whatever_piece_they_lie) {
    // 9 MiB of q8_0 blocks; the last has a scale of NaN.
    constexpr std::uint64_t kBlocks = (std::uint64_t{9} << 20) / 34;
    const auto fill = [](std::span<std::byte> data) {
        data[data.size() - 34] = data[data.size() - 33] = std::byte{0xFF};
    };
    const Checked result = checked(GgufBuilder().tensor("large", "q8_0", {32, kBlocks}, fill));
    ASSERT_EQ(result.findings.size(), 1U);
    EXPECT_EQ(result.findings[0].message, "tensor large: block " + std::to_string(kBlocks - 1) + " of " +
                                              std::to_string(kBlocks) + " (q8_0) is NaN");
}

TEST(CheckData, tells_how_far_it_has_come) {
    std::uint64_t all = 0, done = 0;
    const Reading reading = {[&](std::uint64_t bytes) { all = bytes; }, [&](std::uint64_t bytes) { done += bytes; }};
    checked(GgufBuilder().tensor("a", "f32", {1 << 21}).tensor("b", "f32", {4}, test::fill_f32({kNan, 0, 0, 0})),
            reading);
    EXPECT_EQ(all, (std::uint64_t{4} << 21) + 16);
    EXPECT_EQ(done, all);
}

TEST(CheckData, leaves_out_what_has_no_size_or_is_not_there) {
    GgufBuilder builder = GgufBuilder()
                              .tensor("a", "f32", {8})
                              .raw_tensor({.name = "future",
                                           .dimensions = {8},
                                           .type = 200,
                                           .offset = {},
                                           .bytes = 32,
                                           .fill = {},
                                           .dimension_count = {}});
    builder.tensor("cut", "f32", {8});
    const Checked result = checked(builder.truncate_to(builder.bytes().size() - 8));
    EXPECT_EQ(result.summary.tensors, 1U);
    EXPECT_EQ(result.summary.unread, 2U);
}

TEST(CheckData, counts_a_flood) {
    GgufBuilder builder;
    for (int i = 0; i < 50; ++i) builder.tensor("t" + std::to_string(i), "f32", {1}, test::fill_f32({kNan}));
    const Checked result = checked(builder);
    EXPECT_EQ(result.summary.invalid, 50U);
    ASSERT_EQ(result.findings.size(), 21U);
    EXPECT_EQ(result.findings.back().message, "30 more tensors hold numbers that are none");
}

TEST(CheckData, escapes_names) {
    const Checked result = checked(GgufBuilder().tensor("a\x1b[31m", "f32", {1}, test::fill_f32({kNan})));
    EXPECT_EQ(result.findings.at(0).message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace attnx::analysis

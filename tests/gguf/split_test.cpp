#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "attnx/gguf/byte_map.h"
#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"
#include "support/temp_dir.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;

std::string part_name(int number, int count) { return fmt::format("model-{:05}-of-{:05}.gguf", number, count); }

// Part `number` (from 1) of `count`, holding tensor "t<number>" of `number` floats.
GgufBuilder part(int number, int count, std::int32_t total) {
    GgufBuilder builder;
    if (number == 1) builder.key("general.architecture", "llama");
    builder.key("split.no", static_cast<std::uint16_t>(number - 1))
        .key("split.count", static_cast<std::uint16_t>(count))
        .key("split.tensors.count", total);
    const auto floats = static_cast<std::uint64_t>(number);
    return builder.tensor(fmt::format("t{}", number), "f32", {floats},
                          test::fill_f32(std::vector<float>(floats, static_cast<float>(number))));
}

void write_set(const std::filesystem::path& dir, int count, std::int32_t total) {
    for (int i = 1; i <= count; ++i) part(i, count, total).write(dir / part_name(i, count));
}

std::optional<Error> refusal(const std::filesystem::path& path) {
    return test::refusal_of([&] { (void)File::open(path); });
}

TEST(OpenSplitSet, any_part_names_the_whole) {
    const test::TempDir dir;
    write_set(dir.path(), 3, 3);
    for (int named = 1; named <= 3; ++named) {
        const File file = File::open(dir / part_name(named, 3));
        ASSERT_EQ(file.shards().size(), 3u);
        EXPECT_EQ(file.path(), (dir / part_name(named, 3)).string());
        EXPECT_EQ(file.metadata().string("general.architecture"), "llama");
        ASSERT_EQ(file.tensors().size(), 3u);
        std::uint64_t size = 0;
        for (std::uint32_t i = 0; i < 3; ++i) {
            EXPECT_EQ(file.shards()[i].path, (dir / part_name(static_cast<int>(i) + 1, 3)).string());
            EXPECT_EQ(file.tensors()[i].name, fmt::format("t{}", i + 1));
            EXPECT_EQ(file.tensors()[i].shard, i);
            EXPECT_EQ(file.data(file.tensors()[i]).size(), 4 * (i + 1));
            EXPECT_EQ(file.data(file.tensors()[i])[3],
                      (i == 0 ? std::byte{0x3F} : std::byte{0x40}));  // 1.0f, 2.0f, 3.0f
            std::uint64_t mapped = 0;
            for (const Extent& extent : byte_map(file, i)) mapped += extent.bytes;
            EXPECT_EQ(mapped, std::filesystem::file_size(file.shards()[i].path));
            size += mapped;
        }
        EXPECT_EQ(file.size_bytes(), size);
        EXPECT_TRUE(file.findings().empty());
    }
}

TEST(OpenSplitSet, reads_one_part_alone_when_asked) {
    const test::TempDir dir;
    write_set(dir.path(), 3, 3);
    std::filesystem::remove(dir / part_name(1, 3));
    const File file = File::open(dir / part_name(2, 3), {.join_split = false, .allow_truncated_data = false});
    EXPECT_EQ(file.shards().size(), 1u);
    EXPECT_EQ(file.tensors()[0].name, "t2");
    EXPECT_EQ(file.tensors()[0].shard, 0u);
}

TEST(OpenSplitSet, names_a_missing_part) {
    const test::TempDir dir;
    write_set(dir.path(), 3, 3);
    std::filesystem::remove(dir / part_name(2, 3));
    const auto error = refusal(dir / part_name(3, 3));
    test::expect_refusal(error, ErrorCode::missing_shard, "part 2 of 3 is missing: no file model-00002-of-00003.gguf");
    EXPECT_EQ(error->where().path, (dir / part_name(2, 3)).string());
}

TEST(OpenSplitSet, answers_without_the_other_parts_when_the_header_is_all_that_is_asked_for) {
    const test::TempDir dir;
    write_set(dir.path(), 3, 3);
    std::filesystem::remove(dir / part_name(2, 3));
    const File file = File::open(dir / part_name(3, 3), kHeaderAlone);
    EXPECT_EQ(file.parts_missing(), 1U);
    EXPECT_EQ(file.shards().size(), 2U);
    ASSERT_EQ(file.findings().size(), 1U);
    EXPECT_EQ(file.findings().front().id, FindingId::truncated_data);
    EXPECT_NE(file.findings().front().message.find("model-00002-of-00003.gguf"), std::string::npos);
    for (const TensorInfo& info : file.tensors()) EXPECT_LT(info.shard, 2U);
    std::filesystem::remove(dir / part_name(1, 3));
    EXPECT_THROW(File::open(dir / part_name(3, 3), kHeaderAlone), Error) << "the first part describes the model";
}

TEST(OpenSplitSet, says_which_part_is_broken) {
    const test::TempDir dir;
    write_set(dir.path(), 2, 2);
    part(2, 2, 2).truncate_to(40).write(dir / part_name(2, 2));
    const auto error = refusal(dir / part_name(1, 2));
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->where().path, (dir / part_name(2, 2)).string());
}

TEST(OpenSplitSet, refuses_a_part_under_another_name) {
    const test::TempDir dir;
    part(1, 3, 3).write(dir / "renamed.gguf");
    test::expect_refusal(refusal(dir / "renamed.gguf"), ErrorCode::bad_split, "does not end in -00001-of-00003.gguf");
}

TEST(OpenSplitSet, refuses_a_count_that_contradicts_the_name) {
    const test::TempDir dir;
    part(1, 5, 3).write(dir / part_name(1, 3));
    test::expect_refusal(refusal(dir / part_name(1, 3)), ErrorCode::bad_split,
                         "split.count is 5, but the file's name says 3 parts");
}

TEST(OpenSplitSet, refuses_a_number_that_contradicts_the_name) {
    const test::TempDir dir;
    part(2, 3, 3).write(dir / part_name(1, 3));
    test::expect_refusal(refusal(dir / part_name(1, 3)), ErrorCode::bad_split,
                         "split.no is 1, but the file's name says part 1 of 3");
}

TEST(OpenSplitSet, refuses_a_number_not_below_the_count) {
    const test::TempDir dir;
    part(4, 3, 3).write(dir / part_name(4, 3));
    test::expect_refusal(refusal(dir / part_name(4, 3)), ErrorCode::bad_split, "part 4 of 3");
    part(1, 3, 3).write(dir / part_name(0, 3));
    test::expect_refusal(refusal(dir / part_name(0, 3)), ErrorCode::bad_split, "part 0 of 3");
}

TEST(OpenSplitSet, refuses_parts_of_different_sets) {
    const test::TempDir dir;
    write_set(dir.path(), 2, 2);
    part(2, 4, 2).write(dir / part_name(2, 2));
    const auto error = refusal(dir / part_name(1, 2));
    test::expect_refusal(error, ErrorCode::bad_split, "split.count is 4 here and 2 in another part");
    EXPECT_EQ(error->where().path, (dir / part_name(2, 2)).string());
}

TEST(OpenSplitSet, refuses_a_part_without_a_number) {
    const test::TempDir dir;
    GgufBuilder().key("split.count", std::uint16_t{2}).write(dir / part_name(1, 2));
    test::expect_refusal(refusal(dir / part_name(1, 2)), ErrorCode::bad_split, "split.no is missing");
}

TEST(OpenSplitSet, refuses_a_count_that_is_text) {
    const test::TempDir dir;
    GgufBuilder().key("split.count", "2").write(dir / part_name(1, 2));
    test::expect_refusal(refusal(dir / part_name(1, 2)), ErrorCode::bad_split, "split.count is stored as string");
}

TEST(OpenSplitSet, refuses_the_same_tensor_in_two_parts) {
    const test::TempDir dir;
    part(1, 2, 2).write(dir / part_name(1, 2));
    part(2, 2, 2).tensor("t1", "f32", {1}).write(dir / part_name(2, 2));
    const auto error = refusal(dir / part_name(1, 2));
    test::expect_refusal(error, ErrorCode::duplicate_tensor, "tensor t1 occurs twice");
    EXPECT_EQ(error->where().path, (dir / part_name(2, 2)).string());
}

TEST(OpenSplitSet, the_largest_count_ends_at_the_first_missing_part) {
    const test::TempDir dir;
    part(1, 65535, 3).write(dir / part_name(1, 65535));
    test::expect_refusal(refusal(dir / part_name(1, 65535)), ErrorCode::missing_shard, "part 2 of 65535 is missing");
}

TEST(OpenSplitSet, never_leaves_the_directory_of_the_named_part) {
    const test::TempDir dir;
    std::filesystem::create_directory(dir / "inside");
    write_set(dir.path(), 2, 2);  // siblings exist outside
    part(1, 2, 2).key("split.prefix", "../model").write(dir / "inside" / part_name(1, 2));
    const auto error = refusal(dir / "inside" / part_name(1, 2));
    test::expect_refusal(error, ErrorCode::missing_shard, "part 2 of 2");
    EXPECT_EQ(error->where().path, (dir / "inside" / part_name(2, 2)).string());
}

TEST(OpenSplitSet, a_part_that_links_to_itself_is_refused) {
    const test::TempDir dir;
    part(1, 2, 2).write(dir / part_name(1, 2));
    std::filesystem::create_symlink(part_name(2, 2), dir / part_name(2, 2));
    test::expect_refusal(refusal(dir / part_name(1, 2)), ErrorCode::cannot_open, "ymbolic link");
}

TEST(OpenSplitSet, works_from_the_current_directory) {
    const test::TempDir dir;
    write_set(dir.path(), 2, 2);
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(dir.path());
    EXPECT_EQ(File::open(part_name(2, 2)).shards().size(), 2u);
    std::filesystem::current_path(before);
}

bool has_finding(const File& file, const std::string& part_of_message) {
    return std::ranges::any_of(file.findings(), [&](const Finding& f) {
        return f.id == FindingId::split_count_disagrees && f.message.find(part_of_message) != std::string::npos;
    });
}

TEST(SplitFindings, a_total_that_contradicts_the_parts) {
    const test::TempDir dir;
    write_set(dir.path(), 2, 7);
    EXPECT_TRUE(
        has_finding(File::open(dir / part_name(1, 2)), "split.tensors.count is 7, but the parts hold 2 tensors"));
}

TEST(SplitFindings, a_count_of_zero) {
    const test::TempDir dir;
    GgufBuilder().key("split.count", std::uint16_t{0}).write(dir / "m.gguf");
    EXPECT_TRUE(has_finding(File::open(dir / "m.gguf"), "split.count is 0"));
}

TEST(SplitFindings, a_name_like_a_part_without_the_keys) {
    const test::TempDir dir;
    GgufBuilder().key("a", 1u).write(dir / part_name(1, 3));
    EXPECT_TRUE(has_finding(File::open(dir / part_name(1, 3)), "part 1 of 3, but it has no split.count"));
}

TEST(SplitFindings, none_for_a_set_of_one) {
    const test::TempDir dir;
    part(1, 1, 1).write(dir / part_name(1, 1));
    EXPECT_TRUE(File::open(dir / part_name(1, 1)).findings().empty());
}

TEST(SplitFindings, say_which_part_they_are_about) {
    const test::TempDir dir;
    part(1, 2, 2).write(dir / part_name(1, 2));
    part(2, 2, 2).append(std::vector<std::byte>(100)).write(dir / part_name(2, 2));
    const File file = File::open(dir / part_name(1, 2));
    ASSERT_EQ(file.findings().size(), 1u);
    EXPECT_EQ(file.findings()[0].message.find("model-00002-of-00002.gguf: "), 0u) << file.findings()[0].message;
}

}  // namespace
}  // namespace attnx::gguf

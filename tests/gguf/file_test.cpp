#include "attnx/gguf/file.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

#include "support/gguf_builder.h"
#include "support/refusal.h"
#include "support/temp_dir.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;

GgufBuilder small_model() {
    return GgufBuilder()
        .key("general.architecture", "llama")
        .key("llama.block_count", 2u)
        .tensor("token_embd.weight", "f32", {8, 4})
        .tensor("blk.0.attn_q.weight", "q4_0", {32, 3});
}

TEST(OpenFile, reads_keys_and_tensors) {
    const auto bytes = small_model().bytes();
    const File file = File::from_bytes(bytes, "small.gguf");
    EXPECT_EQ(file.header().version, 3u);
    EXPECT_EQ(file.metadata().string("general.architecture"), "llama");
    EXPECT_EQ(file.metadata().u32("llama.block_count"), 2u);
    ASSERT_EQ(file.tensors().size(), 2u);
    const TensorInfo* q = file.find_tensor("blk.0.attn_q.weight");
    ASSERT_NE(q, nullptr);
    EXPECT_EQ(q->type->name, "q4_0");
    EXPECT_EQ(q->elements, 96u);
    EXPECT_EQ(q->bytes, 54u);
    EXPECT_EQ(q->relative_offset, 128u);
    EXPECT_EQ(file.data(*q).size(), 54u);
    EXPECT_EQ(file.find_tensor("nothing"), nullptr);
    EXPECT_TRUE(file.findings().empty());
}

TEST(OpenFile, counts_and_offsets_of_the_header_are_those_of_the_file) {
    const auto builder = small_model();
    const auto bytes = builder.bytes();
    const File file = File::from_bytes(bytes, "small.gguf");
    const Header& header = file.header();
    EXPECT_EQ(header.tensor_count, 2u);
    EXPECT_EQ(header.metadata_count, 2u);
    EXPECT_EQ(header.alignment, 32u);
    EXPECT_EQ(header.metadata_offset, 24u);
    EXPECT_EQ(header.tensor_table_offset, builder.tensor_offset("token_embd.weight"));
    EXPECT_EQ(header.data_offset, builder.data_offset());
    EXPECT_EQ(file.tensors()[1].record_offset, builder.tensor_offset("blk.0.attn_q.weight"));
    EXPECT_EQ(file.size_bytes(), bytes.size());
}

TEST(OpenFile, alignment_moves_the_data) {
    for (const std::uint32_t alignment : {8u, 64u, 4096u}) {
        const auto builder = GgufBuilder().alignment(alignment).tensor("a", "f32", {3}).tensor("b", "f32", {5});
        const auto bytes = builder.bytes();
        const File file = File::from_bytes(bytes, "x");
        EXPECT_EQ(file.header().alignment, alignment);
        EXPECT_EQ(file.header().data_offset, builder.data_offset());
        EXPECT_EQ(file.header().data_offset % alignment, 0u);
        EXPECT_EQ(file.tensors()[1].offset % alignment, 0u);
        EXPECT_TRUE(file.findings().empty());
    }
}

TEST(OpenFile, keeps_a_tensor_of_unknown_type_but_not_its_data) {
    const auto bytes = GgufBuilder()
                           .raw_tensor({.name = "new",
                                        .dimensions = {5, 3},
                                        .type = 77,
                                        .offset = {},
                                        .bytes = 40,
                                        .fill = {},
                                        .dimension_count = {}})
                           .bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    const TensorInfo& info = file.tensors()[0];
    EXPECT_EQ(info.type, nullptr);
    EXPECT_EQ(info.type_id, 77u);
    EXPECT_EQ(info.elements, 15u);
    EXPECT_EQ(info.bytes, 40u);  // up to the end of the file
    test::expect_refusal(test::refusal_of([&] { (void)file.data(info); }), ErrorCode::unknown_tensor_type,
                         "tensor new has type 77");
}

TEST(OpenFile, refuses_a_tensor_of_unknown_type_that_begins_beyond_the_file) {
    const auto bytes = GgufBuilder()
                           .raw_tensor({.name = "new",
                                        .dimensions = {5},
                                        .type = 77,
                                        .offset = 4096,
                                        .bytes = 0,
                                        .fill = {},
                                        .dimension_count = {}})
                           .bytes();
    test::expect_refusal(test::refusal_of_bytes(bytes), ErrorCode::tensor_out_of_range, "tensor new");
}

TEST(OpenFile, a_file_without_tensors_or_keys_is_a_file) {
    const auto bytes = GgufBuilder().bytes();
    const File file = File::from_bytes(bytes, "x");
    EXPECT_TRUE(file.tensors().empty());
    EXPECT_TRUE(file.metadata().entries().empty());
    EXPECT_EQ(file.header().data_offset, 24u);
}

TEST(OpenFile, survives_being_moved) {
    const auto bytes = small_model().bytes();
    File file = File::from_bytes(bytes, "x");
    const TensorInfo* before = file.find_tensor("token_embd.weight");
    const File moved = std::move(file);
    EXPECT_EQ(moved.find_tensor("token_embd.weight"), before);
    EXPECT_EQ(moved.metadata().u32("llama.block_count"), 2u);
}

TEST(OpenFile, from_disk_equals_from_memory) {
    const test::TempDir dir;
    small_model().write(dir / "m.gguf");
    const File file = File::open(dir / "m.gguf");
    EXPECT_EQ(file.path(), (dir / "m.gguf").string());
    EXPECT_EQ(file.tensors().size(), 2u);
    file.will_read(file.tensors()[1]);
    EXPECT_EQ(file.data(file.tensors()[1]).size(), 54u);
    file.done_with(file.tensors()[1]);
}

TEST(OpenFile, writes_nothing_beside_the_model) {
    const test::TempDir dir;
    small_model().write(dir / "m.gguf");
    const auto before = std::filesystem::last_write_time(dir / "m.gguf");
    { const File file = File::open(dir / "m.gguf"); }
    EXPECT_EQ(std::filesystem::last_write_time(dir / "m.gguf"), before);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(ReadData, notices_that_the_file_was_shortened_since) {
    const test::TempDir dir;
    small_model().write(dir / "m.gguf");
    const File file = File::open(dir / "m.gguf");
    const TensorInfo& last = file.tensors()[1];
    ASSERT_EQ(::truncate((dir / "m.gguf").c_str(), static_cast<off_t>(last.offset + 10)), 0);
    EXPECT_EQ(file.data(file.tensors()[0]).size(), 128u);
    test::expect_refusal(test::refusal_of([&] { (void)file.data(last); }), ErrorCode::file_changed,
                         "it was shortened or replaced");
}

TEST(OpenFile, keeps_arrays_as_views_into_the_mapping) {
    const std::vector<std::string> words(200'000, "token");
    const test::TempDir dir;
    GgufBuilder().key("tokenizer.ggml.tokens", words).key("scores", std::vector<float>(200'000)).write(dir / "m.gguf");
    const File file = File::open(dir / "m.gguf");
    EXPECT_EQ(file.metadata().array("tokenizer.ggml.tokens")->size(), 200'000u);
    EXPECT_EQ(file.metadata().find("scores")->bytes().data(),
              file.shards()[0].bytes.data() + file.metadata().find_entry("scores")->offset + 8 + 6 + 4);
}

}  // namespace
}  // namespace attnx::gguf

// How long a header is, told by its beginning.
#include "attnx/gguf/header_size.h"

#include <gtest/gtest.h>

#include "attnx/base/error.h"
#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;

GgufBuilder with_everything() {
    GgufBuilder builder;
    builder.key("general.architecture", "llama").key("a.flag", true).key("a.number", std::uint64_t{7});
    builder.key("a.texts", std::vector<std::string>{"one", "", "three"}).key("a.floats", std::vector<float>(9, 1.F));
    builder.key("a.nested", std::vector<std::vector<std::string>>{{"x", "yy"}, {"z"}});
    builder.tensor("token_embd.weight", "f16", {32, 8}).tensor("blk.0.attn_q.weight", "f32", {4, 4, 2});
    return builder;
}

std::vector<std::pair<const char*, std::vector<std::byte>>> files() {
    GgufBuilder big = with_everything().big_endian(), first;
    first.version(1).key("general.architecture", "llama").key("a.texts", std::vector<std::string>{"one", "two"});
    first.tensor("t", "f32", {4, 4});
    return {{"usual", with_everything().bytes()},
            {"big-endian", big.bytes()},
            {"version 1", first.bytes()},
            {"no tensors", GgufBuilder().key("general.architecture", "llama").bytes()}};
}

TEST(HeaderSize, is_where_the_reader_sees_the_tensor_table_end) {
    for (const auto& [name, bytes] : files()) {
        const HeaderSize size = header_size(bytes, bytes.size());
        EXPECT_TRUE(size.exact) << name;
        EXPECT_EQ(size.bytes, File::from_bytes(bytes, name).header().tensor_table_end) << name;
    }
}

TEST(HeaderSize, of_every_beginning_is_a_guess_until_all_lengths_are_there) {
    for (const auto& [name, bytes] : files()) {
        const std::uint64_t end = File::from_bytes(bytes, name).header().tensor_table_end;
        for (std::size_t have = 0; have < end; ++have) {
            const HeaderSize size = header_size(std::span(bytes).first(have), bytes.size());
            EXPECT_LE(size.bytes, bytes.size()) << name << " " << have;
            EXPECT_TRUE(!size.exact || size.bytes == end) << name << " " << have;
        }
    }
}

TEST(HeaderSize, supposes_that_texts_go_on_as_they_were) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 20000; ++i) texts.emplace_back(4 + i / 4000, 'x');
    const auto bytes = GgufBuilder().key("a.texts", texts).tensor("t", "f32", {4}).bytes();
    const HeaderSize size = header_size(std::span(bytes).first(100000), bytes.size() * 4);
    EXPECT_FALSE(size.exact);
    EXPECT_GT(size.bytes, bytes.size() * 9 / 10);
    EXPECT_LT(size.bytes, bytes.size() * 12 / 10 + (1 << 16));
}

// What the reader refuses anyhow is no reason to fetch a whole file.
TEST(HeaderSize, ends_where_a_header_makes_no_sense) {
    constexpr std::uint64_t kFile = std::uint64_t{1} << 40;
    const auto damaged = [](std::size_t offset, std::vector<std::byte> bytes) {
        return with_everything().overwrite(offset, std::move(bytes)).bytes();
    };
    const GgufBuilder builder = with_everything();
    for (const auto& bytes :
         {damaged(0, test::to_bytes("GGUX")), damaged(4, test::little_endian(9, 4)),
          damaged(8, test::little_endian(UINT64_MAX, 8)), damaged(16, test::little_endian(UINT64_MAX / 2, 8)),
          damaged(builder.key_offset("a.flag"), test::little_endian(std::uint64_t{1} << 50, 8)),
          damaged(builder.value_offset("a.number") - 4, test::little_endian(77, 4)),
          damaged(builder.value_offset("a.texts") + 4, test::little_endian(UINT64_MAX / 16, 8)),
          damaged(builder.value_offset("a.texts") + 12, test::little_endian(UINT64_MAX, 8)),
          damaged(builder.tensor_offset("token_embd.weight"), test::little_endian(1 << 20, 8))}) {
        const HeaderSize size = header_size(bytes, kFile);
        EXPECT_TRUE(size.exact);
        EXPECT_LE(size.bytes, bytes.size());
        EXPECT_THROW(File::from_bytes(bytes, "m"), Error);
    }
}

TEST(HeaderSize, of_arrays_in_arrays_without_end_takes_no_stack) {
    GgufBuilder builder;
    std::vector<std::byte> nested;
    for (int i = 0; i < 100000; ++i) {
        const auto type = test::little_endian(9, 4), count = test::little_endian(1, 8);
        nested.insert(nested.end(), type.begin(), type.end());
        nested.insert(nested.end(), count.begin(), count.end());
    }
    const auto bytes = builder.raw_key("deep", 9, nested).bytes();
    EXPECT_TRUE(header_size(bytes, std::uint64_t{1} << 40).exact);
}

}  // namespace
}  // namespace attnx::gguf

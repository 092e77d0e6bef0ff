#include "attnx/gguf/byte_map.h"

#include <gtest/gtest.h>

#include "support/gguf_builder.h"

namespace attnx::gguf {
namespace {

using test::floats_at;
using test::GgufBuilder;

struct Piece {
    Region region;
    std::uint64_t bytes;
    std::string tensor = {};
    bool operator==(const Piece&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Piece& piece) {
    return out << to_string(piece.region) << ' ' << piece.bytes << ' ' << piece.tensor;
}

// The map of a file; checks on the way that extents follow each other and end at the file's end.
std::vector<Piece> map_of(const std::vector<std::byte>& bytes, bool truncated = false) {
    const File file = File::from_bytes(bytes, "m.gguf", {.join_split = true, .allow_truncated_data = truncated});
    std::vector<Piece> pieces;
    std::uint64_t position = 0;
    for (const Extent& extent : byte_map(file, 0)) {
        EXPECT_EQ(extent.offset, position);
        EXPECT_GT(extent.bytes, 0u);
        EXPECT_EQ(extent.tensor != nullptr, extent.region == Region::tensor);
        position += extent.bytes;
        pieces.push_back(
            {extent.region, extent.bytes, extent.tensor != nullptr ? std::string(extent.tensor->name) : ""});
    }
    EXPECT_EQ(position, bytes.size());
    return pieces;
}

// One tensor with a one-letter name: 8+1 name, 4 count, 8 dimension, 4 type, 8 offset.
constexpr std::uint64_t kRow = 33;

TEST(ByteMap, labels_every_byte_of_a_plain_file) {
    const auto bytes = GgufBuilder().key("a.b", 1u).tensor("x", "f32", {3}).tensor("y", "f32", {2}).bytes();
    const std::vector<Piece> expected = {{Region::header, 24},
                                         {Region::metadata, 8 + 3 + 4 + 4},
                                         {Region::tensor_table, 2 * kRow},
                                         {Region::padding, 128 - 24 - 19 - 66},
                                         {Region::tensor, 12, "x"},
                                         {Region::padding, 20},
                                         {Region::tensor, 8, "y"}};
    EXPECT_EQ(map_of(bytes), expected);
}

TEST(ByteMap, knows_the_smaller_header_of_version_1) {
    const std::vector<Piece> expected = {{Region::header, 16}, {Region::metadata, 4 + 1 + 4 + 4}};
    EXPECT_EQ(map_of(GgufBuilder().version(1).key("a", 1u).bytes()), expected);
}

TEST(ByteMap, tells_padding_from_gap_and_tail) {
    const auto bytes = GgufBuilder()
                           .raw_tensor(floats_at("x", 0, 3))
                           .raw_tensor(floats_at("y", 96, 8))
                           .append(std::vector<std::byte>(7))
                           .bytes();
    const std::vector<Piece> expected = {{Region::header, 24},      {Region::tensor_table, 66}, {Region::padding, 6},
                                         {Region::tensor, 12, "x"}, {Region::padding, 20},      {Region::gap, 64},
                                         {Region::tensor, 32, "y"}, {Region::tail, 7}};
    EXPECT_EQ(map_of(bytes), expected);
}

TEST(ByteMap, counts_shared_bytes_once_for_the_first_tensor) {
    const auto bytes = GgufBuilder().raw_tensor(floats_at("x", 0, 16)).raw_tensor(floats_at("y", 32, 16)).bytes();
    const std::vector<Piece> expected = {{Region::header, 24},
                                         {Region::tensor_table, 66},
                                         {Region::padding, 6},
                                         {Region::tensor, 64, "x"},
                                         {Region::tensor, 32, "y"}};
    EXPECT_EQ(map_of(bytes), expected);
}

TEST(ByteMap, leaves_out_a_tensor_that_lies_inside_another) {
    const auto bytes = GgufBuilder().raw_tensor(floats_at("x", 0, 16)).raw_tensor(floats_at("y", 32, 4)).bytes();
    const std::vector<Piece> expected = {
        {Region::header, 24}, {Region::tensor_table, 66}, {Region::padding, 6}, {Region::tensor, 64, "x"}};
    EXPECT_EQ(map_of(bytes), expected);
}

TEST(ByteMap, gives_a_tensor_of_unknown_size_the_bytes_up_to_the_next) {
    const auto bytes = GgufBuilder()
                           .raw_tensor({.name = "u",
                                        .dimensions = {5},
                                        .type = 99,
                                        .offset = 0,
                                        .bytes = 50,
                                        .fill = {},
                                        .dimension_count = {}})
                           .raw_tensor(floats_at("y", 64, 2))
                           .bytes();
    const std::vector<Piece> expected = {{Region::header, 24},
                                         {Region::tensor_table, 66},
                                         {Region::padding, 6},
                                         {Region::tensor, 64, "u"},
                                         {Region::tensor, 8, "y"}};
    EXPECT_EQ(map_of(bytes), expected);
}

TEST(ByteMap, stops_at_the_end_of_a_truncated_file) {
    auto builder = GgufBuilder().tensor("x", "f32", {8}).tensor("y", "f32", {8});
    builder.truncate_to(builder.data_offset() + 20);
    const std::vector<Piece> expected = {
        {Region::header, 24}, {Region::tensor_table, 66}, {Region::padding, 6}, {Region::tensor, 20, "x"}};
    EXPECT_EQ(map_of(builder.bytes(), true), expected);
}

TEST(ByteMap, of_a_header_alone) {
    EXPECT_EQ(map_of(GgufBuilder().bytes()), (std::vector<Piece>{{Region::header, 24}}));
}

}  // namespace
}  // namespace attnx::gguf

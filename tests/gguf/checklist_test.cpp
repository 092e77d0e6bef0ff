// The checklist of defects that hurt other readers, as far as it concerns reading, and where each has its test:
//
//   1-7 short files, magic, version, counts, lengths, overflow, value types   refusals_test, recognise_test, value_test
//   (byte orders) 8   nested arrays                                                         refusals_test (depth),
//   findings_test, value_test 9   odd bools                                                             findings_test
//   10  empty, long, duplicate keys                                           refusals_test
//   11  keys of another type                                                  metadata_test
//   12  control characters, invalid UTF-8                                     here, findings_test
//   13-15, 17-19 dimensions, blocks, names, alignment, offsets                refusals_test, findings_test,
//   byte_map_test 16  unknown and removed tensor types                                      findings_test, file_test 20
//   truncated and overlong files                                          refusals_test, findings_test, prefix_test 22
//   huge layer counts                                                     here 28-29 split sets split_test 30-32
//   shrinking files, FIFOs and devices, read-only                       io/bus_guard_test, io/mapped_file_test,
//   file_test 33-34 templates stay text, nothing is written                             metadata_test, file_test
#include <gtest/gtest.h>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;

TEST(Checklist, control_characters_of_a_key_are_escaped_in_errors) {
    const std::string key =
        "a\x1b[2J\r\n\xFF"
        "b";
    const auto error = test::refusal_of_bytes(GgufBuilder().key(key, 1u).key(key, 2u).bytes());
    test::expect_refusal(error, ErrorCode::duplicate_key,
                         "key a\\x1b[2J\\r\\n\xEF\xBF\xBD"
                         "b occurs twice");
}

TEST(Checklist, a_layer_count_of_four_billion_costs_nothing_to_read) {
    const auto bytes =
        GgufBuilder().key("llama.block_count", 0xFFFFFFFFu).tensor("blk.4294967294.attn_q.weight", "f32", {1}).bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    EXPECT_EQ(file.metadata().u32("llama.block_count"), 0xFFFFFFFFu);
    EXPECT_EQ(file.tensors().size(), 1u);
}

TEST(Checklist, counts_that_a_file_claims_are_not_reserved) {
    // 16 MiB of zeros could hold a million records by size; the first is refused before anything is kept.
    auto bytes = GgufBuilder().append(std::vector<std::byte>(16u << 20)).bytes();
    bytes[8] = std::byte{0};
    bytes[16] = bytes[17] = std::byte{0xFF};
    bytes[18] = std::byte{0x0F};
    test::expect_refusal(test::refusal_of_bytes(bytes), ErrorCode::bad_key, "metadata record 0");
}

TEST(Checklist, arrays_within_arrays_of_nothing_end) {
    // Inner arrays may be empty, so only their headers bound the work.
    const std::vector<std::vector<std::string>> rows(10'000);
    const auto bytes = GgufBuilder().key("rows", rows).bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    std::uint64_t seen = 0;
    file.metadata().array("rows")->for_each([&](std::uint64_t, const Value& row) { seen += 1 + row.array()->size(); });
    EXPECT_EQ(seen, 10'000u);
}

}  // namespace
}  // namespace attnx::gguf

// Every way in which the container is refused, with a file that is refused so.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;
using test::little_endian;
using test::to_bytes;
using Bytes = std::vector<std::byte>;

struct Refused {
    const char* what;  // names the case
    ErrorCode code;
    std::function<GgufBuilder()> build;
    std::function<std::uint64_t(const GgufBuilder&)> offset;  // where the message must point
    const char* name;                                         // key or tensor it must name
    const char* message;                                      // what it must say
};

GgufBuilder model() {
    return GgufBuilder()
        .key("general.name", "test")
        .key("a.count", 7u)
        .tensor("blk.0.w", "f32", {8, 4})
        .tensor("blk.1.w", "q4_0", {32, 2});
}
GgufBuilder raw(std::vector<std::uint64_t> dimensions, std::uint32_t type, std::uint64_t bytes = 0) {
    return GgufBuilder().raw_tensor({.name = "blk.0.w",
                                     .dimensions = std::move(dimensions),
                                     .type = type,
                                     .offset = {},
                                     .bytes = bytes,
                                     .fill = {},
                                     .dimension_count = {}});
}
GgufBuilder nested(std::size_t depth) {
    test::GgufValue value = test::GgufValue::array(4, {});
    for (std::size_t i = 1; i < depth; ++i) value = test::GgufValue::array(9, {value});
    return GgufBuilder().key("deep", value);
}
GgufBuilder with_alignment(test::GgufValue value) { return model().key("general.alignment", std::move(value)); }

std::function<std::uint64_t(const GgufBuilder&)> at(std::uint64_t offset) {
    return [offset](const GgufBuilder&) { return offset; };
}
std::function<std::uint64_t(const GgufBuilder&)> at_key(std::string key) {
    return [key](const GgufBuilder& b) { return b.key_offset(key); };
}
std::function<std::uint64_t(const GgufBuilder&)> at_value(std::string key, std::uint64_t plus = 0) {
    return [key, plus](const GgufBuilder& b) { return b.value_offset(key) + plus; };
}
std::function<std::uint64_t(const GgufBuilder&)> at_tensor(std::string tensor, std::uint64_t plus = 0) {
    return [tensor, plus](const GgufBuilder& b) { return b.tensor_offset(tensor) + plus; };
}

using enum ErrorCode;
constexpr std::uint64_t kNameWord = 8 + 7;  // length word and "blk.0.w"

const std::vector<Refused>& table() {
    static const std::vector<Refused> rows = {
        {"empty", empty_file, [] { return GgufBuilder().truncate_to(0); }, {}, "", "empty"},
        {"another magic", not_gguf, [] { return model().overwrite(0, to_bytes("GGUX")); }, at(0), "", "\"GGUX\""},
        {"version 0", unsupported_version, [] { return model().version(0); }, at(4), "", "version 0"},
        {"version 4", unsupported_version, [] { return model().version(4); }, at(4), "", "version 4"},
        {"big-endian version 4", unsupported_version, [] { return model().version(4).big_endian(); }, at(4), "",
         "version 4"},
        {"magic alone", truncated, [] { return model().truncate_to(4); }, at(4), "", "version"},
        {"half a magic", truncated, [] { return model().truncate_to(3); }, at(0), "", "magic"},
        {"half a header", truncated, [] { return model().truncate_to(23); }, at(8), "", "less than the 24 of a header"},
        {"end in a value", truncated, [] { return GgufBuilder().key("a.count", 7u).truncate_to(24 + 8 + 7 + 4 + 3); },
         at_value("a.count"), "a.count", "uint32"},
        {"end in a tensor row", truncated,
         [] {
             return raw({4, 4}, 0, 64).truncate_to(24 + 8 + 7 + 4 + 8 + 8 + 2);
         },
         at_tensor("blk.0.w", kNameWord + 4 + 16), "blk.0.w", "tensor type"},
        {"too many tensors", bad_count, [] { return model().counts(1'000'000, 2); }, at(8), "", "1000000 tensors"},
        {"negative tensors", bad_count, [] { return model().counts(0xFFFFFFFFFFFFFFFF, 2); }, at(8), "",
         "18446744073709551615"},
        {"too many keys", bad_count, [] { return model().counts(2, 1'000'000); }, at(16), "",
         "1000000 metadata records"},
        {"empty key", bad_key, [] { return GgufBuilder().key("", 1u); }, at_key(""), "", "empty"},
        {"long key", bad_key, [] { return GgufBuilder().key(std::string(65536, 'k'), 1u); }, at(24), "", "65536 bytes"},
        {"same key twice", duplicate_key, [] { return GgufBuilder().key("a", 1u).key("b", 2u).key("a", 3u); },
         [](const GgufBuilder& b) { return b.key_offset("b") + 8 + 1 + 4 + 4; }, "a", "first at byte 24"},
        {"value type 13", bad_value_type, [] { return GgufBuilder().raw_key("odd", 13, Bytes(8)); },
         at_value("odd", -4ull), "odd", "value type 13"},
        {"array of type 99", bad_value_type,
         [] { return GgufBuilder().raw_key("odd", 9, little_endian(99, 4)).append(Bytes(20)); }, at_value("odd"), "odd",
         "value type 99"},
        {"long string", bad_length, [] { return GgufBuilder().raw_key("s", 8, little_endian(1'000, 8)); },
         at_value("s", 8), "s", "1000 bytes"},
        {"negative string length", bad_length,
         [] { return GgufBuilder().raw_key("s", 8, little_endian(0xFFFFFFFFFFFFFFF0, 8)); }, at_value("s", 8), "s",
         "18446744073709551600"},
        {"long key text", bad_length, [] { return GgufBuilder().key("a", 1u).overwrite(24, little_endian(77, 8)); },
         at(32), "", "a key of 77 bytes"},
        {"long array", bad_length,
         [] {
             Bytes value = little_endian(4, 4);
             const Bytes count = little_endian(0x4000000000000001, 8);  // x 4 bytes wraps to 4
             value.insert(value.end(), count.begin(), count.end());
             return GgufBuilder().raw_key("wraps", 9, value).append(Bytes(8));
         },
         at_value("wraps", 12), "wraps", "4611686018427387905 elements"},
        {"long array of strings", bad_length,
         [] {
             return GgufBuilder()
                 .key("w", std::vector<std::string>{"a", "b"})
                 .overwrite(24 + 8 + 1 + 4 + 4, little_endian(9'999, 8));
         },
         at_value("w", 4), "w", "9999 elements"},
        {"long string in an array", bad_length,
         [] {
             return GgufBuilder()
                 .key("w", std::vector<std::string>{"a", "b"})
                 .overwrite(24 + 8 + 1 + 4 + 12 + 9, little_endian(500, 8));
         },
         at_value("w", 12 + 9), "w", "string 1 of 2 has 500 bytes"},
        {"nine levels of arrays", nested_too_deep, [] { return nested(9); }, at_value("deep", 7 * 12ull), "deep",
         "8 deep"},
        {"alignment 0", bad_alignment, [] { return with_alignment(0u); }, at_key("general.alignment"),
         "general.alignment", "is 0"},
        {"alignment 24", bad_alignment, [] { return with_alignment(24u); }, at_key("general.alignment"),
         "general.alignment", "24"},
        {"alignment 2^31", bad_alignment, [] { return with_alignment(0x80000000u); }, at_key("general.alignment"),
         "general.alignment", "2147483648"},
        {"alignment as text", bad_alignment, [] { return with_alignment("32"); }, at_key("general.alignment"),
         "general.alignment", "string"},
        {"tensor without a name", bad_tensor_name, [] { return GgufBuilder().tensor("", "f32", {4}); }, at_tensor(""),
         "", "empty"},
        {"long tensor name", bad_tensor_name, [] { return GgufBuilder().tensor(std::string(65536, 't'), "f32", {4}); },
         at(24), "", "65536 bytes"},
        {"same tensor twice", duplicate_tensor,
         [] { return GgufBuilder().tensor("w", "f32", {4}).tensor("w", "f32", {4}); },
         [](const GgufBuilder& b) { return b.tensor_offset("w") + 8 + 1 + 4 + 8 + 4 + 8; }, "w", "first at byte 24"},
        {"no dimensions", bad_dimensions, [] { return raw({}, 0, 4); }, at_tensor("blk.0.w", kNameWord), "blk.0.w",
         "0 dimensions"},
        {"five dimensions", bad_dimensions,
         [] {
             return raw({1, 1, 1, 1, 1}, 0, 4);
         },
         at_tensor("blk.0.w", kNameWord), "blk.0.w", "5 dimensions"},
        {"dimension 0", bad_dimensions,
         [] {
             return raw({4, 0}, 0);
         },
         at_tensor("blk.0.w", kNameWord + 12), "blk.0.w", "dimension 1 is 0"},
        {"negative dimension", bad_dimensions, [] { return raw({0xFFFFFFFFFFFFFFFF}, 0); },
         at_tensor("blk.0.w", kNameWord + 4), "blk.0.w", "dimension 0 is -1"},
        {"elements overflow", bad_dimensions,
         [] {
             return raw({std::uint64_t{1} << 40, std::uint64_t{1} << 40}, 0);
         },
         at_tensor("blk.0.w", kNameWord + 12), "blk.0.w", "64 bits"},
        {"bytes overflow", bad_dimensions, [] { return raw({std::uint64_t{1} << 62}, 28); },
         at_tensor("blk.0.w", kNameWord + 12), "blk.0.w", "are not whole blocks"},
        {"bytes overflow over rows", bad_dimensions,
         [] {
             return raw({std::uint64_t{1} << 30, std::uint64_t{1} << 32}, 28);
         },
         at_tensor("blk.0.w", kNameWord + 20), "blk.0.w", "more bytes than 64 bits"},
        {"part of a block", bad_dimensions,
         [] {
             return raw({100, 2}, 12, 512);
         },
         at_tensor("blk.0.w", kNameWord + 20), "blk.0.w", "rows of 100 elements are not whole blocks of q4_K"},
        {"misaligned tensor", tensor_misaligned,
         [] {
             return GgufBuilder().raw_tensor({.name = "blk.0.w",
                                              .dimensions = {4},
                                              .type = 0,
                                              .offset = 8,
                                              .bytes = 16,
                                              .fill = {},
                                              .dimension_count = {}});
         },
         at_tensor("blk.0.w", kNameWord + 16), "blk.0.w", "offset 8 is not a multiple of the alignment 32"},
        {"last byte missing", tensor_out_of_range, [] { return model().truncate_to(model().bytes().size() - 9); },
         [](const GgufBuilder& b) { return b.data_offset() + 128; }, "blk.1.w",
         "tensor blk.1.w ends 9 bytes past the end of the file"},
        {"all data missing", tensor_out_of_range, [] { return model().truncate_to(model().data_offset()); },
         [](const GgufBuilder& b) { return b.data_offset(); }, "blk.0.w",
         "2 tensors are incomplete and 164 bytes missing in all"},
        {"offset that wraps", tensor_out_of_range,
         [] {
             auto b = GgufBuilder().tensor("blk.0.w", "f32", {8});
             return b.overwrite(b.tensor_offset("blk.0.w") + kNameWord + 16, little_endian(0xFFFFFFFFFFFFFFE0, 8));
         },
         at_tensor("blk.0.w"), "blk.0.w", "no file can hold"},
    };
    return rows;
}

TEST(RefuseFile, each_defect_with_its_code_place_and_name) {
    for (const Refused& row : table()) {
        SCOPED_TRACE(row.what);
        const GgufBuilder builder = row.build();
        const auto bytes = builder.bytes();
        const auto error = test::refusal_of_bytes(bytes);
        test::expect_refusal(error, row.code, row.message);
        if (!error) continue;
        EXPECT_EQ(error->where().path, "m.gguf");
        EXPECT_EQ(error->where().name, row.name);
        if (row.offset) {
            EXPECT_EQ(error->where().offset, row.offset(builder)) << error->what();
        }
        if (row.name[0] != '\0') {
            EXPECT_NE(error->message().find(row.name), std::string::npos) << error->what();
        }
    }
}

TEST(RefuseFile, every_container_code_is_in_the_table) {
    // Those met elsewhere: splits in split_test.cpp, reading data of an unknown type in file_test.cpp.
    std::set<ErrorCode> met = {bad_split, missing_shard, unknown_tensor_type};
    for (const Refused& row : table()) met.insert(row.code);
    for (const ErrorRow& row : error_table())
        if (row.code >= not_gguf && row.code <= missing_shard) {
            EXPECT_TRUE(met.contains(row.code)) << row.slug;
        }
}

TEST(RefuseFile, opens_the_same_file_without_the_defect) {
    const auto bytes = model().bytes();
    EXPECT_NO_THROW((void)File::from_bytes(bytes, "m.gguf"));
    const auto deep = nested(8).bytes();
    EXPECT_NO_THROW((void)File::from_bytes(deep, "m.gguf"));
}

}  // namespace
}  // namespace attnx::gguf

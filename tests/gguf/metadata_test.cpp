#include "attnx/gguf/metadata.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::gguf {
namespace {

using test::GgufBuilder;

TEST(Metadata, keeps_file_order_and_says_where_records_lie) {
    const auto builder =
        GgufBuilder().key("z", 1u).key("a.long.key", std::vector<std::uint8_t>{1, 2, 3}).key("m", "text");
    const auto bytes = builder.bytes();
    const File file = File::from_bytes(bytes, "x");
    const auto entries = file.metadata().entries();
    ASSERT_EQ(entries.size(), 3u);
    std::uint64_t end = file.header().metadata_offset;
    for (const Entry& entry : entries) {
        EXPECT_EQ(entry.offset, end);
        EXPECT_EQ(entry.offset, builder.key_offset(entry.key));
        end += entry.bytes;
    }
    EXPECT_EQ(end, file.header().tensor_table_offset);
    EXPECT_EQ(entries[0].key, "z");
    EXPECT_EQ(entries[2].key, "m");
}

TEST(Metadata, finds_each_of_many_keys) {
    GgufBuilder builder;
    for (std::uint32_t i = 0; i < 2000; ++i) builder.key(fmt::format("k.{}", i * 7919 % 2000), i);
    const auto bytes = builder.bytes();
    const File file = File::from_bytes(bytes, "x");
    for (std::uint32_t i = 0; i < 2000; ++i) EXPECT_EQ(file.metadata().u32(fmt::format("k.{}", i * 7919 % 2000)), i);
    EXPECT_EQ(file.metadata().find("k.2000"), nullptr);
    EXPECT_EQ(file.metadata().find(""), nullptr);
    EXPECT_EQ(file.metadata().find("k"), nullptr);
}

TEST(Metadata, typed_access_tells_absence_from_the_wrong_type) {
    const auto builder = GgufBuilder()
                             .key("text", "llama")
                             .key("number", 5u)
                             .key("real", 0.5f)
                             .key("flag", false)
                             .key("list", std::vector<float>{1})
                             .key("wide", std::uint64_t{5});
    const auto bytes = builder.bytes();
    const File file = File::from_bytes(bytes, "m.gguf");
    const Metadata& m = file.metadata();
    EXPECT_EQ(m.string("text"), "llama");
    EXPECT_EQ(m.u32("number"), 5u);
    EXPECT_EQ(m.f32("real"), 0.5f);
    EXPECT_EQ(m.boolean("flag"), false);
    EXPECT_EQ(m.array("list")->size(), 1u);
    EXPECT_EQ(m.string("no"), std::nullopt);
    EXPECT_EQ(m.u32("no"), std::nullopt);
    const auto wrong = test::refusal_of([&] { (void)m.u32("wide"); });
    test::expect_refusal(wrong, ErrorCode::wrong_type, "key wide is stored as uint64, not as uint32");
    EXPECT_EQ(wrong->where().path, "m.gguf");
    EXPECT_EQ(wrong->where().offset, builder.key_offset("wide"));
    EXPECT_EQ(wrong->where().name, "wide");
    test::expect_refusal(test::refusal_of([&] { (void)m.string("number"); }), ErrorCode::wrong_type,
                         "uint32, not as string");
    test::expect_refusal(test::refusal_of([&] { (void)m.f32("flag"); }), ErrorCode::wrong_type, "bool, not as float32");
    test::expect_refusal(test::refusal_of([&] { (void)m.boolean("text"); }), ErrorCode::wrong_type,
                         "string, not as bool");
    test::expect_refusal(test::refusal_of([&] { (void)m.array("text"); }), ErrorCode::wrong_type,
                         "string, not as array");
}

TEST(Metadata, a_template_is_just_text) {
    const auto bytes =
        GgufBuilder().key("tokenizer.chat_template", "{{ ''.__class__.__mro__ }}{% for x in y %}").bytes();
    const File file = File::from_bytes(bytes, "x");
    EXPECT_EQ(file.metadata().string("tokenizer.chat_template"), "{{ ''.__class__.__mro__ }}{% for x in y %}");
}

}  // namespace
}  // namespace attnx::gguf

#include "attnx/model/hparams.h"

#include <gtest/gtest.h>

#include <limits>

#include "tiny.h"

namespace attnx::model {
namespace {

using test::code_of;
using test::GgufBuilder;
using test::message_of;

// Keys "a.*" of a file that lives as long as the reader.
class Keys {
public:
    explicit Keys(const GgufBuilder& builder)
        : bytes_(builder.bytes()), file_(gguf::File::from_bytes(bytes_, "keys")), hparams(file_.metadata(), "a") {}

private:
    std::vector<std::byte> bytes_;
    gguf::File file_;

public:
    Hparams hparams;
};

TEST(Hparams, reads_exact_types_in_silence) {
    Keys keys(GgufBuilder().key("a.n", 7U).key("a.x", 0.5F).key("a.b", true).key("a.s", "text").key("whole.key", 9U));
    EXPECT_EQ(keys.hparams.u32("n"), 7U);
    EXPECT_EQ(keys.hparams.f32("x"), 0.5F);
    EXPECT_EQ(keys.hparams.boolean("b"), true);
    EXPECT_EQ(keys.hparams.string("s"), "text");
    EXPECT_EQ(keys.hparams.u32("@whole.key"), 9U);
    EXPECT_EQ(keys.hparams.u32("absent"), std::nullopt);
    EXPECT_TRUE(keys.hparams.findings.empty());
    EXPECT_TRUE(keys.hparams.refusals.empty());
}

TEST(Hparams, uses_other_widths_and_reports_them) {
    Keys keys(
        GgufBuilder().key("a.i", 7).key("a.u64", std::uint64_t{8}).key("a.f64", 0.25).key("a.u8", std::uint8_t{1}));
    EXPECT_EQ(keys.hparams.u32("i"), 7U);
    EXPECT_EQ(keys.hparams.u32("u64"), 8U);
    EXPECT_EQ(keys.hparams.f32("f64"), 0.25F);
    EXPECT_EQ(keys.hparams.boolean("u8"), true);
    EXPECT_EQ(keys.hparams.refusals.size(), 4U);
    EXPECT_EQ(message_of(keys.hparams.findings, FindingId::key_wrong_type),
              "key a.i is stored as int32, llama.cpp expects uint32");
}

TEST(Hparams, gives_nothing_for_what_cannot_be_the_value) {
    Keys keys(GgufBuilder()
                  .key("a.text", "7")
                  .key("a.negative", -7)
                  .key("a.large", std::uint64_t{1} << 40)
                  .key("a.list", std::vector<std::uint32_t>{7}));
    for (const char* suffix : {"text", "negative", "large", "list"})
        EXPECT_EQ(keys.hparams.u32(suffix), std::nullopt) << suffix;
    EXPECT_EQ(keys.hparams.refusals.size(), 4U);
    EXPECT_EQ(code_of([&] { keys.hparams.u32("text", Need::geometry); }), ErrorCode::wrong_type);
    EXPECT_EQ(code_of([&] { keys.hparams.u32("large", Need::geometry); }), ErrorCode::bad_value);
}

TEST(Hparams, reports_what_is_missing) {
    Keys keys(GgufBuilder().key("general.name", "x"));
    EXPECT_EQ(keys.hparams.u32("n", Need::required), std::nullopt);
    keys.hparams.require("m");
    EXPECT_EQ(keys.hparams.refusals,
              (std::vector<Refusal>{{"key a.n is missing", "a.n"}, {"key a.m is missing", "a.m"}}));
}

TEST(Hparams, drops_numbers_that_are_not_finite) {
    Keys keys(GgufBuilder().key("a.nan", std::numeric_limits<float>::quiet_NaN()).key("a.huge", 1e300));
    EXPECT_EQ(keys.hparams.f32("nan"), std::nullopt);
    EXPECT_EQ(keys.hparams.f32("huge"), std::nullopt);
    EXPECT_TRUE(message_of(keys.hparams.findings, FindingId::not_finite));
}

TEST(Hparams, repeats_a_scalar_for_every_layer) {
    Keys keys(GgufBuilder().key("a.n", 7U));
    EXPECT_EQ(keys.hparams.u32_layers("n", 3), (std::vector<std::uint32_t>{7, 7, 7}));
    EXPECT_EQ(keys.hparams.u32_layers("absent", 3), std::nullopt);
}

TEST(Hparams, reads_layers_from_uint32_int32_and_bool) {
    Keys keys(GgufBuilder()
                  .key("a.u", std::vector<std::uint32_t>{1, 2})
                  .key("a.i", std::vector<std::int32_t>{3, -1})
                  .key("a.b", std::vector<bool>{true, false})
                  .key("a.u64", std::vector<std::uint64_t>{5, 6})
                  .key("a.f", std::vector<float>{0.5F, 1.5F}));
    EXPECT_EQ(keys.hparams.u32_layers("u", 2), (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(keys.hparams.u32_layers("i", 2), (std::vector<std::uint32_t>{3, 0xFFFFFFFF}))
        << "llama.cpp copies the bits";
    EXPECT_EQ(keys.hparams.u32_layers("b", 2), (std::vector<std::uint32_t>{1, 0}));
    EXPECT_EQ(keys.hparams.f32_layers("f", 2), (std::vector<float>{0.5F, 1.5F}));
    EXPECT_TRUE(keys.hparams.refusals.empty());
    EXPECT_EQ(keys.hparams.u32_layers("u64", 2), (std::vector<std::uint32_t>{5, 6}));
    EXPECT_EQ(keys.hparams.refusals.size(), 1U);
}

TEST(Hparams, reports_layers_of_another_length) {
    Keys keys(GgufBuilder().key("a.n", std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(keys.hparams.u32_layers("n", 3), (std::vector<std::uint32_t>{1, 2, 0}));
    EXPECT_EQ(keys.hparams.u32_layers("n", 1), (std::vector<std::uint32_t>{1}));
    EXPECT_EQ(message_of(keys.hparams.findings, FindingId::array_length), "key a.n has 2 values for 3 layers");
}

TEST(Hparams, reads_no_more_than_512_values) {
    Keys keys(GgufBuilder().key("a.list", std::vector<std::uint32_t>(600, 1)));
    EXPECT_EQ(keys.hparams.u32_array("list")->size(), 512U);
    EXPECT_EQ(keys.hparams.refusals.size(), 1U);
    EXPECT_EQ(keys.hparams.array_length("list"), 600U);
}

TEST(Hparams, makes_control_characters_visible) {
    Keys keys(GgufBuilder().key("general.name", "x"));
    keys.hparams.find(FindingId::key_ignored, "\x1b[31m");
    EXPECT_EQ(keys.hparams.findings.front().message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace attnx::model
